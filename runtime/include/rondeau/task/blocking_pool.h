// Pools of threads for calls that block: those every runtime has, and BlockingPool, threads of one's own, so that one
// slow disk does not stop the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/base/instant.h>

namespace rondeau::threads {
class Pool;
}

namespace rondeau::task {

/// The pools of every runtime, each made by its first call. Builder::blocking_pool() changes their bounds.
enum class BuiltInPool : std::uint8_t {
  Blocking,  ///< "blocking", where calls go that name no pool: 512 threads
  Fs,        ///< "fs", for files: 512 threads
  Resolver,  ///< "resolver", for names of hosts: 4 threads, 256 calls that wait
};
inline constexpr std::size_t kBuiltInPools = 3;

/// Bounds of a built-in pool; what is left out stays as it is by default.
struct PoolBounds {
  std::optional<std::size_t> max_threads = std::nullopt;  ///< at least 1
  std::optional<std::size_t> queue_limit = std::nullopt;  ///< calls that wait, at least 1; 64 for each thread
  std::optional<Duration> keep_alive = std::nullopt;      ///< how long an idle thread stays
};

struct BlockingPoolSettings {
  std::string name = "blocking";                          ///< of its threads; Linux shows 15 bytes
  std::size_t max_threads = 512;                          ///< at least 1
  std::optional<std::size_t> queue_limit = std::nullopt;  ///< calls that wait, at least 1; nullopt: 64 for each thread
  Duration keep_alive = std::chrono::seconds(10);         ///< how long an idle thread stays
};

/// Made at any time, used with spawn_blocking(pool, …) and blocking(pool, …) from any runtime.
///
/// Threads start on demand. Destroying it ends calls that wait as cancelled and waits for those that run; a runtime
/// that shuts down does not wait for them. Thread safety: any thread. Lifetime: must outlive every await of blocking.
class BlockingPool {
 public:
  explicit BlockingPool(BlockingPoolSettings settings);
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  ~BlockingPool();

  std::size_t threads() const noexcept;
  std::size_t idle_threads() const noexcept;
  std::size_t queued() const noexcept;
  std::size_t running() const noexcept;
  /// Calls that threads took from the queue, and how long those waited for a thread, all together.
  std::uint64_t taken() const noexcept;
  Duration waiting_time() const noexcept;
  const std::string& name() const noexcept;

  /// For those who launch calls.
  threads::Pool* pool() const noexcept { return pool_.get(); }

 private:
  std::unique_ptr<threads::Pool> pool_;
};

}  // namespace rondeau::task

namespace rondeau::detail {

/// Whether a call that is queued runs whatever happens: an await that goes away, a runtime that shuts down.
enum class Mandatory : bool { No, Yes };

/// Where a call goes.
struct PoolChoice {
  constexpr PoolChoice(task::BuiltInPool pool,
                       Mandatory must_run = Mandatory::No) noexcept  // NOLINT(google-explicit-constructor)
      : built_in(pool), mandatory(must_run) {}
  PoolChoice(const task::BlockingPool& pool) noexcept  // NOLINT(google-explicit-constructor): a pool is where it goes
      : own(pool.pool()) {}

  threads::Pool* own = nullptr;  ///< if null, the runtime's `built_in`
  task::BuiltInPool built_in = task::BuiltInPool::Blocking;
  Mandatory mandatory = Mandatory::No;
};

}  // namespace rondeau::detail

namespace rondeau {
using task::BlockingPool;
using task::BlockingPoolSettings;
using task::BuiltInPool;
}  // namespace rondeau
