// What a task knows of the runtime that runs it.
#pragma once

#include <cstdint>
#include <memory>
#include <source_location>

#include <rondeau/detail/header.h>

namespace rondeau::base {
class Driver;
}
namespace rondeau::task {
enum class BuiltInPool : std::uint8_t;
}
namespace rondeau::time {
class PausedClock;
}
namespace rondeau::timer {
class Wheel;
}
namespace rondeau::reactor {
class Reactor;
}
namespace rondeau::threads {
class CallPlayer;
class Pool;
}

namespace rondeau::detail {

/// Where a task goes in its queue: a woken one next (LIFO slot), a spawned one likewise, a yielding one to the back.
enum class Submit : std::uint8_t { Woken, Spawned, Yielded };

/// One runtime, as tasks see it. Lives as long as any of its tasks' cells (they count it).
class Scheduler {
 public:
  /// Takes over a queue entry's reference. Any thread.
  virtual void submit(Header* task, Submit how) noexcept = 0;
  /// Puts a new task on the list of live ones; false once the runtime is shutting down.
  virtual bool adopt(Header* task) noexcept = 0;
  /// The same for a cleanup: while the runtime shuts down too, which then waits for it and does not end it. False only
  /// once that is over, for what a block_on leaves that outlives its runtime.
  virtual bool adopt_cleanup(Header* task) noexcept { return adopt(task); }
  /// Takes an ended task off the list; true if its reference was there (and is the caller's now).
  virtual bool disown(Header* task) noexcept = 0;

  virtual base::Driver& driver() noexcept = 0;
  /// The clock of driver(), where tests may pause it: on a current_thread runtime; else null.
  virtual time::PausedClock* paused_clock() noexcept { return nullptr; }
  /// The wheel for a timer made on this thread.
  virtual timer::Wheel& wheel() noexcept = 0;
  /// The home of a descriptor registered on this thread.
  virtual reactor::Reactor& reactor() noexcept = 0;
  /// Made by the first who asks.
  virtual threads::Pool& blocking_pool(task::BuiltInPool which) noexcept = 0;
  /// Who plays the threads of pools for the calls of this runtime; null: they are real.
  virtual threads::CallPlayer* call_player() noexcept { return nullptr; }
  /// A pool has nothing to do any more; told on one of its threads. A paused clock may go on.
  virtual void blocking_calls_ended() noexcept {}
  /// The task that runs on this thread is about to block it: its worker goes to another thread. Null: it has none. Aborts
  /// where there is no other thread.
  virtual void* give_worker_away() { return nullptr; }
  /// It blocks no longer. `seat`: what the above gave.
  virtual void take_worker_back(void* seat) noexcept { static_cast<void>(seat); }
  /// The runtime's memory, for threads that may outlive it.
  virtual std::shared_ptr<void> keep_alive() = 0;

  /// A shutdown ran out of time: shielded work is cut.
  virtual bool breaks_shields() const noexcept { return false; }
  /// A task found its budget used up and let others go first.
  virtual void forced_yield() noexcept {}
  /// An exception left a task whose handle is gone.
  virtual void unhandled(std::uint64_t task_id, std::exception_ptr exception) noexcept = 0;

 protected:
  ~Scheduler() = default;
};

/// The runtime this thread belongs to (worker, block_on, or an enter guard), or null.
Scheduler* current_scheduler() noexcept;
/// As above; aborts with a sentence where there is none.
Scheduler& require_scheduler(std::source_location where = std::source_location::current());
/// Returns the one before.
Scheduler* set_current_scheduler(Scheduler* scheduler) noexcept;

/// This thread had a runtime once, and now runs the destructors of its thread-local objects.
bool thread_is_ending() noexcept;

/// The task this thread runs now, or null.
Header* current_task() noexcept;

/// A thread takes ids in blocks of so many; the first is 1.
inline constexpr std::uint64_t kTaskIdBlock = 1024;
/// Never reused in a process, never 0.
std::uint64_t next_task_id() noexcept;

}  // namespace rondeau::detail
