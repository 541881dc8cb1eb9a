// ArmGroup: a fixed number of arms that wait at once, until their combinator is decided.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/arm.h>

namespace rondeau::detail {

/// The shared part of select, join and try_join: starts the arms, waits until `Derived` is decided, ends the rest.
///
/// Derived has: std::size_t first_arm()           with which arm to begin
///              bool rotates()                    does another arm go first in each run?
///              bool decides(std::size_t index)   after arm `index` is done: is the whole decided?
///              void exhausted()                  no arm is left that could be done
/// The last kUnstarted arms are not branches: they only stand in for a result.
template <class Derived, std::size_t kUnstarted, class... ArmTypes>
class ArmGroup : public Group {
 protected:
  static constexpr std::size_t kArms = sizeof...(ArmTypes);
  static constexpr std::size_t kCount = kArms - kUnstarted;
  using Indices = std::make_index_sequence<kArms>;

  template <class... Branches>
  explicit ArmGroup(std::in_place_t, Branches&&... branches) : arms_(std::forward<Branches>(branches)...) {}
  ~ArmGroup() { end_arms(); }

 public:
  /// As a branch of a select that another one won: its own branches have lost, too.
  void disarm() noexcept { end_arms(); }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    if (std::exchange(awaited_, true)) {
      base::fail("a select or join is awaited once; make another one", PromiseBase::place_of(waiting));
    }
    frame = waiting;
    strand->leaf = this;
    starting_ = true;
    first_ = static_cast<Derived*>(this)->first_arm();
    if (strand->task->slots != nullptr) began_in_ = strand->task->slots->run;
    each_arm([this](auto& arm, std::size_t) { open_ += arm.enabled ? 1 : 0; });
    if (open_ == 0) exhaust();
    for (std::size_t i = 0; i < kCount && !decided_; ++i) {
      const std::size_t index = (first_ + i) % kCount;
      with_arm(index, [&](auto& arm) {
        if (!arm.enabled) return;
        const bool done = arm.start(*this);
        slots_[index] = arm.strand_of_branch().slot;
        if (done) mark_done(arm, index);
      });
    }
    starting_ = false;
    if (!ready()) return true;
    strand->leaf = nullptr;
    return false;
  }

  /// Decided, and nothing that lost holds anything any more.
  bool ready() noexcept final { return decided_ && leave_branch_holds(); }

  std::coroutine_handle<> branch_done(Branch& branch) noexcept final {
    each_arm([&](auto& arm, std::size_t index) {
      if (arm.begun && !arm.done && &arm.strand_of_branch() == &branch) mark_done(arm, index);
    });
    if (starting_ || !ready()) return std::noop_coroutine();
    strand->leaf = nullptr;
    if (frame) return frame;
    auto& outer = static_cast<Branch&>(*strand);  // without a frame: itself a branch of a combinator
    return outer.owner->branch_done(outer);
  }

  bool end_branch_holds() noexcept final {
    bool drained = true;
    each_arm([&](auto& arm, std::size_t) {
      if (arm.begun && !arm.done) drained = arm.drains() && drained;
    });
    return drained;
  }
  bool leave_branch_holds() noexcept final {
    bool drained = true;
    with_waiting_arms([&](auto& arm) {
      arm.ending = true;
      drained = arm.end_losing_holds() && drained;
    });
    return drained;
  }
  void pause() noexcept final {
    with_waiting_arms([](auto& arm) { arm.pause(); });
  }
  void unpause() noexcept final {
    starting_ = true;
    with_waiting_arms([this](auto& arm) { arm.unpause(*this); });
    starting_ = false;
    if (decided_) static_cast<void>(leave_branch_holds());
  }
  void context_changed() noexcept final {
    with_waiting_arms([this](auto& arm) { arm.set_context(strand->context); });
  }
  void describe(WaitDescription& wait) const noexcept final { wait.operation = Derived::kName; }
  void for_each_branch(BranchVisitor& visitor) const noexcept final {
    const auto show = [&](const auto& arm) {
      if (arm.begun && !arm.done) visitor.visit(arm.strand_of_branch());
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (show(std::get<I>(arms_)), ...);
    }(std::make_index_sequence<kCount>());
  }

  std::uint8_t first_of(std::uint8_t slot, std::uint64_t fired) noexcept final {
    std::size_t index = first_;
    if (static_cast<Derived*>(this)->rotates()) index += strand->task->slots->run - began_in_;
    for (std::size_t i = 0; i < kCount; ++i, ++index) {
      const std::uint8_t other = slots_[index % kCount];
      if (other != 0 && (fired & (std::uint64_t{1} << other)) != 0) return other;
    }
    return slot;
  }

 protected:
  /// Ends every arm that is not done, the last one started first.
  void end_losers() noexcept {
    for (std::size_t i = kCount; i-- > 0;) {
      with_arm((first_ + i) % kCount, [](auto& arm) {
        if (!arm.done) arm.end();
      });
    }
  }
  void end_arms() noexcept {
    for (std::size_t i = kCount; i-- > 0;) {
      with_arm((first_ + i) % kCount, [](auto& arm) { arm.end(); });
    }
  }
  template <class F>
  void with_arm(std::size_t index, F&& use) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      static_cast<void>(((I == index ? (use(std::get<I>(arms_)), true) : false) || ...));
    }(std::make_index_sequence<kCount>());
  }
  template <class F>
  void each_arm(F&& use) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (use(std::get<I>(arms_), I), ...);
    }(std::make_index_sequence<kCount>());
  }

  template <class F>
  void with_waiting_arms(F&& use) {
    each_arm([&](auto& arm, std::size_t) {
      if (arm.begun && !arm.done) use(arm);
    });
  }

  std::tuple<ArmTypes...> arms_;

 private:
  template <class A>
  void mark_done(A& arm, std::size_t index) noexcept {
    arm.done = true;
    slots_[index] = 0;
    if (decided_) return;
    if (arm.accepts()) {
      decided_ = static_cast<Derived*>(this)->decides(index);
      if (decided_) each_arm([](auto& other, std::size_t) { other.rest(); });
    } else if (--open_ == 0) {
      exhaust();
    }
  }
  void exhaust() noexcept {
    static_cast<Derived*>(this)->exhausted();
    decided_ = true;
  }

  std::size_t first_ = 0;
  std::uint64_t began_in_ = 0;               // the run of the task in which the arms were started
  std::array<std::uint8_t, kCount> slots_{}; // of arms that wait; 0: it does not
  std::size_t open_ = 0;                     // arms that could still be done
  bool awaited_ = false;
  bool decided_ = false;
  bool starting_ = false;
};

}  // namespace rondeau::detail
