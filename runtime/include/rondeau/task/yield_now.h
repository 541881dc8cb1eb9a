// yield_now: let others go first.
#pragma once

#include <rondeau/detail/leaf.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::task {

class [[nodiscard("yield_now does nothing until it is awaited")]] YieldNow final : public detail::Awaiter<YieldNow> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  bool try_now() const noexcept { return false; }
  bool enqueue() noexcept {
    this->strand->ask_later();
    return true;
  }
  bool fired() const noexcept { return true; }
  void disarm() noexcept {}
  void await_resume() const noexcept {}
};

/// Puts the task at the back of its queue and goes on when its turn comes. Always suspends. Cancellation: safe.
inline YieldNow yield_now() noexcept { return {}; }

}  // namespace rondeau::task

namespace rondeau {
using task::yield_now;
}
