// PausedBranch: a strand that outlives the combinator it was started in.
//
// A Task given to a combinator by name is started once and goes on whenever a combinator, or co_await, waits for it. In
// between it is paused: what it waits for keeps its wake, but a wake that comes is only noted, in SlotTable::put_off,
// for it and for all strands inside it. Whoever waits for it next asks its leaf, and those that were noted.
//
// Only the holder of RUNNING touches any of this. It belongs to the task it was started in: its slot is one of there.
#pragma once

#include <coroutine>

#include <rondeau/detail/header.h>

namespace rondeau::detail {

/// On the heap: made at the first start, gone with the frames. Keeps its task's cell.
class PausedBranch final : public Branch {
 public:
  /// Gives `first`, a coroutine that has not run, a strand in this task. The caller tells its promise (strand, owner).
  PausedBranch(Header& in, std::coroutine_handle<> first);

  /// True once the first coroutine has ended; its result is in its promise.
  bool ended() const noexcept { return frame.done(); }
  /// Runs it as a branch of `group`: from its beginning, or as far as what it waited for has come. The group is told of
  /// its end through branch_done, which may be before this returns. Aborts where something waits for it already.
  void go_on(Group& group, const ContextNode* context);
  /// The group waits for it no longer. Idempotent.
  void pause(Group& group) noexcept;
  /// The task it is in ends, and it with that: shielded work in it goes on. True: nothing is held, frames may go.
  bool end_with_task() noexcept;
  /// Destroys the frames, innermost first, and itself. Aborts where a scope inside has children yet.
  void destroy() noexcept;

  /// As `co_await`: goes on in the strand of a coroutine that waits for it alone. Returns whom to resume.
  std::coroutine_handle<> go_on_alone(Strand& in, std::coroutine_handle<> waiting);

  std::coroutine_handle<> frame;  ///< the first coroutine; emptied when it is destroyed
  bool drained = false;           ///< it ends with its task, and nothing is held in it

 private:
  class Alone final : public Group {
   public:
    explicit Alone(PausedBranch& branch) noexcept : branch_(branch) {}
    bool ready() noexcept override { return branch_.ended(); }
    std::coroutine_handle<> branch_done(Branch&) noexcept override;
    bool end_branch_holds() noexcept override;
    void describe(WaitDescription& wait) const noexcept override { wait.operation = "Task"; }
    void for_each_branch(BranchVisitor& visitor) const noexcept override { visitor.visit(branch_); }
    void context_changed() noexcept override { set_context(branch_, strand->context); }
    /// The branch stays in the task that started it.
    void pause() noexcept override { branch_.pause(*this); }
    void unpause() noexcept override;

    bool starting = false;

   private:
    PausedBranch& branch_;
  };
  /// Those around which it was go on inside of what that was in.
  void leave_around() noexcept;

  Alone alone_{*this};
  PausedBranch* around_ = nullptr;  // in which something waited for it last; null: in none
  bool begun_ = false;
};

/// Waits until nothing is held inside a branch that is to end: what cancel() returns is made of it. Where it is paused
/// itself, or dropped, shielded work in the branch rests.
class EndPaused : public Group {
 public:
  void disarm() noexcept;
  bool await_ready() noexcept;
  bool await_suspend(std::coroutine_handle<> waiting) noexcept;

  bool ready() noexcept final { return end_branch_holds(); }
  std::coroutine_handle<> branch_done(Branch&) noexcept final { return std::noop_coroutine(); }
  bool end_branch_holds() noexcept final { return branch_ == nullptr || end_holds(*branch_); }
  /// The next cancel() takes it up.
  bool leave_branch_holds() noexcept final { return true; }
  void context_changed() noexcept final;
  /// The branch stays in the task that started it.
  void pause() noexcept final;
  void unpause() noexcept final;
  void describe(WaitDescription& wait) const noexcept final { wait.operation = "cancel"; }
  void for_each_branch(BranchVisitor& visitor) const noexcept final {
    if (branch_ != nullptr) visitor.visit(*branch_);
  }

 protected:
  /// Null: nothing has started, so nothing is held.
  explicit EndPaused(PausedBranch* branch) noexcept : branch_(branch) {}
  ~EndPaused() { disarm(); }

 private:
  void take_over() noexcept;

  PausedBranch* branch_;
};

}  // namespace rondeau::detail
