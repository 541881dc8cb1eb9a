#include <rondeau/process/child.h>

#include <signal.h>

#include <utility>

#include <rondeau/io/read.h>
#include <rondeau/task/join.h>

#include "process/process.h"

namespace rondeau::process {
namespace {

Task<Result<std::vector<std::byte>>> read_all(std::optional<ChildStdout> pipe, std::size_t max) {
  std::vector<std::byte> all;
  if (pipe) RONDEAU_TRY_VOID(co_await io::read_to_end(*pipe, all, max));
  co_return all;
}

Task<Result<ExitStatus>> wait_for(Child& child) {
  co_return co_await child.wait();
}

Task<Result<Output>> wait_and_read(Child child, std::size_t max) {
  // Both at once: a program that fills the one pipe nobody reads would never end.
  auto all = co_await task::try_join(read_all(std::exchange(child.stdout, std::nullopt), max),
                                     read_all(std::exchange(child.stderr, std::nullopt), max), wait_for(child));
  if (!all) {
    if (all.error() == Errc::TooLarge) static_cast<void>(child.start_kill());
    co_return std::move(all).error();
  }
  auto& [out, err, status] = *all;
  co_return Output{.status = status, .stdout = std::move(out), .stderr = std::move(err)};
}

}  // namespace

Child::Child(std::unique_ptr<Process> process, bool kill_on_drop) noexcept
    : process_(std::move(process)), kill_on_drop_(kill_on_drop) {}
Child::Child(Child&&) noexcept = default;

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    leave();
    stdin = std::move(other.stdin);
    stdout = std::move(other.stdout);
    stderr = std::move(other.stderr);
    process_ = std::move(other.process_);
    kill_on_drop_ = other.kill_on_drop_;
  }
  return *this;
}

Child::~Child() {
  leave();
}

void Child::leave() noexcept {
  if (process_ == nullptr || process_->reaped()) return;
  if (kill_on_drop_) static_cast<void>(process_->signal(SIGKILL));
  reap_in_background(std::move(process_));
}

std::optional<pid_t> Child::id() const noexcept {
  if (process_->reaped()) return std::nullopt;
  return process_->pid();
}

Child::Wait Child::wait() noexcept {
  stdin.reset();
  return Wait(*process_);
}

Result<std::optional<ExitStatus>> Child::try_wait() {
  return process_->try_wait();
}

Task<Result<Output>> Child::wait_with_output(std::size_t max) && {
  return wait_and_read(std::move(*this), max);
}

Result<void> Child::start_kill() {
  return process_->signal(SIGKILL);
}

Result<void> Child::signal(int number) {
  return process_->signal(number);
}

Task<Result<void>> Child::kill() {
  RONDEAU_TRY_VOID(start_kill());
  RONDEAU_TRY_VOID(co_await wait());
  co_return Result<void>();
}

Child::Wait::Wait(Process& process) noexcept
    : Attempts(process.registration(), detail::kReadInterest, Alone::No), process_(process) {}

bool Child::Wait::attempt() noexcept {
  // First the readiness, then the question: an end after that is a report after `seen`, which clear() keeps.
  const detail::Readiness seen = source_.readiness();
  auto status = process_.try_wait();
  if (!status) {
    result_ = std::move(status).error();
  } else if (*status) {
    result_ = **status;
  } else if (seen.is_shutdown()) {
    result_ = Errc::ShuttingDown;
  } else {
    source_.clear(detail::kReadInterest, seen);
    return false;
  }
  return true;
}

}  // namespace rondeau::process
