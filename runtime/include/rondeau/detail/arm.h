// Arms, of which combinators are made: each is one branch, a coroutine or an awaiter, with its own strand and slot.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
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
  static constexpr bool runs_code = true;
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
  static constexpr bool runs_code = true;
  explicit Arm(task::Task<T>& task) noexcept : task_(&task) { may_be_dropped(task); }
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
  /// Under the branch's context. A combinator does: the Tasks in it.
  static constexpr bool runs_code = std::derived_from<typename Source::Leaf, Group>;
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

}  // namespace rondeau::detail
