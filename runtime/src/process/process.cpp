#include "process/process.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <rondeau/detail/scheduler.h>

#include "signal/dispatcher.h"

namespace rondeau::process {

Result<std::unique_ptr<Process>> Process::watch(pid_t pid, Watch how) {
  std::unique_ptr<Process> made(new Process(pid));
  RONDEAU_TRY_VOID_PLAIN(made->begin(how));
  return made;
}

Result<void> Process::begin(Watch how) {
  if (how == Watch::Pidfd) {
    // It is closed in programs from birth.
    watched_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    pidfd_ = static_cast<bool>(watched_);
    if (!pidfd_ && errno != ENOSYS && errno != EPERM) return Error::from_os(errno, "pidfd_open");
  }
  if (!pidfd_) {
    RONDEAU_TRY_VOID_PLAIN(signal::install_handler(SIGCHLD));
    RONDEAU_TRY_PLAIN(watched_, signal::make_listener());
  }
  RONDEAU_TRY_PLAIN(registration_,
                    detail::Registration::make(detail::require_scheduler().reactor(), watched_.get(), 0));
  return {};
}

Result<std::optional<ExitStatus>> Process::try_wait() {
  if (!reaped_) {
    int status = 0;
    pid_t found = 0;
    do {
      found = ::waitpid(pid_, &status, WNOHANG);
    } while (found < 0 && errno == EINTR);
    if (found == 0) return std::optional<ExitStatus>();
    reaped_ = true;
    if (found == pid_) {
      status_ = ExitStatus::from_raw(status);
    } else {
      lost_ = Error::from_os(errno, "wait for process " + std::to_string(pid_));
    }
  }
  if (lost_.code() != Errc::Ok) return lost_;
  return std::optional(status_);
}

Result<void> Process::signal(int number) {
  if (reaped_) return Error(Errc::NotFound, "signal process " + std::to_string(pid_) + ", which has ended");
  const long result = pidfd_ ? ::syscall(SYS_pidfd_send_signal, watched_.get(), number, nullptr, 0)
                             : static_cast<long>(::kill(pid_, number));
  if (result < 0) return Error::from_os(errno, "signal process " + std::to_string(pid_));
  return {};
}

}  // namespace rondeau::process
