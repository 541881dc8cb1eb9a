// Notify: "look again", from one task to another.
#pragma once

#include <cstddef>
#include <memory>

#include <rondeau/detail/leaf.h>
#include <rondeau/detail/notify_core.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

/// Wakes tasks without carrying a value.
///
/// notify_one without a waiter stores one permit, never more: the next notified() takes it and goes on at once.
/// notify_waiters stores none; it wakes everyone whose notified() was created before, awaited or not. So to wait for a
/// condition: create notified(), test the condition, then await. May be a global with static initialisation.
/// Thread safety: any thread. Lifetime: must outlive those who wait; see notified_owned.
class Notify : private detail::NotifyCore {
  using Node = detail::NotifyCore::Node;

 public:
  constexpr Notify() noexcept = default;
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;

  template <class Owner>
  class [[nodiscard("notified does nothing until it is awaited")]] BasicNotified final
      : public detail::Awaiter<BasicNotified<Owner>> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Place;
    explicit BasicNotified(Owner notify) noexcept : notify_(std::move(notify)), created_(notify_->rounds()) {}
    ~BasicNotified() { disarm(); }

    /// Queues now, before it is awaited; true: it is notified already.
    bool enable() noexcept { return try_now() || !notify_->enqueue(node_, created_, detail::Wake()); }

    bool try_now() noexcept { return node_.idle() ? notify_->try_take(node_, created_) : node_.chosen(); }
    bool enqueue() noexcept { return notify_->enqueue(node_, created_, this->strand->wake()); }
    bool fired() const noexcept { return node_.chosen(); }
    void disarm() noexcept {
      if (!node_.idle()) notify_->leave(node_);
    }
    void await_resume() noexcept {
      node_.set(Node::Idle);
      created_ = notify_->rounds();
    }

   private:
    Owner notify_;
    std::size_t created_;  // notify_waiters calls before this was created
    Node node_;
  };
  using Notified = BasicNotified<Notify*>;
  using NotifiedOwned = BasicNotified<std::shared_ptr<Notify>>;

  /// Waits for a notification.
  ///
  /// Cancellation: the place in the queue is lost; a notification it got already passes to the next.
  Notified notified() noexcept { return Notified(this); }
  static NotifiedOwned notified_owned(std::shared_ptr<Notify> notify) noexcept {
    return NotifiedOwned(std::move(notify));
  }

  /// Wakes the oldest waiter, or stores a permit for the next.
  void notify_one() noexcept { notify(Node::By::One); }
  /// The same for the youngest waiter.
  void notify_last() noexcept { notify(Node::By::Last); }
  /// Wakes everyone whose notified() exists; stores nothing.
  using detail::NotifyCore::notify_waiters;
};

}  // namespace rondeau::sync

namespace rondeau {
using sync::Notify;
}
