// CircuitBreaker: no calls to those who fail them anyway.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>

namespace rondeau::connect {

enum class CircuitState : std::uint8_t { Closed, Open, HalfOpen };
/// "closed", "open", "half-open".
std::string_view to_string(CircuitState state) noexcept;

/// How a call went, as the one says who knows what counts.
enum class Outcome : std::uint8_t {
  Success,
  Failure,
  Ignored,  ///< cancelled, or failed by the caller's own fault: says nothing about the other side
};

struct CircuitBreakerOptions {
  Duration window = std::chrono::seconds(10);   ///< what is looked back upon, in ten parts
  std::size_t min_calls = 20;                   ///< fewer calls in the window tell nothing
  double failure_ratio = 0.5;                   ///< of them: from here on it opens
  Duration open_for = std::chrono::seconds(5);  ///< the first time; doubles with each failed probe, ± 10 %
  Duration open_for_max = std::chrono::seconds(60);
  std::size_t probes = 3;         ///< calls let through, one after the other or at once; all have to succeed
  std::size_t max_keys = 10'000;  ///< those not called for the longest time are forgotten
  /// A key's state has changed. Called by the caller that changed it, under no lock; may not throw.
  std::function<void(std::string_view key, CircuitState from, CircuitState to)> on_change = nullptr;
};

/// Of a call that was not made.
struct CircuitOpen {
  Instant next_probe;  ///< no call is let through before
  std::string text;

  const std::string& message() const noexcept { return text; }
  operator Error() const { return {Errc::Overloaded, text}; }
};

/// A state for each key, an origin for example.
///
/// Closed: calls pass and are counted. Open: they are refused. After a while half-open: some calls are probes; if one
/// fails it is open again, for longer. A copyable handle; copies share their state. Thread safety: any thread. Never
/// waits.
class CircuitBreaker {
  class Book;

 public:
  /// The right to make one call, whose outcome has to be told. Destroyed untold: Ignored, as where the call was
  /// cancelled.
  class [[nodiscard]] Permit {
   public:
    Permit(Permit&& other) noexcept
        : book_(std::move(other.book_)), key_(std::move(other.key_)), era_(other.era_), is_probe_(other.is_probe_) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (book_ != nullptr) tell(Outcome::Ignored);
    }
    bool is_probe() const noexcept { return is_probe_; }
    /// Once.
    void tell(Outcome outcome) noexcept;

   private:
    friend class Book;
    Permit(std::shared_ptr<Book> book, std::string key, std::uint64_t era, bool is_probe) noexcept
        : book_(std::move(book)), key_(std::move(key)), era_(era), is_probe_(is_probe) {}

    std::shared_ptr<Book> book_;
    std::string key_;
    std::uint64_t era_;  // of the key's state: what is told after a change does not count
    bool is_probe_;
  };

  explicit CircuitBreaker(CircuitBreakerOptions options = {});

  /// Whether a call may be made. Errors: CircuitOpen.
  Result<Permit, CircuitOpen> enter(std::string_view key) const;
  CircuitState state(std::string_view key) const;

 private:
  std::shared_ptr<Book> book_;
};

}  // namespace rondeau::connect
