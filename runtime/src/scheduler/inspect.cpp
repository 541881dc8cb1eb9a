#include "scheduler/inspect.h"

#include <rondeau/detail/context_node.h>
#include <rondeau/detail/promise.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::scheduler {
namespace {

using runtime::DumpedStrand;
using runtime::DumpedTask;

void walk(const detail::Strand& strand, DumpedStrand& out);

struct Children final : detail::ChildVisitor {
  explicit Children(DumpedStrand& strand) noexcept : out(strand) {}
  void visit(std::uint64_t id) noexcept override { out.children.push_back(TaskId{id}); }
  DumpedStrand& out;
};

struct Branches final : detail::BranchVisitor {
  explicit Branches(DumpedStrand& strand) noexcept : out(strand) {}
  void visit(const detail::Strand& branch) noexcept override { walk(branch, out.branches.emplace_back()); }
  DumpedStrand& out;
};

void walk(const detail::Strand& strand, DumpedStrand& out) {
  Children children(out);
  for (const detail::Hold* hold = strand.holds; hold != nullptr; hold = hold->next) hold->for_each_child(children);
  detail::Leaf* leaf = strand.leaf;
  if (leaf == nullptr) return;
  leaf->describe(out.wait);
  if (leaf->frame) {
    const detail::PromiseBase* promise = &detail::PromiseBase::of(leaf->frame);
    for (; promise != nullptr; promise = promise->parent) out.frames.push_back(promise->awaits_at);
  }
  if (const detail::Group* group = leaf->group(); group != nullptr) {
    Branches branches(out);
    group->for_each_branch(branches);
  }
}

}  // namespace

DumpedTask inspect(detail::Header& task) {
  DumpedTask dumped;
  dumped.id = TaskId{task.id};
  dumped.name = detail::task_name(task);
  bool was_due = false;
  if (!task.state.begin_inspection(was_due)) {
    dumped.state = task.state.is_complete() ? DumpedTask::State::Ended : DumpedTask::State::Running;
    return dumped;
  }
  dumped.state = !task.root.started ? DumpedTask::State::NotStarted
                 : was_due          ? DumpedTask::State::Due
                                    : DumpedTask::State::Waiting;
  dumped.spawned_at = detail::spawned_at(task);
  dumped.ending = task.root.cancel_reason.load(std::memory_order_relaxed);
  if (task.root.context != nullptr) dumped.priority = task.root.context->priority;
  walk(task.root, dumped.root);
  if (task.state.end_inspection(was_due)) {
    task.state.add_reference();
    task.scheduler->submit(&task, detail::Submit::Woken);
  }
  return dumped;
}

}  // namespace rondeau::scheduler
