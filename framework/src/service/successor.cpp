#include "service/successor.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <span>
#include <system_error>

#include <rondeau/net/pipe.h>
#include <rondeau/process/command.h>
#include <rondeau/time/timeout.h>

namespace rondeau::service {
namespace {

constexpr std::string_view kReady = "READY=1\n";

Error how_it_ended(const Result<process::ExitStatus>& status) {
  if (!status) return Error(Errc::Closed, "it will not say that it is ready");
  return Error(Errc::Closed, "it ended before it was ready: " + status->message());
}

}  // namespace

Invocation own_invocation(int argc, char** argv) {
  std::error_code without_proc;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", without_proc);
  return {program.native(), {argv + (argc > 0 ? 1 : 0), argv + argc}};
}

Successor::~Successor() {
  if (!is_ours_) return;
  static_cast<void>(is_ready_ ? child_.signal(SIGTERM) : child_.start_kill());
}

Result<void> Successor::check_alive() {
  RONDEAU_TRY_PLAIN(const auto ended, child_.try_wait());
  if (ended) return Error(Errc::Closed, "it ended once it was ready: " + ended->message());
  return {};
}

Task<Result<Successor>> start_successor(Invocation invocation, std::vector<server::InheritedSocket> sockets,
                                        std::chrono::milliseconds time) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) co_return Error::from_os(errno, "pipe");
  base::UniqueFd theirs(ends[1]);
  RONDEAU_TRY(net::pipe::Receiver ours, net::pipe::Receiver::from_fd(base::UniqueFd(ends[0])));
  std::vector<process::PassedFd> passed;
  for (const server::InheritedSocket& socket : sockets) passed.push_back({socket.name, socket.fd.get()});
  passed.push_back({std::string(kReadyPipe), theirs.get()});
  process::Command command(invocation.program);
  // What watches over us is to watch over it, once MAINPID= has named it.
  command.args(std::move(invocation.arguments)).pass_fds(std::move(passed)).env_remove("WATCHDOG_PID");
  RONDEAU_TRY(process::Child child, command.spawn());
  Successor successor(std::move(child));
  theirs.reset();  // so that its end is the end of the pipe
  sockets.clear();

  std::array<std::byte, kReady.size()> said;
  const auto count = co_await timeout(time, ours.read_some(said));
  if (!count && count.error() == Errc::TimedOut) {
    co_return Error(Errc::TimedOut, "it was not ready in " + std::to_string(time.count()) + " ms");
  }
  if (!count) co_return count.error();
  if (*count == 0) co_return how_it_ended(co_await timeout(std::chrono::seconds(1), successor.child().wait()));
  successor.set_ready();
  co_return std::move(successor);
}

void tell_predecessor(base::UniqueFd pipe) noexcept {
  // Who is gone meanwhile is no reason to end.
  auto sender = net::pipe::Sender::from_fd(std::move(pipe));
  if (sender) static_cast<void>(sender->try_write(std::as_bytes(std::span(kReady))));
}

}  // namespace rondeau::service
