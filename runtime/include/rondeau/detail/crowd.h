// Crowd: those who wait at one thing and are all woken together.
//
// A waker changes what they wait for, then calls wake_all(); one who comes joins, then looks once more. Both the change
// and that look are sequentially consistent, and so is `anyone_` on both sides: either the waker sees that somebody
// waits, or the one who comes sees the change. So waking costs one load where nobody waits.
#pragma once

#include <atomic>
#include <mutex>

#include <rondeau/detail/leaf.h>
#include <rondeau/detail/wait_list.h>

namespace rondeau::detail {

class Crowd {
 public:
  constexpr Crowd() noexcept = default;
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Queues, unless `over()` says under the lock that there is nothing to wait for. It must read what it looks at with
  /// seq_cst. May be called again by one who waits, or was woken in vain.
  template <class Over>
  bool join(WaitNode& node, Wake wake, Over&& over) noexcept {
    const std::lock_guard lock(mutex_);
    // Pairs with wake_all(). Reset under the lock only, so here it is known.
    if (!anyone_.load(std::memory_order_relaxed)) anyone_.store(true, std::memory_order_seq_cst);
    if (over()) return false;
    node.wake = wake;
    if (!node.linked()) waiters_.push_back(node);
    return true;
  }
  /// Takes a waiter out that waits or was woken.
  void leave(WaitNode& node) noexcept;

  /// Wakes everyone who waits now, in order and in batches. Who joins meanwhile is not woken.
  void wake_all() noexcept {
    if (anyone_.load(std::memory_order_seq_cst)) wake_everyone();  // pairs with join()
  }

 private:
  void wake_everyone() noexcept;

  std::atomic<bool> anyone_{false};  // false: nobody waits. Written under the lock
  std::mutex mutex_;
  WaitList waiters_;
};

/// The awaiter part of everything that waits in a crowd. Derived has `bool over() noexcept`, which reads what it looks
/// at with seq_cst, and await_resume(), which calls disarm().
template <class Derived>
class CrowdAwaiter : public Awaiter<Derived> {
 public:
  bool try_now() noexcept { return self().over(); }
  bool enqueue() noexcept {
    return crowd_->join(node_, this->strand->wake(), [this] { return self().over(); });
  }
  bool fired() noexcept { return self().over() || !enqueue(); }
  void disarm() noexcept {
    if (!node_.idle()) crowd_->leave(node_);
  }

 protected:
  explicit CrowdAwaiter(Crowd& crowd) noexcept : crowd_(&crowd) {}
  ~CrowdAwaiter() { disarm(); }

 private:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }

  Crowd* crowd_;
  WaitNode node_;
};

}  // namespace rondeau::detail
