// Barrier: tasks that go on together.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include <rondeau/detail/crowd.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

/// What a wait at a barrier gives.
class BarrierWaitResult {
 public:
  explicit BarrierWaitResult(bool leads) noexcept : leads_(leads) {}
  /// True for one of those who went on together: the last to arrive.
  bool is_leader() const noexcept { return leads_; }

 private:
  bool leads_;
};

/// Lets tasks wait until so many have arrived; then all go on, and the next round begins.
///
/// May be a global with static initialisation. Thread safety: any thread. Lifetime: must outlive those who wait.
class Barrier {
 public:
  /// For `count` at a time; 0 acts as 1.
  explicit constexpr Barrier(std::size_t count) noexcept : count_(std::max<std::size_t>(count, 1)) {}
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  class [[nodiscard("wait does nothing until it is awaited")]] Wait final : public detail::CrowdAwaiter<Wait> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Loses;
    explicit Wait(Barrier& barrier) noexcept : detail::CrowdAwaiter<Wait>(barrier.waiters_), barrier_(&barrier) {}
    bool try_now() noexcept {
      if (!arrived_) arrive();
      return over();
    }
    bool over() const noexcept { return barrier_->round() != round_; }
    BarrierWaitResult await_resume() noexcept {
      this->disarm();
      arrived_ = false;
      return BarrierWaitResult(leads_);
    }

   private:
    void arrive() noexcept {
      arrived_ = true;
      const std::size_t before = barrier_->arrivals_.fetch_add(1, std::memory_order_seq_cst);  // pairs with over()
      round_ = before / barrier_->count_;
      leads_ = before % barrier_->count_ == barrier_->count_ - 1;
      if (leads_) barrier_->waiters_.wake_all();
    }

    Barrier* barrier_;
    std::size_t round_ = 0;
    bool arrived_ = false;
    bool leads_ = false;
  };
  /// Arrives, and waits for the others: `if ((co_await barrier.wait()).is_leader()) report();`
  ///
  /// Cancellation: the arrival stays counted, so that the others go on. The same wait may be awaited again, after a
  /// select that another branch won; it does not arrive twice.
  Wait wait() noexcept { return Wait(*this); }

 private:
  std::size_t round() const noexcept { return arrivals_.load(std::memory_order_seq_cst) / count_; }

  const std::size_t count_;
  std::atomic<std::size_t> arrivals_{0};  // since it was made: what is left of the division belongs to this round
  detail::Crowd waiters_;
};

}  // namespace rondeau::sync

namespace rondeau {
using sync::Barrier;
using sync::BarrierWaitResult;
}  // namespace rondeau
