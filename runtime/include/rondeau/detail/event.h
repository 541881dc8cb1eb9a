// Event: happens once, and everyone who waits is told.
#pragma once

#include <atomic>
#include <mutex>

#include <rondeau/detail/leaf.h>
#include <rondeau/detail/wait_list.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::detail {

class Event {
 public:
  constexpr Event() noexcept = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool happened() const noexcept { return happened_.load(std::memory_order_acquire); }  // pairs with happen()
  /// Idempotent.
  void happen() noexcept;

  class [[nodiscard]] Wait final : public Awaiter<Wait> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Wait(Event& event) noexcept : event_(&event) {}
    ~Wait() { disarm(); }
    bool try_now() const noexcept { return event_->happened(); }
    bool enqueue() noexcept { return event_->enqueue(node_, this->strand->wake()); }
    bool fired() const noexcept { return event_->happened(); }
    void disarm() noexcept {
      if (!node_.idle()) event_->leave(node_);
    }
    void await_resume() noexcept { disarm(); }

   private:
    Event* event_;
    WaitNode node_;
  };
  Wait wait() noexcept { return Wait(*this); }

 private:
  bool enqueue(WaitNode& node, Wake wake) noexcept;
  void leave(WaitNode& node) noexcept;

  std::atomic<bool> happened_{false};  // set under the lock, read without
  std::mutex mutex_;
  WaitList waiters_;
};

}  // namespace rondeau::detail
