// What combinators are made of: an arm is one branch, a coroutine or an awaiter, with its own strand and slot.
#pragma once

#include <array>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondeau/detail/paused_branch.h>
#include <rondeau/detail/promise.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/task.h>

namespace rondeau::detail {

/// What a branch gives: void becomes monostate, so that it can stand in a tuple or variant.
template <class T>
using NoVoid = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// Common to all arms: the branch is done, its value can be taken.
struct ArmBase : Branch {
  bool done = false;
  bool begun = false;
  bool enabled = true;        ///< false: is never started
  bool borrows_slot = false;  ///< uses its group's, as the only arm of it that waits
  ArmBase() noexcept = default;
  ArmBase(const ArmBase&) = delete;
  ArmBase& operator=(const ArmBase&) = delete;

  void enter(Group& group) {
    owner = &group;
    begun = true;
    if (borrows_slot) {  // and has been told its context
      task = group.strand->task;
      slot = group.strand->slot;
      branch = true;
    } else {
      context = group.strand->context;
      enter_slot(*this, group.strand->task);
    }
  }
  void leave() noexcept {
    if (!borrows_slot) leave_slot(*this);
  }

  /// Out of the task, as a part of something that is paused, and back into the group's. What was to end with frames around
  /// it may have outlived those; a group that ends it says so again.
  void pause() noexcept {
    detail::pause(*this);
    leave();
    task = nullptr;
    slot = 0;
    ending = false;
    if (!borrows_slot) detail::set_context(*this, nullptr);  // else its group says what it sees
  }
  void unpause(Group& group) {
    enter(group);
    detail::unpause(*this);
    if (!borrows_slot) wake().wake_by_reference();
  }

  // What an arm of another kind does differently.
  const Branch& strand_of_branch() const noexcept { return *this; }
  /// What runs around the group changed.
  void set_context(const ContextNode* outer) noexcept { detail::set_context(*this, outer); }
  /// The group is decided: what goes on elsewhere rests from now on.
  void rest() noexcept {}
  /// Done: does its result count? False: the group waits for the others.
  bool accepts() noexcept { return true; }
  bool drains() noexcept {
    ending = true;
    return end_holds(*this);
  }
};

[[noreturn]] inline void fail_empty_task() {
  base::fail("a combinator was given a Task that was awaited, spawned or moved from before");
}

template <class A>
class Arm;

/// A Task as a branch: a strand of its own, resumed by its own wakes.
template <class T>
class Arm<task::Task<T>> : public ArmBase {
 public:
  using Value = NoVoid<T>;
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Loses;
  explicit Arm(task::Task<T>&& task) noexcept : frame_(std::move(task).release()) {}
  ~Arm() { end(); }

  /// Runs the branch up to its first suspension. False: whether it is done is told through branch_done.
  bool start(Group& group) {
    if (!frame_) fail_empty_task();
    enter(group);
    auto root = promise_frame();
    root.promise().strand = this;
    root.promise().owner = &frame_;
    root.resume();
    return false;
  }
  /// Destroys the frames, innermost first. Holds must have drained.
  void end() noexcept {
    if (!frame_) return;
    if (begun && !done) {
      destroy_frames(*this, frame_);
    } else if (done) {
      frame_.destroy();
    } else {
      end_unstarted(frame_);
    }
    frame_ = nullptr;
    leave();
  }
  Value take() {
    if constexpr (std::is_void_v<T>) {
      promise_frame().promise().take();
      return {};
    } else {
      return promise_frame().promise().take();
    }
  }
  bool failed() noexcept { return promise_frame().promise().outcome() == Outcome::Exception; }
  /// Ends what must drain before end().
  bool end_losing_holds() noexcept { return end_holds(*this); }

 private:
  auto promise_frame() const noexcept {
    return std::coroutine_handle<Promise<T>>::from_address(frame_.address());
  }
  std::coroutine_handle<> frame_;
};

/// A Task given by name: when the group ends without it, it rests where it is, and goes on in the next one.
template <class T>
class Arm<task::Task<T>&> : public ArmBase {
 public:
  using Value = NoVoid<T>;
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
  explicit Arm(task::Task<T>& task) noexcept : task_(&task) {}
  ~Arm() { end(); }

  /// True: its end had come before.
  bool start(Group& group) {
    if (!*task_) fail_empty_task();
    group_ = &group;
    branch_ = &task_->branch(*group.strand->task);
    if (!borrows_slot) context = group.strand->context;  // else it has been told
    begun = true;
    if (branch_->ended()) return true;
    branch_->go_on(group, context);
    return false;
  }
  /// It stays in the task that started it.
  void pause() noexcept { rest(); }
  void unpause(Group& group) {
    group_ = &group;
    branch_->go_on(group, borrows_slot ? context : group.strand->context);
  }
  void set_context(const ContextNode* outer) noexcept {
    if (branch_ != nullptr) detail::set_context(*branch_, outer);
  }
  void end() noexcept {
    if (!begun) return;
    rest();
    begun = false;
    if (taken_) *task_ = {};
  }
  void rest() noexcept {
    if (begun) branch_->pause(*group_);
  }
  /// It may belong to somebody further out, so nothing in it ends with the group.
  bool drains() noexcept { return rest(), true; }
  bool end_losing_holds() noexcept { return rest(), true; }
  const Branch& strand_of_branch() const noexcept { return *branch_; }

  Value take() {
    taken_ = true;
    if constexpr (std::is_void_v<T>) {
      task_->promise().take();
      return {};
    } else {
      return task_->promise().take();
    }
  }
  bool failed() noexcept { return task_->promise().outcome() == Outcome::Exception; }

 private:
  task::Task<T>* task_;
  PausedBranch* branch_ = nullptr;
  Group* group_ = nullptr;
  bool taken_ = false;
};

/// What an awaiter says of itself; one that says nothing may lose something.
template <class A>
inline constexpr task::CancelSafety safety_of_leaf = [] {
  if constexpr (requires { A::cancel_safety; }) {
    return A::cancel_safety;
  } else {
    return task::CancelSafety::Loses;
  }
}();

/// The caller's awaiter as a branch's leaf; it lives at least as long as the expression that awaits the combinator.
template <LeafAwaiter A>
class BorrowedLeaf {
 public:
  using Leaf = A;
  explicit BorrowedLeaf(A& awaiter) noexcept : awaiter_(&awaiter) {}
  A& begin() noexcept { return *awaiter_; }
  A& get() noexcept { return *awaiter_; }
  void end() noexcept { awaiter_->disarm(); }

 private:
  A* awaiter_;
};

/// The awaiter of something with operator co_await (a JoinHandle), made when the branch starts.
template <class S>
class MadeLeaf {
 public:
  using Leaf = decltype(std::declval<S>().operator co_await());
  explicit MadeLeaf(std::remove_reference_t<S>& source) noexcept : source_(&source) {}
  Leaf& begin() { return awaiter_.emplace(Make{*source_}); }
  Leaf& get() noexcept { return *awaiter_; }
  void end() noexcept { awaiter_.reset(); }

 private:
  struct Make {
    std::remove_reference_t<S>& source;
    operator Leaf() { return static_cast<S&&>(source).operator co_await(); }  // NOLINT: elided, awaiters do not move
  };
  std::remove_reference_t<S>* source_;
  std::optional<Leaf> awaiter_;
};

/// An awaiter as a branch: it waits by itself, without a frame.
template <class Source>
class LeafArm : public ArmBase {
 public:
  static constexpr task::CancelSafety cancel_safety = safety_of_leaf<typename Source::Leaf>;
  using Result = decltype(std::declval<typename Source::Leaf&>().await_resume());
  using Value = NoVoid<Result>;
  template <class S>
  explicit LeafArm(S&& source) noexcept : source_(source) {}
  ~LeafArm() { end(); }

  /// True: ready at once.
  bool start(Group& group) {
    enter(group);
    auto& awaiter = source_.begin();
    awaiter.strand = this;
    return awaiter.await_ready() || !awaiter.await_suspend(nullptr);
  }
  void end() noexcept {
    if (!begun) return;
    begun = false;
    leaf = nullptr;
    source_.end();
    leave();
  }
  Value take() {
    leaf = nullptr;
    if constexpr (std::is_void_v<Result>) {
      source_.get().await_resume();
      return {};
    } else {
      return source_.get().await_resume();
    }
  }
  bool failed() const noexcept { return false; }
  bool end_losing_holds() noexcept { return leave_holds(*this); }

 private:
  Source source_;
};

/// What a branch given to a combinator is turned into. `B` is the type of a forwarding reference's argument.
template <class B>
struct ArmOf {
  using type = LeafArm<MadeLeaf<B>>;
};
template <class T>
struct ArmOf<task::Task<T>> {
  using type = Arm<task::Task<T>>;
};
template <class T>
struct ArmOf<task::Task<T>&> {
  using type = Arm<task::Task<T>&>;
};
template <class B>
  requires LeafAwaiter<B>
struct ArmOf<B> {
  using type = LeafArm<BorrowedLeaf<std::remove_reference_t<B>>>;
};

/// Takes the branch's result when it is done, so that it can be looked at.
template <class Inner>
class SettledArm : public Inner {
 public:
  using Value = typename Inner::Value;
  using Inner::Inner;

  void settle() noexcept {
    try {
      value_.emplace(Inner::take());
    } catch (...) {
      thrown_ = std::current_exception();
    }
  }
  const Value& peek() const noexcept { return *value_; }
  bool failed() const noexcept { return thrown_ != nullptr; }
  Value take() {
    if (thrown_) std::rethrow_exception(std::move(thrown_));
    return *std::move(value_);
  }

 protected:
  std::exception_ptr thrown_;

 private:
  std::optional<Value> value_;
};

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
    if (std::exchange(awaited_, true)) base::fail("a select or join is awaited once; make another one");
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
