// The queue for tasks that come from outside the workers, and for what overflows their rings.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/header.h>

#include "base/word_mutex.h"
#include "scheduler/progress.h"

namespace rondeau::scheduler {

/// Sharded by thread: each pushes to its own shard, a taker begins at its own. Order is kept per shard.
template <class Atomics, class Node = detail::Header, class Mutex = base::BasicWordMutex<Atomics::template Atomic>>
class BasicInject {
 public:
  using Task = Node;
  /// `count` tasks linked through queue_next, of which the last one's is null.
  struct Chain {
    Task* first = nullptr;
    Task* last = nullptr;
    std::size_t count = 0;
    std::size_t shard = 0;  ///< where it was taken from
  };
  explicit BasicInject(std::size_t workers);

  /// What a worker's ring had no room for.
  void push(Task* first, Task* last, std::size_t count) noexcept;
  /// From outside of the workers.
  void push_remotely(Task* task) noexcept;
  /// All of the first shard that has any: who pushes meanwhile never waits until somebody has walked the chain.
  Chain take(std::size_t first_shard) noexcept;
  /// The rest of what take gave, before all that was pushed since. Counts as a push: somebody may have to be woken.
  void put_back(const Chain& rest) noexcept;
  /// A hint for those who look: what somebody has taken and is about to put back does not count.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  /// A hint like size(); order is kept per shard, so all of them taken together it is right to within a shard's length.
  Progress progress() const noexcept;
  /// How often push_remotely() was called.
  std::uint64_t pushed_remotely() const noexcept;

 private:
  struct Shard;
  static void link(Shard& shard, Task* first, Task* last, std::size_t count) noexcept;

  struct alignas(64) Shard {
    Mutex mutex;
    detail::PlainOf<Atomics, Task*> head{nullptr};
    detail::PlainOf<Atomics, Task*> tail{nullptr};
    detail::PlainOf<Atomics, std::uint64_t> remote{0};
    // Written under the mutex, read without: AcqRel with the idle word orders it for the last scan before a sleep.
    detail::AtomicOf<Atomics, std::size_t> length{0};
    detail::AtomicOf<Atomics, std::uint32_t> popped{0};  ///< likewise, but only for progress(), which may be late
  };
  std::unique_ptr<Shard[]> shards_;
  std::size_t mask_;
};

using Inject = BasicInject<detail::StdAtomics>;
extern template class BasicInject<detail::StdAtomics>;

}  // namespace rondeau::scheduler
