// Crowd: those who wait at one thing and are all woken together.
//
// A waker changes what they wait for, then calls wake_all(); one who comes joins, then looks once more. Both the change
// and that look are sequentially consistent, and so is `anyone_` on both sides: either the waker sees that somebody
// waits, or the one who comes sees the change. So waking costs one load where nobody waits.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/wait_list.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::detail {

template <class Atomics>
class BasicCrowd {
  using Node = BasicWaitNode<Atomics>;

 public:
  constexpr BasicCrowd() noexcept = default;
  BasicCrowd(const BasicCrowd&) = delete;
  BasicCrowd& operator=(const BasicCrowd&) = delete;

  /// Queues, unless `over()` says under the lock that there is nothing to wait for. It must read what it looks at with
  /// seq_cst. May be called again by one who waits, or was woken in vain.
  template <class Over>
  bool join(Node& node, typename Atomics::Wake wake, Over&& over) noexcept {
    const std::lock_guard lock(mutex_);
    // Pairs with wake_all(). Reset under the lock only, so here it is known.
    if (!anyone_.load(std::memory_order_relaxed)) anyone_.store(true, std::memory_order_seq_cst);
    if (over()) return false;
    node.wake = wake;
    if (!node.linked()) waiters_.push_back(node);
    return true;
  }
  /// Takes a waiter out that waits or was woken.
  void leave(Node& node) noexcept;

  /// Wakes everyone who waits now, in order and in batches. Who joins meanwhile is not woken.
  void wake_all() noexcept {
    if (anyone_.load(std::memory_order_seq_cst)) wake_everyone();  // pairs with join()
  }

 private:
  void wake_everyone() noexcept;

  AtomicOf<Atomics, bool> anyone_{false};  // false: nobody waits. Written under the lock
  typename Atomics::Mutex mutex_;
  BasicWaitList<Atomics> waiters_;
};

using Crowd = BasicCrowd<StdAtomics>;
extern template class BasicCrowd<StdAtomics>;

/// Several crowds, so that many who wait do not meet at one lock.
class Crowds {
 public:
  /// The one that a newcomer waits in from now on: each in turn.
  Crowd& next() noexcept { return lines_[next_.fetch_add(1, std::memory_order_relaxed) % lines_.size()].crowd; }
  void wake_all() noexcept {
    for (Line& line : lines_) line.crowd.wake_all();
  }

 private:
  struct alignas(64) Line {
    Crowd crowd;
  };
  std::array<Line, 8> lines_;
  std::atomic<std::size_t> next_{0};
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
  void describe_wait(WaitDescription& wait) const noexcept { wait.object = crowd_; }

 protected:
  explicit CrowdAwaiter(Crowd& crowd) noexcept : crowd_(&crowd) {}
  ~CrowdAwaiter() { disarm(); }

  /// Woken by the crowd, whether or not what it waits for still holds.
  bool told() const noexcept { return node_.chosen(); }

 private:
  Derived& self() noexcept { return static_cast<Derived&>(*this); }

  Crowd* crowd_;
  WaitNode node_;
};

/// Waits until nobody receives from a channel: until `channel.closed()`, which reads with seq_cst.
template <class Channel>
class [[nodiscard("closed does nothing until it is awaited")]] ClosedWait final
    : public CrowdAwaiter<ClosedWait<Channel>> {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
  ClosedWait(Crowd& crowd, const Channel& channel) noexcept : CrowdAwaiter<ClosedWait>(crowd), channel_(&channel) {}
  bool over() const noexcept { return channel_->closed(); }
  void await_resume() noexcept { this->disarm(); }

 private:
  const Channel* channel_;
};

}  // namespace rondeau::detail
