// catch_exceptions: what a task throws, as a value.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/task/task.h>

namespace rondeau::task {

/// Runs the task; gives its value, or what it threw. Cancellation: that of the task.
template <class T>
Task<base::Result<T, std::exception_ptr>> catch_exceptions(Task<T> task) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(task);
      co_return base::Result<void, std::exception_ptr>();
    } else {
      co_return base::Result<T, std::exception_ptr>(co_await std::move(task));
    }
  } catch (...) {
    co_return base::Unexpected{std::current_exception()};
  }
}

}  // namespace rondeau::task

namespace rondeau {
using task::catch_exceptions;
}
