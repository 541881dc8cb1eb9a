// What this thread is doing: which task it runs, under which context.
#pragma once

#include <rondeau/detail/context_node.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::detail {

/// For run.cpp, whose functions are no coroutines and stay on their thread; all else asks current_task().
extern constinit thread_local Header* task_of_thread;
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
