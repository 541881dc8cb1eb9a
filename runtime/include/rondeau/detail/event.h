// Event: happens once, and everyone who waits is told.
#pragma once

#include <atomic>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/crowd.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::detail {

template <class Atomics>
class BasicEvent {
 public:
  constexpr BasicEvent() noexcept = default;

  bool happened() const noexcept { return happened_.load(std::memory_order_seq_cst); }  // pairs with happen()
  /// Idempotent.
  void happen() noexcept {
    if (!happened_.exchange(true, std::memory_order_seq_cst)) waiters_.wake_all();  // pairs with happened()
  }

  class [[nodiscard]] Wait final : public CrowdAwaiter<Wait> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Wait(BasicEvent& event) noexcept : CrowdAwaiter<Wait>(event.waiters_), event_(&event) {}
    bool over() const noexcept { return event_->happened(); }
    void await_resume() noexcept { this->disarm(); }

   private:
    BasicEvent* event_;
  };
  Wait wait() noexcept { return Wait(*this); }

  /// What Wait is made of, for whoever waits in another way.
  BasicCrowd<Atomics>& crowd() noexcept { return waiters_; }

 private:
  AtomicOf<Atomics, bool> happened_{false};
  BasicCrowd<Atomics> waiters_;
};

using Event = BasicEvent<StdAtomics>;

}  // namespace rondeau::detail
