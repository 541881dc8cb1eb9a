// The new process comes from vfork: it borrows our memory, and this thread stands still, until it execs or ends. So it
// makes system calls and writes to its own stack and the place for its id, nothing else; those that glibc would carry
// out in all threads, or keep books about, are made directly. With hooks, which are the user's code, it comes from fork
// and has a copy of the memory.
//
// What fails is told through a pipe that a successful exec closes.
#include "process/launch.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

#include <rondeau/base/unique_fd.h>

namespace rondeau::process {
namespace {

enum class Step : std::int32_t { Streams, Descriptors, Groups, Group, User, Directory, ProcessGroup, Hook, Exec };

const char* name_of(Step step) noexcept {
  switch (step) {
    case Step::Streams:
      return "standard streams";
    case Step::Descriptors:
      return "descriptors";
    case Step::Groups:
      return "supplementary groups";
    case Step::Group:
      return "group";
    case Step::User:
      return "user";
    case Step::Directory:
      return "current directory";
    case Step::ProcessGroup:
      return "process group";
    case Step::Hook:
      return "pre_exec";
    case Step::Exec:
      break;
  }
  return "";
}

constexpr int kFirstPassed = 3;

struct Failure {
  std::int32_t error;
  Step step;
};

// ---- in the new process

[[noreturn]] void fail(int report, Step step, int error) noexcept {
  const Failure failure{error, step};
  // There is nobody to tell that telling failed.
  [[maybe_unused]] const ssize_t written = ::write(report, &failure, sizeof failure);
  ::_exit(127);
}

void check(bool good, int report, Step step) noexcept {
  if (!good) fail(report, step, errno);
}

void place_streams(const Plan& plan, int report) noexcept {
  for (int i = 0; i < 3; ++i) {
    if (plan.streams[i] >= 0) check(::dup2(plan.streams[i], i) == i, report, Step::Streams);
  }
}

/// Ours are closed by exec from birth; those of other code may not be. Where the system cannot (before 5.11) they stay.
void close_others_on_exec() noexcept {
  constexpr unsigned kOnExec = 4;  // CLOSE_RANGE_CLOEXEC
  ::syscall(SYS_close_range, 3U, ~0U, kOnExec);
}

/// They lie above their places, so none is overwritten before its turn.
void place_passed(const Plan& plan, int report) noexcept {
  int place = kFirstPassed;
  for (const int fd : plan.passed) {
    check(::dup2(fd, place) == place, report, Step::Descriptors);
    ++place;
  }
}

void write_own_pid(char* to) noexcept {
  char figures[kPidDigits];
  char* first = figures + sizeof figures;
  for (long left = ::syscall(SYS_getpid); left > 0; left /= 10) *--first = static_cast<char>('0' + left % 10);
  while (first != figures + sizeof figures) *to++ = *first++;
  *to = '\0';
}

/// All signals are blocked here, so no handler of ours can run in between.
void reset_signals() noexcept {
  const std::uint64_t by_default[8] = {};  // the kernel's struct sigaction, whatever it has behind the handler
  for (int number = 1; number < NSIG; ++number) {
    ::syscall(SYS_rt_sigaction, number, by_default, nullptr, sizeof(std::uint64_t));
  }
  const std::uint64_t none = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

[[noreturn]] void replace(const Plan& plan, int report) noexcept {
  int worst = ENOENT;
  for (const char* program : *plan.programs) {
    ::execve(program, plan.argv, plan.environment);
    if (errno == EACCES) {
      worst = EACCES;  // there may be another further on
    } else if (errno != ENOENT && errno != ENOTDIR) {
      fail(report, Step::Exec, errno);
    }
  }
  fail(report, Step::Exec, worst);
}

[[noreturn, gnu::noinline]] void become(const Plan& plan, int report) noexcept {
  place_streams(plan, report);
  close_others_on_exec();
  place_passed(plan, report);
  if (plan.own_pid != nullptr) write_own_pid(plan.own_pid);
  if (plan.drop_groups) check(::syscall(SYS_setgroups, 0, nullptr) == 0, report, Step::Groups);
  if (plan.gid) check(::syscall(SYS_setgid, *plan.gid) == 0, report, Step::Group);
  if (plan.uid) check(::syscall(SYS_setuid, *plan.uid) == 0, report, Step::User);
  if (plan.directory != nullptr) check(::chdir(plan.directory) == 0, report, Step::Directory);
  if (plan.process_group) check(::setpgid(0, *plan.process_group) == 0, report, Step::ProcessGroup);
  reset_signals();
  for (const auto& hook : *plan.hooks) {
    if (const Result<void> done = hook(); !done) {
      const int error = done.error().os_error();
      fail(report, Step::Hook, error != 0 ? error : ECANCELED);
    }
  }
  replace(plan, report);
}

// ---- in ours

/// While it lives no signal reaches this thread, nor who is forked from it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

[[gnu::noinline]] pid_t begin(const Plan& plan, int report) noexcept {
  const AllSignalsBlocked blocked;
  const pid_t pid = plan.hooks->empty() ? ::vfork() : ::fork();
  if (pid == 0) become(plan, report);
  return pid;
}

/// What the new process told before it ended; nothing where exec closed the pipe.
std::optional<Failure> failure_from(int pipe) noexcept {
  Failure failure{};
  ssize_t count = 0;
  do {
    count = ::read(pipe, &failure, sizeof failure);
  } while (count < 0 && errno == EINTR);
  if (count != sizeof failure) return std::nullopt;
  return failure;
}

void reap(pid_t pid) noexcept {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

namespace {

Result<base::UniqueFd> duplicate_from(int fd, int first) {
  base::UniqueFd above(::fcntl(fd, F_DUPFD_CLOEXEC, first));
  if (!above) return Error::from_os(errno, "dup");
  return above;
}

}  // namespace

Result<int> duplicate_above_standard(int fd) {
  RONDEAU_TRY_PLAIN(base::UniqueFd above, duplicate_from(fd, 3));
  return above.release();
}

Result<pid_t> launch(const Plan& given) {
  Plan plan = given;
  std::vector<base::UniqueFd> passed;
  const int behind_passed = kFirstPassed + static_cast<int>(plan.passed.size());
  for (int& fd : plan.passed) {
    auto above = duplicate_from(fd, behind_passed);
    if (!above && above.error().os_error() == EBADF) {
      return Error(Errc::InvalidArgument, "there is no descriptor " + std::to_string(fd));
    }
    if (!above) return above.error();
    fd = above->get();
    passed.push_back(*std::move(above));
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return Error::from_os(errno, "pipe");
  const base::UniqueFd tells(ends[0]);
  base::UniqueFd told(ends[1]);
  if (told.get() < behind_passed) {
    // The descriptors that the new process gets would take its place.
    RONDEAU_TRY_PLAIN(told, duplicate_from(told.get(), behind_passed));
  }
  const pid_t pid = begin(plan, told.get());
  if (pid < 0) return Error::from_os(errno, "fork");
  told.reset();
  if (const auto failure = failure_from(tells.get())) {
    reap(pid);
    if (failure->step == Step::Exec) return Error::from_os(failure->error);
    return Error::from_os(failure->error, name_of(failure->step));
  }
  return pid;
}

}  // namespace rondeau::process
