#include <rondeau/detail/paused_branch.h>

#include <rondeau/base/assert.h>
#include <rondeau/detail/context_node.h>

#include "task/ask.h"

namespace rondeau::detail {
namespace {

PausedBranch* kept_around(const Strand& strand) noexcept {
  for (const Strand* each = &strand; each->branch;) {
    if (each->kept) return const_cast<PausedBranch*>(static_cast<const PausedBranch*>(each));
    const Group* owner = static_cast<const Branch*>(each)->owner;
    if (owner == nullptr) break;
    each = owner->strand;
  }
  return nullptr;
}

[[noreturn]] void fail_other_task() {
  base::fail("a Task goes on in the task that started it; give it away before it is started, or spawn it");
}

}  // namespace

PausedBranch::PausedBranch(Header& in, std::coroutine_handle<> first) : frame(first) {
  enter_slot(*this, &in);
  kept = true;
  paused = true;
  ++in.slots->kept;
  in.state.add_reference();
}

void PausedBranch::go_on(Group& group, const ContextNode* outer) {
  if (!paused) base::fail("a Task given by name is waited for twice at once, or waits for itself");
  if (ending) base::fail("this Task is being cancelled; co_await cancel(task) to the end");
  if (group.strand->task != task) fail_other_task();
  paused = false;
  owner = &group;
  around_ = kept_around(*group.strand);
  set_context(*this, outer);
  const InstalledContext installed(outer);
  if (begun_) {
    ask_put_off(*this);
  } else {
    begun_ = true;
    frame.resume();
  }
}

void PausedBranch::pause(Group& group) noexcept {
  if (owner != &group) return;
  owner = nullptr;
  paused = true;
  set_context(*this, nullptr);
}

bool PausedBranch::end_with_task() noexcept {
  if (around_ != nullptr && !around_->drained) return false;
  if (!ending) {
    ending = true;
    set_context(*this, task->root.context);
    ask_again(*task);
  }
  return drained = end_holds(*this);
}

void PausedBranch::leave_around() noexcept {
  for (Branch* branch : task->slots->branches) {
    for (; branch != nullptr; branch = branch->shared_next) {
      if (!branch->kept) continue;
      auto& inner = static_cast<PausedBranch&>(*branch);
      if (inner.around_ == this) inner.around_ = around_;
    }
  }
}

void PausedBranch::destroy() noexcept {
  if (frame.done()) {
    frame.destroy();
  } else {
    if (!end_holds(*this)) {
      base::fail("a Task that was started by name has a scope with living children; end it with co_await cancel(task)");
    }
    destroy_frames(*this, frame);
  }
  Header* in = task;
  leave_slot(*this);
  if (in->slots->kept > 1) leave_around();
  --in->slots->kept;
  drop_task_reference(in);
  delete this;
}

std::coroutine_handle<> PausedBranch::go_on_alone(Strand& in, std::coroutine_handle<> waiting) {
  if (ended()) return waiting;
  alone_.frame = waiting;
  alone_.strand = &in;
  alone_.starting = true;
  in.leaf = &alone_;
  go_on(alone_, in.context);
  alone_.starting = false;
  if (!ended()) return std::noop_coroutine();
  in.leaf = nullptr;
  return waiting;
}

void PausedBranch::Alone::unpause() noexcept {
  if (branch_.ended()) return;
  starting = true;
  branch_.go_on(*this, strand->context);
  starting = false;
}

std::coroutine_handle<> PausedBranch::Alone::branch_done(Branch&) noexcept {
  if (starting) return std::noop_coroutine();
  strand->leaf = nullptr;
  return frame;
}

bool PausedBranch::Alone::end_branch_holds() noexcept {
  // Who awaits a Task owns it: it ends with its awaiter.
  branch_.ending = true;
  return end_holds(branch_);
}

bool EndPaused::await_ready() noexcept {
  if (branch_ == nullptr || branch_->ended()) return true;
  if (!branch_->paused) base::fail("cancel is for a Task that nothing waits for");
  take_over();
  return end_holds(*branch_);
}

void EndPaused::take_over() noexcept {
  if (branch_->task != strand->task) fail_other_task();
  branch_->ending = true;
  branch_->paused = false;
  branch_->owner = this;
  set_context(*branch_, strand->context);
  ask_again(*branch_->task);
}

bool EndPaused::await_suspend(std::coroutine_handle<> waiting) noexcept {
  frame = waiting;
  strand->leaf = this;
  return true;
}

void EndPaused::context_changed() noexcept {
  if (branch_ != nullptr && branch_->owner == this) set_context(*branch_, strand->context);
}

void EndPaused::pause() noexcept {
  if (branch_ != nullptr) branch_->pause(*this);
}

void EndPaused::unpause() noexcept {
  if (branch_ != nullptr) take_over();
}

void EndPaused::disarm() noexcept {
  if (branch_ != nullptr) branch_->pause(*this);
  branch_ = nullptr;
}

}  // namespace rondeau::detail
