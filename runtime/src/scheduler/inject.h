// The queue for tasks that come from outside the workers, and for what overflows their rings.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

#include <rondeau/detail/header.h>

namespace rondeau::scheduler {

/// Sharded by thread: each pushes to its own shard, a popper begins at its own. Order is kept per shard.
class Inject {
 public:
  using Task = detail::Header;
  explicit Inject(std::size_t workers);

  /// A chain through queue_next.
  void push(Task* first, Task* last, std::size_t count) noexcept;
  /// Up to `limit` tasks from the first shard that has any, as a chain; null if there is none.
  Task* pop(std::size_t first_shard, std::size_t limit) noexcept;
  /// Relaxed: a hint for those who look, exact for those who pushed before.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

 private:
  struct alignas(64) Shard {
    std::mutex mutex;
    Task* head = nullptr;
    Task* tail = nullptr;
    // Written under the mutex, read without: AcqRel with the idle word orders it for the last scan before a sleep.
    std::atomic<std::size_t> length{0};
  };
  std::unique_ptr<Shard[]> shards_;
  std::size_t mask_;
};

}  // namespace rondeau::scheduler
