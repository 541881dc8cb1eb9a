#include <rondeau/connect/resolver.h>

#include <algorithm>
#include <exception>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <rondeau/net/lookup_host.h>
#include <rondeau/sync/set_once.h>
#include <rondeau/task/context.h>
#include <rondeau/task/spawn.h>

#include "connect/host_name.h"

namespace rondeau::connect {
namespace {

std::vector<SocketAddress> with_port(const Addresses& addresses, std::uint16_t port) {
  std::vector<SocketAddress> made;
  made.reserve(addresses.size());
  for (const IpAddress& address : addresses) made.emplace_back(address, port);
  return made;
}

Error no_address(const std::string& name) {
  return {Errc::NotFound, "look up " + name};
}

task::Task<Result<Addresses>> ask_the_system(std::string name) {
  RONDEAU_TRY(const std::vector<SocketAddress> found, co_await net::lookup_host(std::move(name), 0));
  Addresses addresses;
  for (const SocketAddress& address : found) {
    if (std::ranges::find(addresses, address.ip()) == addresses.end()) addresses.push_back(address.ip());
  }
  co_return addresses;
}

}  // namespace

class Resolver::Cache : public std::enable_shared_from_this<Cache> {
 public:
  explicit Cache(ResolverOptions options) : options_(std::move(options)) {}

  static task::Task<Result<std::vector<SocketAddress>>> resolve(std::shared_ptr<Cache> cache, std::string host,
                                                                std::uint16_t port) {
    const std::optional<std::string> name = canonical_name(host);
    if (!name) co_return Error(Errc::InvalidArgument, "this is no name of a host: \"" + host.substr(0, 64) + '"');
    std::shared_ptr<Flight> flight;
    bool begins = false;
    {
      const std::lock_guard lock(cache->mutex_);
      if (std::optional<Result<Addresses>> answer = cache->find(*name)) {
        if (!*answer) co_return std::move(*answer).error();
        co_return with_port(**answer, port);
      }
      auto& place = cache->flights_[*name];
      begins = place == nullptr;
      if (begins) {
        place = std::make_shared<Flight>();
        ++cache->stats_.lookups;
      } else {
        ++cache->stats_.joined;
      }
      flight = place;
    }
    if (begins) {
      // Under no context: the look-up is for everybody, whatever becomes of who asked first.
      task::Context().sync_scope([&] { task::spawn(&Cache::look_up, Landing(cache, *name, flight)).detach(); });
    }
    const Result<Addresses>* const answer = co_await flight->answer.wait();
    if (!*answer) co_return answer->error();
    co_return with_port(**answer, port);
  }

  void set(std::string_view host, Addresses addresses) {
    const auto name = canonical_name(host);
    if (!name) return;
    const std::lock_guard lock(mutex_);
    fixed_[*name] = std::move(addresses);
  }

  void forget(std::string_view host) {
    const auto name = canonical_name(host);
    if (!name) return;
    const std::lock_guard lock(mutex_);
    fixed_.erase(*name);
    if (const auto found = by_name_.find(*name); found != by_name_.end()) erase(found->second);
  }

  Stats stats() const {
    const std::lock_guard lock(mutex_);
    Stats stats = stats_;
    stats.names = uses_.size();
    return stats;
  }

 private:
  /// A look-up under way, and those who wait for it.
  struct Flight {
    sync::SetOnce<Result<Addresses>> answer;
  };

  /// Has the flight end, whatever becomes of its task.
  class Landing {
   public:
    Landing(std::shared_ptr<Cache> cache, std::string name, std::shared_ptr<Flight> flight) noexcept
        : cache_(std::move(cache)), name_(std::move(name)), flight_(std::move(flight)) {}
    Landing(Landing&&) noexcept = default;
    Landing& operator=(Landing&&) = delete;
    ~Landing() {
      if (flight_ != nullptr) land(Error(Errc::ShuttingDown, "look up " + name_));
    }
    const std::string& name() const noexcept { return name_; }
    const ResolverOptions& options() const noexcept { return cache_->options_; }
    void land(Result<Addresses> answer) {
      const auto flight = std::exchange(flight_, nullptr);
      static_cast<void>(flight->answer.set(cache_->land(name_, std::move(answer))));
    }

   private:
    std::shared_ptr<Cache> cache_;
    std::string name_;
    std::shared_ptr<Flight> flight_;
  };

  struct Entry {
    std::string name;
    Addresses addresses;  ///< none: there is no such name
    Instant good_until;
    Instant usable_until;  ///< where it cannot be looked up again
  };
  using Uses = std::list<Entry>;

  static task::Task<void> look_up(Landing landing) {
    Result<Addresses> answer = Errc::Other;
    try {
      const auto& own = landing.options().look_up;
      answer = co_await (own ? own(landing.name()) : ask_the_system(landing.name()));
    } catch (const std::exception& thrown) {
      answer = Error(Errc::Other, "look up " + landing.name() + ": " + thrown.what());
    } catch (...) {
      answer = Error(Errc::Other, "look up " + landing.name());
    }
    landing.land(std::move(answer));
  }

  /// Under the lock. What is known now.
  std::optional<Result<Addresses>> find(const std::string& name) {
    if (const auto fixed = fixed_.find(name); fixed != fixed_.end()) {
      if (fixed->second.empty()) return no_address(name);
      return fixed->second;
    }
    if (auto known = known_addresses(name)) return *std::move(known);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return std::nullopt;
    const Uses::iterator entry = found->second;
    if (entry->good_until <= Instant::now()) return std::nullopt;
    uses_.splice(uses_.begin(), uses_, entry);
    ++stats_.hits;
    if (entry->addresses.empty()) return no_address(name);
    return entry->addresses;
  }

  /// The answer that counts, after it has been put down.
  Result<Addresses> land(const std::string& name, Result<Addresses> answer) {
    const Instant now = Instant::now();
    const std::lock_guard lock(mutex_);
    flights_.erase(name);
    if (answer && answer->empty()) answer = no_address(name);
    if (answer) {
      remember(name, *answer, now + options_.positive, now + options_.positive + options_.stale);
      return answer;
    }
    if (answer.error() == Errc::NotFound) {
      remember(name, {}, now + options_.negative, now + options_.negative);
      return answer;
    }
    ++stats_.failed;
    const auto known = by_name_.find(name);
    if (known == by_name_.end() || known->second->addresses.empty() || known->second->usable_until <= now) {
      return answer;
    }
    // Not asked again for a moment: what does not answer is spared, and so are those who wait for it.
    known->second->good_until = std::min(now + options_.negative, known->second->usable_until);
    ++stats_.stale;
    return known->second->addresses;
  }

  void remember(const std::string& name, Addresses addresses, Instant good_until, Instant usable_until) {
    if (const auto found = by_name_.find(name); found != by_name_.end()) erase(found->second);
    if (options_.max_names == 0 || good_until <= Instant::now()) return;
    if (uses_.size() >= options_.max_names) erase(std::prev(uses_.end()));
    uses_.push_front({name, std::move(addresses), good_until, usable_until});
    by_name_.emplace(uses_.front().name, uses_.begin());
  }

  void erase(Uses::iterator entry) {
    by_name_.erase(entry->name);
    uses_.erase(entry);
  }

  const ResolverOptions options_;
  mutable std::mutex mutex_;  // guards all below
  std::unordered_map<std::string, Addresses> fixed_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  Uses uses_;                                                     // the last used first
  std::unordered_map<std::string_view, Uses::iterator> by_name_;  // views of the entries' names
  Stats stats_;
};

Resolver::Resolver(ResolverOptions options) : cache_(std::make_shared<Cache>(std::move(options))) {}

task::Task<Result<std::vector<SocketAddress>>> Resolver::resolve(std::string host, std::uint16_t port) const {
  return Cache::resolve(cache_, std::move(host), port);
}

void Resolver::set(std::string_view host, Addresses addresses) const {
  cache_->set(host, std::move(addresses));
}

void Resolver::forget(std::string_view host) const {
  cache_->forget(host);
}

Resolver::Stats Resolver::stats() const {
  return cache_->stats();
}

}  // namespace rondeau::connect
