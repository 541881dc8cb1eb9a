// What this thread is doing: which task it runs, under which context.
#pragma once

#include <rondeau/detail/context_node.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::detail {

/// For run.cpp, whose functions are no coroutines and stay on their thread; all else asks current_task().
extern constinit thread_local Header* task_of_thread;
/// Ready operations a task of this thread may complete in one run; less than kBudget only in a simulation.
extern constinit thread_local std::uint8_t budget_of_thread;

/// Where next_task_id() of this thread goes on.
struct TaskIds {
  std::uint64_t next = 0;
  std::uint64_t left = 0;
};
/// For a simulation, whose ids must not depend on what the process did before. Returns the ones before.
TaskIds exchange_task_ids(TaskIds ids) noexcept;

/// The same, of current_context().
extern constinit thread_local const ContextNode* context_of_thread;

/// Says for its lifetime that this thread runs `task`.
class CurrentTask {
 public:
  explicit CurrentTask(Header* task) noexcept : before_(task_of_thread), context_before_(context_of_thread) {
    task_of_thread = task;
    context_of_thread = task->root.context;
  }
  CurrentTask(const CurrentTask&) = delete;
  CurrentTask& operator=(const CurrentTask&) = delete;
  ~CurrentTask() {
    task_of_thread = before_;
    context_of_thread = context_before_;
  }

 private:
  Header* before_;
  const ContextNode* context_before_;
};

/// Whose budget is spent on this thread where it is not that of its task: null, or a part of it (run_inside).
extern constinit thread_local Header* part_of_thread;

/// Says for its lifetime that this thread runs `part`.
class SpendsBudget {
 public:
  explicit SpendsBudget(Header* part) noexcept : before_(part_of_thread) { part_of_thread = part; }
  SpendsBudget(const SpendsBudget&) = delete;
  SpendsBudget& operator=(const SpendsBudget&) = delete;
  ~SpendsBudget() { part_of_thread = before_; }

 private:
  Header* before_;
};

}  // namespace rondeau::detail
