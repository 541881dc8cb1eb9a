// Permits: the counting and queueing behind Semaphore, Mutex, bounded channels and the room of blocking pools.
//
// One word holds the free permits, a Closed bit and a Waiting bit. Waiting is set and cleared under the lock, and while
// it is set no permit is free: whoever comes finds none and queues, and what is given back goes to the oldest waiter.
// So nobody barges, and without waiters taking and giving are one compare-exchange each.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/wait_list.h>

namespace rondeau::detail {

/// One who waits for permits. Chosen: has them all, or `closed` says that there will be none.
template <class Atomics>
struct BasicPermitWaiter : BasicWaitNode<Atomics> {
  explicit BasicPermitWaiter(std::size_t count) noexcept : wanted(count) {}
  const std::size_t wanted;
  PlainOf<Atomics, std::size_t> missing{0};      ///< under the lock while linked
  PlainOf<Atomics, bool> closed{false};          ///< written before Chosen
};

using PermitWaiter = BasicPermitWaiter<StdAtomics>;

template <class Atomics>
class BasicPermits {
  using Wake = typename Atomics::Wake;
  using Waiter = BasicPermitWaiter<Atomics>;
  using Batch = BasicWakeBatch<Atomics>;

 public:
  static constexpr std::size_t kLimit = ~std::size_t{0} >> 3;
  enum class Take { Taken, Short, Closed };

  /// At most kLimit.
  explicit constexpr BasicPermits(std::size_t count) noexcept : word_(count * kOne) {}
  BasicPermits(const BasicPermits&) = delete;
  BasicPermits& operator=(const BasicPermits&) = delete;

  Take try_take(std::size_t count) noexcept { return take_from(word_.load(std::memory_order_relaxed), count); }
  void give(std::size_t count) noexcept { give_to(word_.load(std::memory_order_relaxed), count); }

  // The same of the only permit there is, as a lock has it. They guess what the word says: a load of what was locked a
  // moment ago costs as much as the exchange.
  Take try_take_only() noexcept { return take_from(kOne, 1); }
  void give_only() noexcept { give_to(0, 1); }

  /// Queues. False: taken, or closed, meanwhile; the waiter is Chosen then.
  bool enqueue(Waiter& waiter, Wake wake) noexcept;
  /// Takes a waiter out that waits or was chosen; what it has goes back.
  void leave(Waiter& waiter) noexcept;

  /// Takes free permits away for good, at most `count`; returns how many.
  std::size_t forget(std::size_t count) noexcept;
  /// Nobody gets permits any more; those who wait are told.
  void close() noexcept;

  bool closed() const noexcept { return (word_.load(std::memory_order_acquire) & kClosed) != 0; }  // pairs with close()
  std::size_t available() const noexcept { return word_.load(std::memory_order_seq_cst) / kOne; }
  /// Closed, and all `count` permits are back. Sequentially consistent: pairs with give().
  bool closed_with(std::size_t count) const noexcept {
    const std::size_t now = word_.load(std::memory_order_seq_cst);
    return (now & kClosed) != 0 && now / kOne == count;
  }

 private:
  static constexpr std::size_t kClosed = 1;
  static constexpr std::size_t kWaiting = 2;
  static constexpr std::size_t kOne = 4;

  Take take_from(std::size_t now, std::size_t count) noexcept {
    do {
      if ((now & kClosed) != 0) return Take::Closed;
      if (count > now / kOne) return Take::Short;
      // Acquire: pairs with give_to(), so the taker sees what the giver did under the permit.
    } while (
        !word_.compare_exchange_weak(now, now - count * kOne, std::memory_order_acquire, std::memory_order_relaxed));
    return Take::Taken;
  }

  void give_to(std::size_t now, std::size_t count) noexcept {
    while ((now & kWaiting) == 0) {
      check_limit(now, count);
      // Release: pairs with take_from(). Sequentially consistent, because a closed channel's last giver looks for the
      // waiting receiver next (WakeSlot).
      if (word_.compare_exchange_weak(now, now + count * kOne, std::memory_order_seq_cst, std::memory_order_relaxed)) {
        return;
      }
    }
    give_to_waiters(count);
  }
  static void check_limit(std::size_t now, std::size_t count) noexcept {
    if (count > kLimit - now / kOne) base::fail("more permits than a semaphore can count (SIZE_MAX >> 3)");
  }
  void give_to_waiters(std::size_t count) noexcept;
  /// Under the lock: serves waiters from `count` until the batch is full; true when nothing of `count` is left.
  bool serve(std::size_t& count, Batch& batch) noexcept;
  void add_free(std::size_t count) noexcept;

  AtomicOf<Atomics, std::size_t> word_;
  typename Atomics::Mutex mutex_;
  BasicWaitList<Atomics> waiters_;
};

using Permits = BasicPermits<StdAtomics>;
extern template class BasicPermits<StdAtomics>;

/// The awaiter part of everything that waits for permits. Derived has await_resume(), which calls take_permits().
/// `Only`: there is but one, as of a lock.
template <class Derived, bool Only = false>
class PermitAwaiter : public Awaiter<Derived> {
 public:
  bool try_now() noexcept {
    if (!waiter_.idle()) return waiter_.chosen();
    switch (Only ? permits_->try_take_only() : permits_->try_take(waiter_.wanted)) {
      case Permits::Take::Short:
        return false;
      case Permits::Take::Closed:
        waiter_.closed = true;
        break;
      case Permits::Take::Taken:
        break;
    }
    waiter_.set(WaitNode::Chosen);
    return true;
  }
  bool enqueue() noexcept { return permits_->enqueue(waiter_, this->strand->wake()); }
  bool fired() const noexcept { return waiter_.chosen(); }
  void disarm() noexcept { static_cast<void>(give_up()); }
  void describe_wait(WaitDescription& wait) const noexcept {
    wait.object = permits_;
    wait.count = waiter_.wanted;
  }

 protected:
  PermitAwaiter(Permits& permits, std::size_t count) noexcept : permits_(&permits), waiter_(count) {}
  ~PermitAwaiter() { disarm(); }

  /// True: it waited, or had permits that went back.
  bool give_up() noexcept {
    if (waiter_.idle()) return false;
    permits_->leave(waiter_);
    return true;
  }

  /// The permits are the caller's now. False: closed.
  bool take_permits() noexcept {
    waiter_.set(WaitNode::Idle);
    return !waiter_.closed;
  }

 private:
  Permits* permits_;
  PermitWaiter waiter_;
};

}  // namespace rondeau::detail
