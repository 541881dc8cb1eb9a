// One run of a task: who is asked, who is resumed, and how it ends.
#include <rondeau/detail/header.h>

#include <bit>
#include <utility>

#include <rondeau/detail/borrows.h>
#include <rondeau/detail/context_node.h>
#include <rondeau/detail/forgotten.h>
#include <rondeau/detail/paused_branch.h>
#include <rondeau/detail/promise.h>
#include <rondeau/detail/scheduler.h>

#include "task/after_run.h"
#include "task/ask.h"
#include "task/current.h"
#include "task/run_inside.h"

namespace rondeau::detail {
namespace {

constexpr std::uint8_t kSharedSlot = 63;

/// The strand's leaf has what it waited for. Where the leaf is a branch itself, its combinator goes on.
void go_on(Strand& strand) noexcept {
  const Leaf* leaf = std::exchange(strand.leaf, nullptr);
  context_of_thread = strand.context;
  if (leaf->frame) {
    leaf->frame.resume();
  } else {
    auto& branch = static_cast<Branch&>(strand);
    branch.owner->branch_done(branch).resume();
  }
}

void resume_if_ready(Strand& strand) noexcept {
  if (strand.ending) {
    // A loser that only drains: the outermost combinator that ends it decides whether that was the last.
    if (!strand.branch) return;
    Group* group = static_cast<Branch&>(strand).owner;
    while (group != nullptr && group->strand->branch && group->strand->ending) {
      group = static_cast<Branch*>(group->strand)->owner;
    }
    if (group == nullptr) return;  // it ends with its task, which asks by itself
    context_of_thread = group->strand->context;
    if (!group->strand->ending && group->ready()) go_on(*group->strand);
  } else if (strand.leaf != nullptr) {
    context_of_thread = strand.context;  // a combinator resumes what is inside while it is asked
    if (strand.leaf->ready()) go_on(strand);
  }
}

/// Is it paused, or does it run inside of a strand that is, or that was kept from an end which does not concern it?
///
/// What is paused and ends with its task does not rest: shielded work in it goes on.
bool rests(const Strand& strand) noexcept {
  bool kept = false;
  for (const Strand* each = &strand; each->branch;) {
    if (each->paused) return !each->ending || !each->task->root.ending;
    if (kept && each->ending) return true;
    kept = kept || (each->kept && !each->ending);
    const Group* owner = static_cast<const Branch*>(each)->owner;
    if (owner == nullptr) return true;  // of a generator that is paused
    if (owner->shields()) kept = false;  // no end around it concerns what is inside
    each = owner->strand;
  }
  return false;
}

bool inside(const Strand& strand, const Strand& outer) noexcept {
  for (const Strand* each = &strand; each->branch; each = static_cast<const Branch*>(each)->owner->strand) {
    if (each == &outer) return true;
    if (each->paused || static_cast<const Branch*>(each)->owner == nullptr) return false;
  }
  return false;
}

void ask(Branch& branch, SlotTable& slots) noexcept {
  if (slots.kept != 0 && rests(branch)) {
    slots.put_off |= std::uint64_t{1} << branch.slot;
  } else {
    resume_if_ready(branch);
  }
}

void ask_shared_slot(SlotTable& slots) noexcept {
  // Resuming one may unlink others: begin again after each, skipping those asked in this run.
  for (bool again = true; again;) {
    again = false;
    for (Branch* branch = slots.branches[kSharedSlot]; branch != nullptr; branch = branch->shared_next) {
      if (branch->asked_in == slots.run) continue;
      branch->asked_in = slots.run;
      ask(*branch, slots);
      again = true;
      break;
    }
  }
}

void ask_fired_slots(SlotTable& slots) noexcept {
  // Acquire: pairs with the fetch_or in fire(); what the waker did is seen by the leaf that is asked.
  slots.asking = slots.fired.exchange(0, std::memory_order_acquire);
  ++slots.run;
  while (slots.asking != 0) {
    auto slot = static_cast<std::uint8_t>(std::countr_zero(slots.asking));
    if (const Branch* branch = slots.branches[slot]; branch != nullptr && branch->owner != nullptr) {
      slot = branch->owner->first_of(slot, slots.asking);
    }
    slots.asking &= ~(std::uint64_t{1} << slot);
    if (slot == kSharedSlot) {
      ask_shared_slot(slots);
    } else if (Branch* branch = slots.branches[slot]; branch != nullptr) {
      ask(*branch, slots);
    }
  }
}

bool ended(const Header* task) noexcept { return task->root.started && task->root.leaf == nullptr; }

/// From its beginning, or whatever has fired.
void resume(Header* task) noexcept {
  if (!task->root.started) {
    task->root.started = true;
    task->frame.resume();
    return;
  }
  if (task->slots != nullptr) {
    ask_fired_slots(*task->slots);
    if (ended(task)) return;
  }
  resume_if_ready(task->root);
}

void drop_references(Header* task, std::size_t count) noexcept {
  if (task->state.drop_references(count)) task->vtable->free(task);
}

/// Off its runtime's list. Returns how many references are the caller's then, and forgets the task on this thread.
std::size_t take_leave(Header* task) noexcept {
  const std::size_t references = task->scheduler != nullptr && task->scheduler->disown(task) ? 2 : 1;
  if (task->root.context != nullptr) [[unlikely]] {
    // Last of all: hooks may ask for it.
    if (context_of_thread == task->root.context) context_of_thread = nullptr;
    drop_context(std::exchange(task->root.context, nullptr));
  }
  if (task_of_thread == task) task_of_thread = nullptr;  // as in run_task()
  return references;
}

/// Nobody will take the result.
void drop_result(Header* task) noexcept {
  if (task->root.outcome == Outcome::Exception) task->vtable->unhandled(task);
  task->vtable->destroy_result(task);
}

/// The result is in place, frames and closure are gone.
void finish(Header* task) noexcept {
  if (!task->state.has_join_interest() && task->vtable->ended == nullptr) {
    drop_result(task);
    const std::size_t references = take_leave(task);
    // Where nobody else knows of it, there is nobody to tell that it is complete.
    if (task->state.holds_all(references)) return task->vtable->free(task);
    task->state.complete();
    return drop_references(task, references);
  }
  const TaskState::Completed completed = task->state.complete();
  if (!completed.join_interest) {
    drop_result(task);
  } else if (completed.join_waker) {
    task->join_waker.wake_by_value();
  }
  if (task->vtable->ended != nullptr) task->vtable->ended(task);
  // After complete(): who waits for a root looks at that when it is told.
  drop_references(task, take_leave(task));
}

void resubmit(Header* task) noexcept { task->scheduler->submit(task, Submit::Yielded); }

/// From the outermost in: as long as one holds something, shielded work in it may wait for those it has started.
bool end_kept(Header& task) noexcept {
  SlotTable& slots = *task.slots;
  bool drained = false;
  for (bool again = true; again;) {
    drained = true;
    again = false;
    for (Branch* branch : slots.branches) {
      for (; branch != nullptr; branch = branch->shared_next) {
        if (!branch->kept) continue;
        auto& kept = static_cast<PausedBranch&>(*branch);
        const bool was_drained = kept.drained;
        drained = kept.end_with_task() && drained;
        again = again || kept.drained != was_drained;
      }
    }
  }
  return drained;
}

/// A task that was told to end, but holds something: shielded work in it goes on, the rest only waits.
bool drain(Header* task) noexcept {
  task->root.budget = budget_of_thread;
  bool drained = end_all_holds(task);
  if (!drained && task->slots != nullptr) {
    ask_fired_slots(*task->slots);
    drained = end_all_holds(task);
  }
  task::AfterRunList::call_all();
  return drained;
}

/// Ends it, or lets it go idle again: a scope or a shield inside must drain first.
void end(Header* task) noexcept {
  if (!drain(task)) {
    task_of_thread = nullptr;  // as in run_task()
    switch (task->state.to_idle_held()) {
      case TaskState::ToIdle::Resubmit: return resubmit(task);
      case TaskState::ToIdle::Free: return task->vtable->free(task);
      default: return;
    }
  }
  const Ending ending;
  destroy_frames(task->root, std::exchange(task->frame, nullptr));
  task->vtable->cancel(task);
  finish(task);
}

void submit_if(TaskState::Wake what, Header* task) noexcept {
  if (what == TaskState::Wake::Submit) task->scheduler->submit(task, Submit::Woken);
  if (what == TaskState::Wake::Free) task->vtable->free(task);
}

void fire(Wake wake) noexcept {
  // Release: pairs with the exchange in ask_fired_slots().
  if (wake.slot() != 0) {
    wake.task()->slots->fired.fetch_or(std::uint64_t{1} << wake.slot(), std::memory_order_release);
  }
}

}  // namespace

void run_task(Header* task) noexcept {
  switch (task->state.to_running()) {
    case TaskState::ToRunning::Drop: return;
    case TaskState::ToRunning::Free: return task->vtable->free(task);
    case TaskState::ToRunning::End: {
      const CurrentTask current(task);
      return end(task);
    }
    case TaskState::ToRunning::Run: break;
  }
  const CurrentTask current(task);
#ifndef NDEBUG
  const std::size_t borrows = Borrows::count();
#endif
  task->root.budget = budget_of_thread;
  resume(task);
  // Under RUNNING still: what is at rest cannot be resumed meanwhile.
  task::AfterRunList::call_all();
#ifndef NDEBUG
  if (Borrows::count() > borrows) {
    base::fail("a borrow() of a watch was kept over a co_await; copy what is needed out of it before waiting");
  }
#endif
  if (ended(task)) {
    task->vtable->complete(task);
    return finish(task);
  }
  // Once it is idle others may run it to its end: a signal handler must not find it here any more (sighting.h).
  task_of_thread = nullptr;
  switch (task->state.to_idle(task->root.take_yielded())) {
    case TaskState::ToIdle::Idle: return;
    case TaskState::ToIdle::Resubmit: return resubmit(task);
    case TaskState::ToIdle::Free: return task->vtable->free(task);
    case TaskState::ToIdle::End: task_of_thread = task; return end(task);
  }
}

bool take_running(Header& part) noexcept {
  switch (part.state.to_running()) {
    case TaskState::ToRunning::Drop: return false;
    case TaskState::ToRunning::Free: return part.vtable->free(&part), false;
    default: return true;
  }
}

void let_go(Header& part) noexcept {
  switch (part.state.to_idle(part.root.take_yielded())) {
    case TaskState::ToIdle::Resubmit: return part.scheduler->submit(&part, Submit::Yielded);
    case TaskState::ToIdle::Free: return part.vtable->free(&part);
    default: return;
  }
}

bool drain_part(Header& part) noexcept {
  part.root.budget = budget_of_thread;
  if (end_all_holds(&part)) return true;
  if (part.slots == nullptr) return false;
  ask_fired_slots(*part.slots);
  return end_all_holds(&part);
}

bool run_inside(Header& part, Header& task) noexcept {
  if (!take_running(part)) return false;
  const SpendsBudget spends(&part);
  part.root.budget = task.root.budget;
  resume(&part);
  task.root.budget = part.root.budget;
  if (ended(&part)) return true;
  let_go(part);
  return false;
}

void run_blocking_task(Header* task) noexcept {
  const InstalledContext installed(task->root.context);
  switch (task->state.to_running()) {
    case TaskState::ToRunning::Drop: return;
    case TaskState::ToRunning::Free: return task->vtable->free(task);
    case TaskState::ToRunning::End: {
      const Ending ending;
      task->vtable->cancel(task);
      break;
    }
    case TaskState::ToRunning::Run: task->vtable->execute(task); break;
  }
  finish(task);
}

void refuse_task(Header* task, Outcome outcome) noexcept {
  const Ending ending;
  if (task->frame) {
    const std::coroutine_handle<> frame = task->frame;
    task->frame = nullptr;
    frame.destroy();
  }
  task->vtable->cancel(task);
  task->root.outcome = outcome;
  task->state.refuse();
  if (task->vtable->ended != nullptr) task->vtable->ended(task);
  drop_context(std::exchange(task->root.context, nullptr));
  drop_references(task, 2);
}

void launch(Header* task) noexcept {
  if (context_of_thread != nullptr) task->root.context = keep_context(context_of_thread);
  if (!task->scheduler->adopt(task)) return refuse_task(task, Outcome::Cancelled);
  task->scheduler->submit(task, Submit::Spawned);
}

void launch_cleanup(Header* task) noexcept {
  ContextNode timeless(context_of_thread);
  timeless.deadline = base::Instant::far_future();
  task->root.context = keep_context(&timeless);
  if (!task->scheduler->adopt_cleanup(task)) return refuse_task(task, Outcome::Cancelled);
  task->scheduler->submit(task, Submit::Spawned);
}

void abort_task(Header* task, CancelReason reason) noexcept {
  // Relaxed: the transition of abort() publishes it, to whoever finds the task CANCELLED.
  CancelReason none = CancelReason::None;
  task->root.cancel_reason.compare_exchange_strong(none, reason, std::memory_order_relaxed);
  submit_if(task->state.abort(), task);
}

std::string_view task_name(const Header& task) noexcept {
  return task.vtable->name == nullptr ? std::string_view() : task.vtable->name(&task);
}

std::source_location spawned_at(const Header& task) noexcept {
  return task.frame ? PromiseBase::of(task.frame).spawned_at : std::source_location();
}

void drop_task_reference(Header* task) noexcept { drop_references(task, 1); }

Wake Wake::counted() const noexcept {
  task()->state.add_reference();
  return *this;
}

void Wake::wake_by_value() const noexcept {
  fire(*this);
  submit_if(task()->state.wake_by_value(), task());
}

void Wake::wake_by_reference() const noexcept {
  fire(*this);
  submit_if(task()->state.wake_by_reference(), task());
}

void Wake::drop() const noexcept { drop_references(task(), 1); }

void note_forced_yield(const Header& task) noexcept {
  if (task.scheduler != nullptr) task.scheduler->forced_yield();
}

void destroy_frames(Strand& strand, std::coroutine_handle<> root) noexcept {
  const std::coroutine_handle<> innermost = strand.leaf != nullptr ? strand.leaf->frame : root;
  strand.leaf = nullptr;
  if (!innermost) return;
  const InstalledContext installed(strand.context);
  const Ending ending;
  PromiseBase* promise = &PromiseBase::of(innermost);
  while (promise != nullptr) {
    PromiseBase* parent = promise->parent;
    if (parent != nullptr) *promise->owner = nullptr;
    promise->frame().destroy();
    promise = parent;
  }
}

bool end_holds(Strand& strand) noexcept {
  bool drained = true;
  for (Hold* hold = strand.holds; hold != nullptr; hold = hold->next) {
    hold->end();
    drained = hold->drained() && drained;
  }
  if (strand.leaf != nullptr) {
    if (Group* group = strand.leaf->group(); group != nullptr) drained = group->end_branch_holds() && drained;
  }
  return drained;
}

bool end_all_holds(Header* task) noexcept {
  if (!task->root.ending) {
    task->root.ending = true;
    ask_again(*task);
  }
  if (!end_holds(task->root)) return false;
  return task->slots == nullptr || task->slots->kept == 0 || end_kept(*task);
}

void ask_again(Header& task) noexcept {
  if (task.slots == nullptr || task.slots->put_off == 0) return;
  // Relaxed: what their wakers did was seen when they were put off.
  task.slots->fired.fetch_or(std::exchange(task.slots->put_off, 0), std::memory_order_relaxed);
  task.root.wake().wake_by_reference();
}

void ask_put_off(Branch& branch) noexcept {
  SlotTable& slots = *branch.task->slots;
  // Acquire: as in ask_fired_slots(). What fired a moment ago is asked now, and once more when its run comes.
  std::uint64_t due = slots.put_off | slots.fired.load(std::memory_order_acquire);
  if ((due & (std::uint64_t{1} << kSharedSlot)) != 0) {
    // There may be many: they are asked in the next run.
    due &= ~(std::uint64_t{1} << kSharedSlot);
    slots.put_off &= ~(std::uint64_t{1} << kSharedSlot);
    Wake(branch.task, kSharedSlot).wake_by_reference();
  }
  resume_if_ready(branch);
  for (; due != 0; due &= due - 1) {
    Branch* other = slots.branches[std::countr_zero(due)];
    if (other == nullptr || other == &branch || !inside(*other, branch)) continue;
    slots.put_off &= ~(std::uint64_t{1} << other->slot);
    ask(*other, slots);
  }
}

void enter_slot(Branch& branch, Header* task) {
  if (task->slots == nullptr) task->slots = new SlotTable;
  SlotTable& slots = *task->slots;
  const auto free = static_cast<std::uint8_t>(std::countr_one(slots.used));
  branch.task = task;
  branch.branch = true;
  branch.asked_in = 0;
  if (free < kSharedSlot) {
    branch.slot = free;
    slots.used |= std::uint64_t{1} << free;
    slots.branches[free] = &branch;
  } else {
    branch.slot = kSharedSlot;
    branch.shared_next = slots.branches[kSharedSlot];
    slots.branches[kSharedSlot] = &branch;
  }
}

void leave_slot(Branch& branch) noexcept {
  if (branch.slot == 0) return;
  SlotTable& slots = *branch.task->slots;
  if (branch.slot < kSharedSlot) {
    slots.used &= ~(std::uint64_t{1} << branch.slot);
    slots.branches[branch.slot] = nullptr;
    // Who takes this slot in the same run is not asked what its predecessor was woken for.
    slots.asking &= ~(std::uint64_t{1} << branch.slot);
  } else {
    for (Branch** link = &slots.branches[kSharedSlot]; *link != nullptr; link = &(*link)->shared_next) {
      if (*link == &branch) {
        *link = std::exchange(branch.shared_next, nullptr);
        break;
      }
    }
  }
  branch.slot = 0;
}

}  // namespace rondeau::detail
