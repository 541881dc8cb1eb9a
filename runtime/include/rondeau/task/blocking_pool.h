// BlockingPool: threads of one's own for calls that block, so that one slow disk does not stop the rest.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/base/instant.h>

namespace rondeau::threads {
class Pool;
}

namespace rondeau::task {

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
  const std::string& name() const noexcept;

  /// For those who launch calls.
  threads::Pool* pool() const noexcept { return pool_.get(); }

 private:
  std::unique_ptr<threads::Pool> pool_;
};

}  // namespace rondeau::task

namespace rondeau {
using task::BlockingPool;
using task::BlockingPoolSettings;
}  // namespace rondeau
