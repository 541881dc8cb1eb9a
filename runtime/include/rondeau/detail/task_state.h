// The state word of a task: every change of a task's life is one named transition on one atomic.
//
// Bits: RUNNING (someone may touch the frames), COMPLETE, NOTIFIED (a queue entry exists or is due), JOIN_INTEREST (a
// JoinHandle lives), JOIN_WAKER (the handle published a waker), CANCELLED (abort asked for), INSPECTED (RUNNING is held
// by a task dump, for some microseconds: who has a queue entry waits for it); references from bit 7.
// A task begins with three references (owned list, first queue entry, handle). Every transition is one
// read-modify-write of AcqRel, so the word has a single modification order and each run of the task happens after
// every wake that caused it and after the run before.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>

#include <rondeau/base/assert.h>
#include <rondeau/detail/atomics.h>

namespace rondeau::detail {

template <class Atomics>
class BasicTaskState {
 public:
  enum class ToRunning { Run, End, Drop, Free };  ///< run it; it was aborted: end it; reference dropped; last one dropped
  enum class ToIdle { Idle, Resubmit, End, Free };
  enum class Wake { Nothing, Submit, Free };
  struct Completed {
    bool join_interest;
    bool join_waker;
  };

  /// Three references (owned list, first queue entry, handle), due to run.
  BasicTaskState() noexcept : word_(3 * kReference | kJoinInterest | kNotified) {}

  /// The holder of a queue entry asks to run the task; the entry's reference becomes the runner's.
  ToRunning to_running() noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & kInspected) != 0) {
        wait_for_inspector();
        now = word_.load(std::memory_order_relaxed);
        continue;
      }
      if ((now & (kRunning | kComplete)) != 0) return drop_reference() ? ToRunning::Free : ToRunning::Drop;
      const std::size_t next = (now | kRunning) & ~kNotified;
      if (exchange(now, next)) return (now & kCancelled) != 0 ? ToRunning::End : ToRunning::Run;
    }
  }

  /// The runner lets go. On Idle its reference is gone; on Resubmit, which is for `yielded` ones too, it belongs to the new
  /// queue entry; on End the task was aborted meanwhile and stays RUNNING.
  ToIdle to_idle(bool yielded = false) noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & kCancelled) != 0) return ToIdle::End;
      if ((now & kNotified) != 0) {
        if (exchange(now, now & ~kRunning)) return ToIdle::Resubmit;
        continue;
      }
      if (yielded) {
        if (exchange(now, (now & ~kRunning) | kNotified)) return ToIdle::Resubmit;
        continue;
      }
      if (exchange(now, (now & ~kRunning) - kReference)) return now / kReference == 1 ? ToIdle::Free : ToIdle::Idle;
    }
  }

  /// As to_idle for a task whose frames are held (an open scope must drain first): CANCELLED stays set and is ignored.
  ToIdle to_idle_held() noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & kNotified) != 0) {
        if (exchange(now, now & ~kRunning)) return ToIdle::Resubmit;
        continue;
      }
      if (exchange(now, (now & ~kRunning) - kReference)) return now / kReference == 1 ? ToIdle::Free : ToIdle::Idle;
    }
  }

  /// A dump, which has a reference, wants to look at the frames. False: somebody runs it, or it is complete.
  bool begin_inspection(bool& was_due) noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & (kRunning | kComplete)) != 0) return false;
      was_due = (now & kNotified) != 0;
      if (exchange(now, now | kRunning | kInspected)) return true;
    }
  }
  /// True: it became due meanwhile, and whoever made it so left it to us to submit it, with a reference of ours.
  bool end_inspection(bool was_due) noexcept {
    const std::size_t before = word_.fetch_and(~(kRunning | kInspected), std::memory_order_acq_rel);
    return !was_due && (before & kNotified) != 0;
  }

  /// A wake that brings a reference; Submit passes it on to the queue entry.
  Wake wake_by_value() noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & kRunning) != 0) {
        // The runner holds a reference, so this one is never the last.
        if (exchange(now, (now | kNotified) - kReference)) return Wake::Nothing;
      } else if ((now & (kComplete | kNotified)) != 0) {
        if (exchange(now, now - kReference)) return now / kReference == 1 ? Wake::Free : Wake::Nothing;
      } else {
        if (exchange(now, now | kNotified)) return Wake::Submit;
      }
    }
  }

  /// A wake by someone who knows the task is alive; Submit comes with a new reference.
  Wake wake_by_reference() noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & kComplete) != 0) return Wake::Nothing;
      if ((now & kNotified) != 0) {
        // Same value, but a write: what the waker did before happens before the run that is already due.
        if (exchange(now, now)) return Wake::Nothing;
      } else if ((now & kRunning) != 0) {
        if (exchange(now, now | kNotified)) return Wake::Nothing;
      } else {
        if (exchange(now, (now | kNotified) + kReference)) return Wake::Submit;
      }
    }
  }

  /// Asks for the end; Submit comes with a new reference.
  Wake abort() noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & (kComplete | kCancelled)) != 0) return Wake::Nothing;
      if ((now & (kRunning | kNotified)) != 0) {
        if (exchange(now, now | kCancelled | kNotified)) return Wake::Nothing;
      } else {
        if (exchange(now, (now | kCancelled | kNotified) + kReference)) return Wake::Submit;
      }
    }
  }

  /// The runner ends the task: RUNNING becomes COMPLETE. Says who is interested in the result.
  Completed complete() noexcept {
    const std::size_t before = word_.fetch_xor(kRunning | kComplete, std::memory_order_acq_rel);
    return {(before & kJoinInterest) != 0, (before & kJoinWaker) != 0};
  }

  /// For the runner: false stays false. Relaxed: nothing that the handle wrote is looked at.
  bool has_join_interest() const noexcept { return (word_.load(std::memory_order_relaxed) & kJoinInterest) != 0; }

  // ---- the JoinHandle's side

  bool is_complete() const noexcept { return (word_.load(std::memory_order_acquire) & kComplete) != 0; }  // pairs with complete()
  bool is_cancelled() const noexcept { return (word_.load(std::memory_order_relaxed) & kCancelled) != 0; }

  /// A task that never ran and never will: no longer due, complete.
  void refuse() noexcept { word_.fetch_xor(kNotified | kComplete, std::memory_order_acq_rel); }

  /// Publishes the waker the handle has written; false: complete already, the handle keeps the waker.
  bool set_join_waker() noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & kComplete) != 0) return word_.load(std::memory_order_acquire), false;  // pairs with complete()
      if (exchange(now, now | kJoinWaker)) return true;
    }
  }
  /// Takes the waker back; false: complete already, the runner owns it.
  bool unset_join_waker() noexcept {
    std::size_t now = word_.load(std::memory_order_relaxed);
    for (;;) {
      if ((now & kComplete) != 0) return word_.load(std::memory_order_acquire), false;  // pairs with complete()
      if (exchange(now, now & ~kJoinWaker)) return true;
    }
  }
  /// Dropped right after spawn: one exchange from the initial value. The reference goes with it.
  bool drop_join_handle_fast() noexcept {
    std::size_t expected = 3 * kReference | kJoinInterest | kNotified;
    return word_.compare_exchange_strong(expected, 2 * kReference | kNotified, std::memory_order_release,
                                         std::memory_order_relaxed);
  }
  /// The same once the task is complete, when nobody else touches the interest; its result is destroyed already.
  /// True: that was the last reference.
  bool drop_completed_join_handle() noexcept {
    const std::size_t before = word_.fetch_sub(kReference + kJoinInterest, std::memory_order_acq_rel);
    return before / kReference == 1;
  }
  /// Gives up the interest; true: complete already, the result is the handle's to destroy.
  bool unset_join_interest() noexcept {
    return (word_.fetch_and(~kJoinInterest, std::memory_order_acq_rel) & kComplete) != 0;
  }

  // ---- references

  void add_reference() noexcept {
    // Relaxed: who adds one already has one.
    const std::size_t before = word_.fetch_add(kReference, std::memory_order_relaxed);
    if (before > ~std::size_t{0} >> 1) base::fail("a task's reference count overflowed");
  }
  /// Nobody else has one, or can make one. Acquire: pairs with the others' drops.
  bool holds_all(std::size_t count) const noexcept { return word_.load(std::memory_order_acquire) / kReference == count; }
  /// True: that was the last one.
  bool drop_references(std::size_t count) noexcept {
    if (holds_all(count)) return true;
    return word_.fetch_sub(count * kReference, std::memory_order_acq_rel) / kReference == count;
  }
  bool drop_reference() noexcept { return drop_references(1); }

 private:
  static constexpr std::size_t kRunning = 1;
  static constexpr std::size_t kComplete = 2;
  static constexpr std::size_t kNotified = 4;
  static constexpr std::size_t kJoinInterest = 8;
  static constexpr std::size_t kJoinWaker = 16;
  static constexpr std::size_t kCancelled = 32;
  static constexpr std::size_t kInspected = 64;
  static constexpr std::size_t kReference = 128;

  static void wait_for_inspector() noexcept { ::sched_yield(); }

  bool exchange(std::size_t& now, std::size_t next) noexcept {
    return word_.compare_exchange_weak(now, next, std::memory_order_acq_rel, std::memory_order_relaxed);
  }

  AtomicOf<Atomics, std::size_t> word_;
};

using TaskState = BasicTaskState<StdAtomics>;

}  // namespace rondeau::detail
