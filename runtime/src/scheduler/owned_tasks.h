// The list of live tasks of a runtime: what shutdown ends.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <rondeau/detail/header.h>

#include "base/word_mutex.h"

namespace rondeau::scheduler {

/// Sharded by task id, so that workers that spawn and end tasks rarely meet. Holds one reference to each task.
class OwnedTasks {
 public:
  explicit OwnedTasks(std::size_t workers);

  /// False once closed: the task is refused.
  bool add(detail::Header* task) noexcept;
  /// Adds one that close_and_abort_all() passes over, also once closed. False once sealed, which it is not as long as the
  /// caller runs in a task that is on the list.
  bool add_unendable(detail::Header* task) noexcept;
  /// Wakes those that were told to end and have not.
  void wake_aborted() noexcept;
  /// True if it was on the list; the list's reference is the caller's then.
  bool remove(detail::Header* task) noexcept;
  /// No more tasks; aborts all that live. Any number of threads may do it at once.
  void close_and_abort_all(std::size_t first_shard) noexcept;
  /// A walk through a shard that lets others at it between two batches.
  struct Walk {
    Walk() = default;
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;
    ~Walk() {
      for (detail::Header* task : batch) detail::drop_task_reference(task);
    }
    std::vector<detail::Header*> batch;  ///< each with a reference that the walker drops
    bool in_aborted = false;
    int restarts = 0;
    bool over = false;  ///< the batch is the last one
  };
  /// Drops the batch of before and fetches the next one, of about `limit` tasks; false: that was all. Under churn a task
  /// may come twice.
  bool next_batch(std::size_t shard, Walk& walk, std::size_t limit);
  std::size_t shards() const noexcept { return mask_ + 1; }
  /// Looks under the locks: of two threads that each remove a last task, the later one sees none left.
  std::size_t size() const noexcept;
  /// True: none is left, and from now on none of any kind is taken.
  bool seal_if_empty() noexcept;
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
    detail::Header* aborted = nullptr;  ///< told to end at shutdown, or never told, and not ended yet
    bool closed = false;
    bool sealed = false;
    std::size_t count = 0;
    std::uint64_t added = 0;
  };
  static bool linked(const Shard& shard, const detail::Header* task) noexcept;
  static void link(detail::Header*& head, detail::Header* task) noexcept;
  static bool unlink(detail::Header*& head, detail::Header* task) noexcept;
  Shard& shard_of(const detail::Header* task) noexcept { return shards_[task->id & mask_]; }

  std::unique_ptr<Shard[]> shards_;
  std::size_t mask_;
};

}  // namespace rondeau::scheduler
