// after_run: things to do when the running task comes to rest, before anything else runs on its thread.
#pragma once

namespace rondeau::task {

/// Derive from it, and hand it to after_run() while a task runs: a connection that has unsent answers, for example.
///
/// Destroying one that is queued takes it off the list. It belongs to the task that runs: no other may touch it then.
class AfterRun {
 public:
  AfterRun(const AfterRun&) = delete;
  AfterRun& operator=(const AfterRun&) = delete;

  /// Called once for each after_run(), by the thread that ran the task, when the task waits, yields or has ended. The
  /// task cannot run meanwhile. May not wait, and may not destroy frames of the task.
  virtual void at_rest() noexcept = 0;

 protected:
  AfterRun() noexcept = default;
  ~AfterRun();

 private:
  friend void after_run(AfterRun& what) noexcept;
  friend class AfterRunList;
  AfterRun* next_ = nullptr;
  bool queued_ = false;
};

/// Puts `what` on the list of the task that this thread runs. Once is enough: further calls before it was called change
/// nothing. Order: last in, first called.
void after_run(AfterRun& what) noexcept;

}  // namespace rondeau::task
