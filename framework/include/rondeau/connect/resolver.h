// Resolver: the addresses of hosts, remembered for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/ip_address.h>
#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/task/task.h>

namespace rondeau::connect {

using Addresses = std::vector<IpAddress>;

struct ResolverOptions {
  std::size_t max_names = 1'000;  ///< in the cache; those that were not asked for for the longest time go first
  Duration positive = std::chrono::seconds(30);  ///< an answer is good for so long; zero: nothing is kept
  Duration negative = std::chrono::seconds(1);   ///< and so is the news that there is no such name
  /// Where a name cannot be looked up for now, an answer that is out of date by no more than this is used.
  Duration stale = std::chrono::minutes(5);
  /// Asked instead of the system: of a discovery service, of a table. May be called from any thread; the name is in
  /// lower case, without a dot at its end. Errors: NotFound for a name without addresses; anything else means "not for
  /// now".
  std::function<task::Task<Result<Addresses>>(std::string)> look_up = nullptr;
};

/// Looks up names of hosts, each once at a time, and remembers the answers.
///
/// Addresses ("10.0.0.7", "::1") and localhost with all names below it (RFC 6761 §6.3) are answered at once, the second
/// with 127.0.0.1 and ::1. Names are compared without regard to case and to a dot at their end. A copyable handle;
/// copies share their cache. Thread safety: any thread.
class Resolver {
 public:
  explicit Resolver(ResolverOptions options = {});

  /// The addresses of a host, best first, each with `port`; never an empty list.
  ///
  /// Errors, with the name: NotFound; InvalidArgument for what cannot be a name; TimedOut and others where it could not
  /// be found out. Cancellation: safe, a look-up that runs goes on, for others who wait for it and for the cache.
  task::Task<Result<std::vector<SocketAddress>>> resolve(std::string host, std::uint16_t port) const;

  /// From now on `host` has these addresses, without any look-up; none: it has no address.
  void set(std::string_view host, Addresses addresses) const;
  /// set() is forgotten, and what was looked up.
  void forget(std::string_view host) const;

  struct Stats {
    std::size_t names = 0;  ///< in the cache
    std::uint64_t hits = 0;
    std::uint64_t lookups = 0;
    std::uint64_t joined = 0;  ///< waited for a look-up that another one had begun
    std::uint64_t stale = 0;   ///< answered with what was out of date
    std::uint64_t failed = 0;
  };
  Stats stats() const;

 private:
  class Cache;
  std::shared_ptr<Cache> cache_;
};

}  // namespace rondeau::connect
