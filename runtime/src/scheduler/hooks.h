// What a Builder was asked to call, and when.
#pragma once

#include <functional>

#include <rondeau/task/task_meta.h>

namespace rondeau::scheduler {

using ThreadHook = std::function<void()>;
using TaskHook = std::function<void(const task::TaskMeta&)>;

/// Empty: not asked for.
struct Hooks {
  ThreadHook thread_start;
  ThreadHook thread_stop;
  ThreadHook park;
  ThreadHook unpark;
  TaskHook task_spawn;
  TaskHook before_poll;
  TaskHook after_poll;
  TaskHook task_terminate;
};

/// A hook that throws terminates.
inline void call(const ThreadHook& hook) noexcept {
  if (hook) [[unlikely]] hook();
}

}  // namespace rondeau::scheduler
