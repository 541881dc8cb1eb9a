// Who sleeps, who searches. Searching in the low 16 bits of one word, unparked above; sleepers on a stack.
//
// Why no wake is lost: who pushes publishes the task, then does a read-modify-write on the word; the last searcher to
// give up does one too, and scans every queue once more afterwards. One of the two comes first. If the searcher's,
// the pusher reads "nobody searches" and wakes a sleeper; if the pusher's, the searcher's operation reads from it,
// so the task is visible to the final scan. AcqRel suffices; a plain load on the pusher's side would not.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include <rondeau/detail/atomics.h>

#include "base/word_mutex.h"

namespace rondeau::scheduler {

template <class Atomics, class Mutex = base::BasicWordMutex<Atomics::template Atomic>>
class BasicIdle {
 public:
  explicit BasicIdle(std::size_t workers) : workers_(workers) {
    word_.store(workers << kUnparkedShift, std::memory_order_relaxed);
    sleepers_.reserve(workers);
  }

  /// After a task was published: the worker to wake, counted as searching, or none if somebody searches already.
  std::optional<std::size_t> worker_to_wake() noexcept {
    if (!should_wake(word_.fetch_add(0, std::memory_order_acq_rel))) return std::nullopt;  // pairs with stop_searching
    const std::lock_guard lock(mutex_);
    if (sleepers_.empty() || !should_wake(word_.load(std::memory_order_relaxed))) return std::nullopt;
    const std::size_t worker = sleepers_.back();  // last in, first out: warm caches
    sleepers_.pop_back();
    word_.fetch_add((std::size_t{1} << kUnparkedShift) | 1, std::memory_order_acq_rel);
    return worker;
  }

  /// At most half of the workers search at once.
  bool start_searching() noexcept {
    const std::size_t now = word_.load(std::memory_order_relaxed);
    if (2 * searching(now) >= workers_) return false;
    word_.fetch_add(1, std::memory_order_acq_rel);
    return true;
  }
  /// True: that was the last searcher; it must wake another if it found work, or scan once more if it gives up.
  bool stop_searching() noexcept { return searching(word_.fetch_sub(1, std::memory_order_acq_rel)) == 1; }

  /// The worker goes to sleep. True: it was the last searcher and must scan once more before it waits.
  bool park(std::size_t worker, bool was_searching) noexcept {
    const std::lock_guard lock(mutex_);
    const std::size_t change = (std::size_t{1} << kUnparkedShift) + (was_searching ? 1 : 0);
    const std::size_t before = word_.fetch_sub(change, std::memory_order_acq_rel);  // pairs with worker_to_wake
    sleepers_.push_back(worker);
    return was_searching && searching(before) == 1;
  }
  /// The worker woke by itself (an event, a timer, shutdown). False: somebody woke it, and counted it as searching.
  bool unpark(std::size_t worker) noexcept {
    const std::lock_guard lock(mutex_);
    if (std::erase(sleepers_, worker) == 0) return false;
    word_.fetch_add(std::size_t{1} << kUnparkedShift, std::memory_order_acq_rel);
    return true;
  }

  bool is_parked(std::size_t worker) noexcept {
    const std::lock_guard lock(mutex_);
    return std::find(sleepers_.begin(), sleepers_.end(), worker) != sleepers_.end();
  }

 private:
  static constexpr unsigned kUnparkedShift = 16;
  static std::size_t searching(std::size_t word) noexcept { return word & 0xffff; }
  bool should_wake(std::size_t word) const noexcept {
    return searching(word) == 0 && (word >> kUnparkedShift) < workers_;
  }

  const std::size_t workers_;
  alignas(64) detail::AtomicOf<Atomics, std::size_t> word_;
  Mutex mutex_;
  std::vector<std::size_t> sleepers_;
};

using Idle = BasicIdle<detail::StdAtomics>;

}  // namespace rondeau::scheduler
