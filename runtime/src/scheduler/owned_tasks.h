// The list of live tasks of a runtime: what shutdown ends.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

#include <rondeau/detail/header.h>

#include "base/word_mutex.h"

namespace rondeau::scheduler {

/// Sharded by task id, so that workers that spawn and end tasks rarely meet. Holds one reference to each task.
class OwnedTasks {
 public:
  explicit OwnedTasks(std::size_t workers);

  /// False once closed: the task is refused.
  bool add(detail::Header* task) noexcept;
  /// True if it was on the list; the list's reference is the caller's then.
  bool remove(detail::Header* task) noexcept;
  /// No more tasks; aborts all that live. Any number of threads may do it at once.
  void close_and_abort_all(std::size_t first_shard) noexcept;
  /// Looks under the locks: of two threads that each remove a last task, the later one sees none left.
  std::size_t size() const noexcept;
  /// Tasks that ever were on the list.
  std::uint64_t added() const noexcept;
  /// Calls `look(task)` for every one, under a lock.
  template <class F>
  void for_each(F&& look) const {
    for (std::size_t i = 0; i <= mask_; ++i) {
      const std::lock_guard lock(shards_[i].mutex);
      for (const detail::Header* head : {shards_[i].live, shards_[i].aborted}) {
        for (const detail::Header* task = head; task != nullptr; task = task->owned_next) look(*task);
      }
    }
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  struct alignas(64) Shard {
    base::WordMutex mutex;  ///< guards the rest
    detail::Header* live = nullptr;
    detail::Header* aborted = nullptr;  ///< told to end at shutdown, not ended yet
    bool closed = false;
    std::size_t count = 0;
    std::uint64_t added = 0;
  };
  static void link(detail::Header*& head, detail::Header* task) noexcept;
  static bool unlink(detail::Header*& head, detail::Header* task) noexcept;
  Shard& shard_of(const detail::Header* task) noexcept { return shards_[task->id & mask_]; }

  std::unique_ptr<Shard[]> shards_;
  std::size_t mask_;
};

}  // namespace rondeau::scheduler
