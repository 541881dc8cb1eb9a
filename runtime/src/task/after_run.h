// The list behind task::after_run().
#pragma once

#include <rondeau/task/after_run.h>

namespace rondeau::task {

/// One per thread; empty whenever no task runs there.
class AfterRunList {
 public:
  /// Calls everything on this thread's list, which is empty then.
  static void call_all() noexcept;
  static void add(AfterRun& what) noexcept;
  static void remove(AfterRun& what) noexcept;

 private:
  static AfterRun*& first() noexcept;
};

}  // namespace rondeau::task
