// Dump: every live task of a runtime, where it stands, and what it waits for.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/detail/wait_description.h>
#include <rondeau/task/cancel_reason.h>
#include <rondeau/task/context.h>
#include <rondeau/task/join_handle.h>

namespace rondeau::runtime {

using detail::WaitDescription;

/// A line of execution inside a task: the task's own, or a branch of a combinator it waits at.
struct DumpedStrand {
  std::vector<std::source_location> frames;  ///< the co_await each coroutine stands at, innermost first
  WaitDescription wait;                      ///< what the innermost waits for
  std::vector<DumpedStrand> branches;        ///< where that is a combinator
  std::vector<TaskId> children;              ///< of the scopes that are open in it
};

struct DumpedTask {
  enum class State : std::uint8_t { NotStarted, Waiting, Due, Running, Ended };

  TaskId id{};
  std::string name;                 ///< as task::Builder::name; empty: none
  std::source_location spawned_at;  ///< line 0: not known
  State state = State::Waiting;
  Duration age{};                   ///< to about 20 ms
  task::Priority priority = task::Priority::Normal;
  CancelReason ending = CancelReason::None;  ///< told to end, and has not yet
  std::optional<std::size_t> worker;         ///< that runs it
  DumpedStrand root;                         ///< empty where it runs, or never ran
  std::vector<std::string> stack;            ///< of one that runs, if its thread could be asked; addr2line reads it
};

/// What dump() returns: a value, taken task by task while the others went on. So two tasks may be seen at different
/// moments, and one that ran when it was looked at shows its thread's stack instead of frames.
struct Dump {
  std::string runtime;  ///< its name
  std::size_t workers = 0;
  std::vector<DumpedTask> tasks;  ///< in the order they were spawned

  /// For people: one paragraph a task, children of scopes below their parent.
  std::string text() const;
  /// `{"runtime": …, "tasks": [{"id": 5, "name": …, "state": "waiting", "age_ms": …, "frames": […], …}]}`
  std::string json() const;
  /// Who waits for whom, as far as holders are known, a line each; and each circle of tasks that wait for one another:
  /// none of them will go on. Empty: nobody waits for another task.
  std::string wait_for_graph() const;
};

/// Every runtime of this process, as text. Any thread. Blocks nobody for longer than a task's frames take to walk.
std::string dump_all();

/// From now on the signal (SIGQUIT: Ctrl-\) writes dump_all() to standard error, by a thread of its own, so that it works
/// when every worker is stuck. Idempotent; takes the place of what the signal did before.
/// Errors: a signal that can't be caught, no thread left.
Result<void> dump_on_signal(int signal_number);

}  // namespace rondeau::runtime

namespace rondeau {
using runtime::Dump;
}
