// What combinators are made of: an arm is one branch, a coroutine or an awaiter, with its own strand and slot.
#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondeau/detail/promise.h>
#include <rondeau/task/task.h>

namespace rondeau::detail {

/// What a branch gives: void becomes monostate, so that it can stand in a tuple or variant.
template <class T>
using NoVoid = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// Common to all arms: the branch is done, its value can be taken.
struct ArmBase : Branch {
  bool done = false;
  bool begun = false;
  bool borrows_slot = false;  ///< uses its group's, as the only arm of it that waits
  ArmBase() noexcept = default;
  ArmBase(const ArmBase&) = delete;
  ArmBase& operator=(const ArmBase&) = delete;

  void enter(Group& group) {
    owner = &group;
    begun = true;
    if (borrows_slot) {
      task = group.strand->task;
      slot = group.strand->slot;
      branch = true;
    } else {
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
  }
  void unpause(Group& group) {
    enter(group);
    detail::unpause(*this);
    if (!borrows_slot) wake().wake_by_reference();
  }
};

template <class A>
class Arm;

/// A Task as a branch: a strand of its own, resumed by its own wakes.
template <class T>
class Arm<task::Task<T>> final : public ArmBase {
 public:
  using Value = NoVoid<T>;
  explicit Arm(task::Task<T>&& task) noexcept : frame_(std::move(task).release()) {
    if (!frame_) base::fail("a combinator was given a Task that was awaited, spawned or moved from before");
  }
  ~Arm() { end(); }

  /// Runs the branch up to its first suspension. False: whether it is done is told through branch_done.
  bool start(Group& group) {
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
    } else {
      frame_.destroy();
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
  const Value& peek() noexcept
    requires(!std::is_void_v<T>)
  {
    return promise_frame().promise().value();
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
class LeafArm final : public ArmBase {
 public:
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
  static_assert(always_false<T>, "rondeau: a combinator takes a Task by value: pass std::move(task)");
};
template <class B>
  requires LeafAwaiter<B>
struct ArmOf<B> {
  using type = LeafArm<BorrowedLeaf<std::remove_reference_t<B>>>;
};

/// The shared part of select, join and try_join: starts the arms, waits until `Derived` is decided, ends the rest.
///
/// Derived has: bool decides(std::size_t index)  after arm `index` is done: is the whole decided?
template <class Derived, class... Branches>
class ArmGroup : public Group {
 protected:
  static constexpr std::size_t kCount = sizeof...(Branches);
  using Arms = std::tuple<typename ArmOf<Branches>::type...>;
  using Indices = std::make_index_sequence<kCount>;

  explicit ArmGroup(Branches&&... branches) : arms_(std::forward<Branches>(branches)...) {}
  ~ArmGroup() { end_arms(); }

 public:
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    frame = waiting;
    strand->leaf = this;
    starting_ = true;
    first_ = static_cast<Derived*>(this)->first_arm();
    for (std::size_t i = 0; i < kCount && !decided_; ++i) {
      const std::size_t index = (first_ + i) % kCount;
      with_arm(index, [&](auto& arm) {
        if (arm.start(*this)) mark_done(arm, index);
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
    for (std::size_t i = 0; i < kCount; ++i) {
      with_arm(i, [&](auto& arm) {
        if (static_cast<Branch*>(&arm) == &branch) mark_done(arm, i);
      });
    }
    if (starting_ || !ready()) return std::noop_coroutine();
    strand->leaf = nullptr;
    return frame;
  }

  bool end_branch_holds() noexcept final {
    bool drained = true;
    with_waiting_arms([&](auto& arm) {
      arm.ending = true;
      drained = end_holds(arm) && drained;
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
    with_waiting_arms([this](auto& arm) { arm.unpause(*this); });
    if (decided_) static_cast<void>(leave_branch_holds());
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
    }(Indices());
  }

  template <class F>
  void with_waiting_arms(F&& use) {
    for (std::size_t i = 0; i < kCount; ++i) {
      with_arm(i, [&](auto& arm) {
        if (arm.begun && !arm.done) use(arm);
      });
    }
  }

  Arms arms_;

 private:
  void mark_done(ArmBase& arm, std::size_t index) noexcept {
    arm.done = true;
    if (!decided_) decided_ = static_cast<Derived*>(this)->decides(index);
  }

  std::size_t first_ = 0;
  bool decided_ = false;
  bool starting_ = false;
};

}  // namespace rondeau::detail
