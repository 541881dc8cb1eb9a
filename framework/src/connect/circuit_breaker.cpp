#include <rondeau/connect/circuit_breaker.h>

#include <algorithm>
#include <array>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "connect/random.h"
#include "connect/words.h"

namespace rondeau::connect {
namespace {

struct Count {
  std::size_t calls = 0;
  std::size_t failures = 0;
};

/// Calls of the last while, by tenths of it.
class Tally {
 public:
  void add(Instant now, Duration part, bool failed) noexcept {
    Count& present = at(now, part);
    ++present.calls;
    present.failures += failed;
  }
  Count sum(Instant now, Duration part) noexcept {
    static_cast<void>(at(now, part));
    Count total;
    for (const Count& each : parts_) {
      total.calls += each.calls;
      total.failures += each.failures;
    }
    return total;
  }
  void clear() noexcept { parts_.fill({}); }

 private:
  Count& at(Instant now, Duration part) noexcept {
    const std::int64_t number = now.nanoseconds() / part.count();
    const auto size = static_cast<std::int64_t>(parts_.size());
    if (number - newest_ >= size) clear();
    for (; newest_ < number && number - newest_ < size; ++newest_)
      parts_[static_cast<std::size_t>((newest_ + 1) % size)] = {};
    newest_ = std::max(newest_, number);
    return parts_[static_cast<std::size_t>(newest_ % size)];
  }

  std::array<Count, 10> parts_{};
  std::int64_t newest_ = 0;
};

struct Circuit {
  std::string key;
  CircuitState state = CircuitState::Closed;
  std::uint64_t era = 0;  ///< grows with each change of the state
  Tally tally;            ///< while closed
  Instant opens_again;    ///< while open: when probes are let through
  Duration open_for{};
  std::size_t probing = 0;    ///< while half-open: let through
  std::size_t succeeded = 0;  ///< of these
};

}  // namespace

std::string_view to_string(CircuitState state) noexcept {
  static constexpr std::array<std::string_view, 3> kNames = {"closed", "open", "half-open"};
  return kNames[static_cast<std::size_t>(state)];
}

class CircuitBreaker::Book : public std::enable_shared_from_this<Book> {
 public:
  explicit Book(CircuitBreakerOptions options)
      : options_(std::move(options)), part_(std::max(options_.window / 10, Duration(1))) {}

  Result<Permit, CircuitOpen> enter(std::string_view key) {
    const Instant now = Instant::now();
    std::optional<Change> change;
    std::optional<Result<Permit, CircuitOpen>> answer;
    {
      const std::lock_guard lock(mutex_);
      Circuit& circuit = find(key);
      if (circuit.state == CircuitState::Open && circuit.opens_again <= now) {
        change = turn(circuit, CircuitState::HalfOpen);
        circuit.probing = circuit.succeeded = 0;
      }
      const bool is_probe = circuit.state == CircuitState::HalfOpen;
      if (circuit.state == CircuitState::Open || (is_probe && circuit.probing >= probes())) {
        answer = Unexpected{refusal(circuit, now)};
      } else {
        circuit.probing += is_probe;
        answer = Permit(shared_from_this(), circuit.key, circuit.era, is_probe);
      }
    }
    tell(change);
    return *std::move(answer);
  }

  void leave(const std::string& key, std::uint64_t era, bool is_probe, Outcome outcome) noexcept {
    const Instant now = Instant::now();
    std::optional<Change> change;
    {
      const std::lock_guard lock(mutex_);
      const auto found = by_key_.find(key);
      // Forgotten, or changed since: what happened then says nothing of now.
      if (found == by_key_.end() || found->second->era != era) return;
      Circuit& circuit = *found->second;
      change = is_probe ? end_probe(circuit, outcome, now) : end_call(circuit, outcome, now);
    }
    tell(change);
  }

  CircuitState state(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? CircuitState::Closed : found->second->state;
  }

 private:
  struct Change {
    std::string key;
    CircuitState from;
    CircuitState to;
  };
  using Uses = std::list<Circuit>;

  std::size_t probes() const noexcept { return std::max<std::size_t>(options_.probes, 1); }

  std::optional<Change> end_call(Circuit& circuit, Outcome outcome, Instant now) {
    if (outcome == Outcome::Ignored) return std::nullopt;
    circuit.tally.add(now, part_, outcome == Outcome::Failure);
    if (outcome == Outcome::Success) return std::nullopt;
    const Count count = circuit.tally.sum(now, part_);
    if (count.calls < options_.min_calls ||
        static_cast<double>(count.failures) < options_.failure_ratio * static_cast<double>(count.calls)) {
      return std::nullopt;
    }
    circuit.open_for = options_.open_for;
    return open(circuit, now);
  }

  std::optional<Change> end_probe(Circuit& circuit, Outcome outcome, Instant now) {
    switch (outcome) {
      case Outcome::Ignored:
        --circuit.probing;  // somebody else may try
        return std::nullopt;
      case Outcome::Success:
        if (++circuit.succeeded < probes()) return std::nullopt;
        circuit.tally.clear();
        return turn(circuit, CircuitState::Closed);
      case Outcome::Failure:
        break;
    }
    circuit.open_for = std::min(circuit.open_for * 2, std::max(options_.open_for, options_.open_for_max));
    return open(circuit, now);
  }

  Change open(Circuit& circuit, Instant now) {
    const double jitter = 0.9 + 0.2 * random_fraction();
    circuit.opens_again =
        now + Duration(static_cast<Duration::rep>(static_cast<double>(circuit.open_for.count()) * jitter));
    return turn(circuit, CircuitState::Open);
  }

  Change turn(Circuit& circuit, CircuitState to) {
    ++circuit.era;
    return {circuit.key, std::exchange(circuit.state, to), to};
  }

  /// While all probes are under way nobody knows when the next call is let through: when they have ended.
  CircuitOpen refusal(const Circuit& circuit, Instant now) const {
    if (circuit.state == CircuitState::HalfOpen) {
      return {.next_probe = now,
              .text = circuit.key + ": too many calls failed, and the first ones since are under way"};
    }
    return {.next_probe = circuit.opens_again,
            .text = circuit.key + ": too many calls failed; the next one is let through in " +
                    human(circuit.opens_again - now)};
  }

  Circuit& find(std::string_view key) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      uses_.splice(uses_.begin(), uses_, found->second);
      return uses_.front();
    }
    if (uses_.size() >= std::max<std::size_t>(options_.max_keys, 1)) {
      by_key_.erase(uses_.back().key);
      uses_.pop_back();
    }
    Circuit& made = uses_.emplace_front();
    made.key = key;
    made.era = ++eras_ << 32;  // not one that a forgotten circuit of this key had
    by_key_.emplace(made.key, uses_.begin());
    return made;
  }

  void tell(const std::optional<Change>& change) const {
    if (change && options_.on_change) options_.on_change(change->key, change->from, change->to);
  }

  const CircuitBreakerOptions options_;
  const Duration part_;
  mutable std::mutex mutex_;                                     // guards all below
  Uses uses_;                                                    // the last used first
  std::unordered_map<std::string_view, Uses::iterator> by_key_;  // views of the circuits' keys
  std::uint64_t eras_ = 0;
};

void CircuitBreaker::Permit::tell(Outcome outcome) noexcept {
  if (const auto book = std::exchange(book_, nullptr)) book->leave(key_, era_, is_probe_, outcome);
}

CircuitBreaker::CircuitBreaker(CircuitBreakerOptions options) : book_(std::make_shared<Book>(std::move(options))) {}

Result<CircuitBreaker::Permit, CircuitOpen> CircuitBreaker::enter(std::string_view key) const {
  return book_->enter(key);
}

CircuitState CircuitBreaker::state(std::string_view key) const {
  return book_->state(key);
}

}  // namespace rondeau::connect
