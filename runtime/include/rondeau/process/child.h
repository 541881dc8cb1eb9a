// Child: a program that Command::spawn started.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/detail/attempts.h>
#include <rondeau/process/child_pipe.h>
#include <rondeau/process/exit_status.h>
#include <rondeau/task/task.h>

namespace rondeau::process {

class Process;

/// How a program ended, and what it wrote.
struct Output {
  ExitStatus status;
  std::vector<std::byte> stdout;  // NOLINT: the names everybody knows
  std::vector<std::byte> stderr;  // NOLINT
};

/// A running program, until its end was waited for.
///
/// Destroyed before: it runs on (or, with kill_on_drop, gets SIGKILL) and is reaped in the background, by the runtime
/// of whoever destroyed it or, where there is none any more, when the next program is started. So no zombie stays.
/// Thread safety: one user at a time, on threads of runtimes.
class Child {
 public:
  class Wait;

  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  /// Its process id; empty once it was reaped, since the system may have given the number to another.
  std::optional<pid_t> id() const noexcept;

  /// Waits for the end, and reaps. Closes `stdin` first, so that a program that reads to the end can come to it.
  ///
  /// May be repeated; the status stays. Errors: ShuttingDown. Cancellation: safe.
  [[nodiscard]] Wait wait() noexcept;
  /// The status if it has ended; reaps. Leaves `stdin` open.
  Result<std::optional<ExitStatus>> try_wait();
  /// Reads both pipes to their ends, at the same time, and waits.
  ///
  /// A stream that is not piped is empty. Errors: TooLarge where a stream has more than `max` bytes; the program is
  /// killed then. Cancellation: as destroying.
  [[nodiscard]] Task<Result<Output>> wait_with_output(std::size_t max) &&;

  /// Sends SIGKILL. Errors: NotFound for a program that was reaped.
  Result<void> start_kill();
  /// Sends any signal. Errors: as start_kill. A number that was given to another process is never signalled.
  Result<void> signal(int number);
  /// Kills, and waits for the end. Cancellation: safe, it is killed.
  [[nodiscard]] Task<Result<void>> kill();

  /// Our ends of what was piped; to be moved out, or closed by reset().
  std::optional<ChildStdin> stdin;    // NOLINT
  std::optional<ChildStdout> stdout;  // NOLINT
  std::optional<ChildStderr> stderr;  // NOLINT

 private:
  friend class Command;
  Child(std::unique_ptr<Process> process, bool kill_on_drop) noexcept;
  void leave() noexcept;

  std::unique_ptr<Process> process_;
  bool kill_on_drop_;
};

class [[nodiscard("wait does nothing until it is awaited")]] Child::Wait final
    : public detail::Attempts<Wait, const detail::Registration> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  explicit Wait(Process& process) noexcept;
  bool attempt() noexcept;
  Result<ExitStatus> await_resume() { return std::move(result_); }

 private:
  Process& process_;
  Result<ExitStatus> result_;
};

}  // namespace rondeau::process
