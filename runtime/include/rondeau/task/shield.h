// shield: a piece of work that is not cut.
#pragma once

#include <coroutine>
#include <concepts>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondeau/base/assert.h>
#include <rondeau/detail/enclosure.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::task {

/// What shield() returns.
template <class B>
class [[nodiscard("shield does nothing until it is awaited")]] Shield final : public detail::Enclosure<B> {
  using Base = detail::Enclosure<B>;
  static_assert(!std::is_lvalue_reference_v<B> || !detail::is_task<std::remove_cvref_t<B>>,
                "rondeau: a shielded Task runs to its end, so it is given away: shield(std::move(task))");

 public:
  static constexpr CancelSafety cancel_safety = Base::Arm::cancel_safety;
  explicit Shield(B&& work) : Base(std::forward<B>(work)) {}
  ~Shield() {
    if (this->arm_.begun && !this->arm_.done && !broken_) {
      base::fail("a shield was destroyed before its work ended; end a started branch with co_await, not by a destructor");
    }
  }
  void describe(detail::WaitDescription& wait) const noexcept override { wait.operation = "shield"; }

  bool await_ready() {
    if (this->arm_.begun) base::fail("a shield is awaited once");
    return this->start(this->strand->context);
  }
  bool await_suspend(std::coroutine_handle<> waiting) noexcept {
    this->wait(waiting);
    return true;
  }
  auto await_resume() {
    if constexpr (std::same_as<typename Base::Arm::Value, std::monostate>) {
      static_cast<void>(this->arm_.take());
    } else {
      return this->arm_.take();
    }
  }
  bool ready() noexcept override { return !broken_ && this->ask_branch(); }

  /// Who wants to end what stands around comes here with each of its wakes: the work goes on.
  bool end_branch_holds() noexcept override {
    if (!this->arm_.begun) return true;
    if (broken_) return Base::end_branch_holds();
    if (this->strand->task == nullptr) return this->arm_.done;  // in a generator that is paused
    if (this->ask_branch()) return true;
    if (!this->strand->task->scheduler->breaks_shields()) return false;
    // Out of time: what is in it ends as if there were no shield, and scopes in it first.
    broken_ = true;
    return Base::end_branch_holds();
  }
  bool leave_branch_holds() noexcept override { return end_branch_holds(); }
  bool shields() const noexcept override { return !broken_; }
  /// As a branch of a select that another one won, after end_branch_holds().
  void disarm() noexcept { this->arm_.end(); }

 private:
  bool broken_ = false;
};

/// Runs `work` to its end, whatever ends the caller meanwhile: an abort, a deadline, a lost select, a scope wait for it,
/// then the caller is ended where the shield ends. Only a shutdown whose time is over breaks it.
///
/// It takes what timeout takes: a Task, an awaitable of the library, a combinator. It delays those who wait for the caller's end:
/// keep it short. What the work waits for must come by itself.
/// Cancellation: see above. Lifetime: as for timeout.
template <class B>
Shield<B> shield(B&& work) {
  return Shield<B>(std::forward<B>(work));
}

}  // namespace rondeau::task

namespace rondeau {
using task::shield;
}
