// with_cleanup: a resource whose end needs waiting.
#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondeau/task/join_handle.h>
#include <rondeau/task/shield.h>
#include <rondeau/task/task.h>
#include <rondeau/time/timeout.h>

namespace rondeau::detail {

/// Calls its cleanup once: run() in the task itself, or by the destructor in a task of its own.
template <class Resource, class Cleanup>
class CleanupGuard {
 public:
  CleanupGuard(Resource what, Cleanup cleanup, base::Duration budget)
      : resource(std::move(what)), cleanup_(std::move(cleanup)), budget_(budget) {}
  CleanupGuard(const CleanupGuard&) = delete;
  CleanupGuard& operator=(const CleanupGuard&) = delete;
  ~CleanupGuard() {
    if (done_) return;
    auto* cell = make_cell<void>(require_scheduler(), [cleanup = std::move(cleanup_), what = std::move(resource),
                                                       budget = budget_]() mutable {
      return in_time(budget, cleanup, what);
    });
    task::JoinHandle<void>(cell).detach();
    launch_cleanup(cell);
  }
  task::Task<void> run() {
    done_ = true;
    co_await task::shield(in_time(budget_, cleanup_, resource));
  }

  Resource resource;

 private:
  static task::Task<void> in_time(base::Duration budget, Cleanup& cleanup, Resource& what) {
    static_cast<void>(co_await time::timeout(budget, std::invoke(cleanup, std::move(what))));
  }

  Cleanup cleanup_;
  base::Duration budget_;
  bool done_ = false;
};

}  // namespace rondeau::detail

namespace rondeau::time {

/// Runs `body(resource&)`, a Task, then `cleanup(resource)`, a Task<void>: exactly once, however the body is left.
///
///     co_await with_cleanup(co_await pool.acquire(),
///                           [](Connection& c) -> Task<Result<Rows>> { co_return co_await c.query("…"); },
///                           [](Connection c) -> Task<void> { co_await c.close(); });
///
/// After a value, an error or an exception the cleanup runs here, shielded, and the result is given when it is over.
/// Cancellation: the cleanup goes on as a task of its own, under no deadline but `budget`; a runtime that shuts down
/// waits for it so long. Only where the runtime was gone before, in a block_on that goes on without it, the resource is
/// destroyed and no cleanup runs. Errors: an exception of the cleanup passes on, or counts as unhandled where nobody waits.
template <class Resource, class Body, class Cleanup>
  requires std::invocable<Body&, Resource&> && std::invocable<Cleanup&, Resource>
auto with_cleanup(Resource resource, Body body, Cleanup cleanup, base::Duration budget = std::chrono::seconds(5))
    -> std::invoke_result_t<Body&, Resource&> {
  using T = typename std::invoke_result_t<Body&, Resource&>::value_type;
  detail::CleanupGuard<Resource, Cleanup> guard(std::move(resource), std::move(cleanup), budget);
  std::optional<detail::NoVoid<T>> result;
  std::exception_ptr thrown;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::invoke(body, guard.resource);
    } else {
      result.emplace(co_await std::invoke(body, guard.resource));
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  co_await guard.run();
  if (thrown) std::rethrow_exception(std::move(thrown));
  if constexpr (!std::is_void_v<T>) co_return *std::move(result);
}

}  // namespace rondeau::time

namespace rondeau {
using time::with_cleanup;
}
