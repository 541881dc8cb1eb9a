// A runtime whose clock stands still, and what tests of timers ask of it.
#pragma once

#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/detail/scheduler.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/task.h>

#include "timer/wheel.h"

namespace support {

/// Runs the body on a paused current_thread runtime.
template <class Body>
auto run_paused(Body body) {
  auto runtime = rondeau::runtime::Builder::current_thread().start_paused().build().value();
  return runtime.block_on(std::move(body));
}

/// Timers that are armed on the current thread's wheel.
inline std::size_t armed_timers() {
  return rondeau::detail::require_scheduler().wheel().armed();
}

/// How far the clock moved.
class Stopwatch {
 public:
  rondeau::Duration elapsed() const { return begin_.elapsed(); }

 private:
  rondeau::Instant begin_ = rondeau::Instant::now();
};

}  // namespace support
