// spawn: a task of its own.
#pragma once

#include <functional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/detail/cell.h>
#include <rondeau/task/join_handle.h>

namespace rondeau::detail {

template <class F, class... Args>
using TaskOf = std::invoke_result_t<std::decay_t<F>&, std::decay_t<Args>...>;

template <class F, class... Args>
concept Spawnable = std::invocable<std::decay_t<F>&, std::decay_t<Args>...> && is_task<TaskOf<F, Args...>>;

/// What spawn gives to its function is a copy of its own, and the function wants to refer to the caller's.
template <class F, class... Args>
concept TakesReferences = !Spawnable<F, Args...> && requires(std::decay_t<F>& function, std::decay_t<Args>&... arguments) {
  requires is_task<decltype(std::invoke(function, arguments...))>;
};

template <class F, class... Args>
auto spawn_call(Scheduler& scheduler, std::source_location here, F&& function, Args&&... arguments) {
  using Result = typename TaskOf<F, Args...>::value_type;
  using Function = std::decay_t<F>;
  if constexpr (sizeof...(Args) == 0 && std::is_empty_v<Function> && std::is_default_constructible_v<Function>) {
    // Nothing is captured, so nothing has to outlive the call.
    return task::JoinHandle<Result>(spawn_cell(scheduler, std::invoke(function), here));
  } else {
    return task::JoinHandle<Result>(
        spawn_cell<Result>(scheduler,
                           Call<Function, std::decay_t<Args>...>{std::forward<F>(function),
                                                                 {std::forward<Args>(arguments)...}},
                           here));
  }
}

}  // namespace rondeau::detail

namespace rondeau::task {

/// Starts a task of its own on the current runtime: queued before spawn returns, never run inline.
///
/// The handle detaches when dropped. Aborts outside a runtime; use Handle::spawn there. After shutdown the task is
/// destroyed on the calling thread and the handle gives JoinError::Cancelled.
/// Thread safety: any thread of a runtime. Lifetime: the task owns its frame; it may not refer to the caller's.
template <class T>
JoinHandle<T> spawn(Task<T> task, std::source_location here = std::source_location::current()) {
  return JoinHandle<T>(detail::spawn_cell(detail::require_scheduler(here), std::move(task), here));
}

/// Calls `function(arguments…)` and starts the Task it returns. Function and arguments are decayed, moved into the
/// task's cell, and live until its frames are gone: a capturing lambda is safe here. A task dump tells `here`, as far as
/// the language can supply it: for up to two arguments.
template <class F>
  requires detail::Spawnable<F>
auto spawn(F&& function, std::source_location here = std::source_location::current()) {
  return detail::spawn_call(detail::require_scheduler(here), here, std::forward<F>(function));
}
template <class F, class A>
  requires detail::Spawnable<F, A>
auto spawn(F&& function, A&& argument, std::source_location here = std::source_location::current()) {
  return detail::spawn_call(detail::require_scheduler(here), here, std::forward<F>(function), std::forward<A>(argument));
}
template <class F, class A, class B>
  requires detail::Spawnable<F, A, B>
auto spawn(F&& function, A&& first, B&& second, std::source_location here = std::source_location::current()) {
  return detail::spawn_call(detail::require_scheduler(here), here, std::forward<F>(function), std::forward<A>(first),
                            std::forward<B>(second));
}
template <class F, class... Args>
  requires(sizeof...(Args) > 2 && detail::Spawnable<F, Args...>)
auto spawn(F&& function, Args&&... arguments) {
  return detail::spawn_call(detail::require_scheduler(), {}, std::forward<F>(function),
                            std::forward<Args>(arguments)...);
}

/// A mistake.
template <class F, class... Args>
  requires detail::TakesReferences<F, Args...>
auto spawn(F&& function, Args&&... arguments) {
  static_assert(detail::always_false<F>,
                "rondeau: this function takes a reference, and spawn gives it values of its own: let it take the argument "
                "by value, or say std::ref(argument), which must outlive the task");
  return JoinHandle<typename decltype(std::invoke(function, arguments...))::value_type>(nullptr);
}

}  // namespace rondeau::task

namespace rondeau {
using task::spawn;
}
