// Process: a program of ours that has not been reaped. Knows when it ends: by a pidfd, or, before Linux 5.3, by looking
// at every SIGCHLD.
//
// Only we reap it, and only here is it signalled; so between the two its number cannot become another's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/registration.h>
#include <rondeau/process/exit_status.h>

namespace rondeau::process {

/// Thread safety: one user at a time.
class Process {
 public:
  enum class Watch : std::uint8_t { Pidfd, SigChild };

  /// On a thread of a runtime. With Pidfd where the system has it, unless told otherwise.
  static Result<std::unique_ptr<Process>> watch(pid_t pid, Watch how = Watch::Pidfd);

  pid_t pid() const noexcept { return pid_; }
  bool by_pidfd() const noexcept { return pidfd_; }
  /// Reaps if it has ended. Once there is a status, or an error, it stays.
  Result<std::optional<ExitStatus>> try_wait();
  bool reaped() const noexcept { return reaped_; }
  Result<void> signal(int number);
  /// Reports when it may have ended.
  const detail::Registration& registration() const noexcept { return registration_; }

 private:
  explicit Process(pid_t pid) noexcept : pid_(pid) {}
  Result<void> begin(Watch how);

  const pid_t pid_;
  bool pidfd_ = false;
  bool reaped_ = false;
  ExitStatus status_;
  Error lost_;  // somebody else has reaped it
  base::UniqueFd watched_;
  detail::Registration registration_;  // destroyed first
};

/// Takes a program over that nobody waits for any more.
void reap_in_background(std::unique_ptr<Process> process) noexcept;
/// Reaps what ended after the runtime that was to reap it. Returns how many are left.
std::size_t reap_left_behind() noexcept;

}  // namespace rondeau::process
