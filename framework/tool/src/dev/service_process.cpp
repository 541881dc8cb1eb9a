#include "dev/service_process.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "files.h"

namespace rondeau::tool::dev {
namespace {

constexpr std::chrono::seconds kToStart{60};
constexpr std::chrono::seconds kToEnd{40};  // longer than a drain

Result<void> end_with_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  return {};
}

}  // namespace

Outcome<PrivateFolder> PrivateFolder::make() {
  std::error_code error;
  std::string path = (fs::temp_directory_path(error) / "rondeau-dev-XXXXXX").string();
  if (error || ::mkdtemp(path.data()) == nullptr)
    return fail("cannot make a folder in " + fs::path(path).parent_path().string());
  return PrivateFolder(std::move(path));
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Outcome<ServiceProcess> ServiceProcess::start(const std::vector<std::string>& words,
                                              const std::vector<process::PassedFd>& sockets, std::string notify_path) {
  const auto address = base::SocketAddress::unix_path(notify_path);
  if (!address) return fail(notify_path + " is no path for a socket: " + address.error().message());
  auto notices = net::UnixDatagram::bind(*address);
  if (!notices) return fail("cannot listen to the service: " + notices.error().message());
  process::Command command(words.front());
  command.args(std::vector<std::string>(words.begin() + 1, words.end()));
  command.env("NOTIFY_SOCKET", std::move(notify_path)).env_remove("WATCHDOG_USEC").env_remove("WATCHDOG_PID");
  command.stdin(process::Stdio::null()).process_group(0).pass_fds(sockets).pre_exec(end_with_parent);
  auto child = command.spawn();
  if (!child) return fail("cannot start the service: " + child.error().message());
  return ServiceProcess(*std::move(child), *std::move(notices));
}

Task<Outcome<void>> ServiceProcess::ready() {
  auto first = co_await select(losing(hear_ready()), child_.wait(), sleep_for(kToStart));
  if (first.is<0>()) co_return {};
  if (first.is<2>()) co_return fail("the service does not say that it is ready");
  const auto& status = first.get<1>();
  co_return fail("the service ended before it was ready: " + (status ? status->message() : status.error().message()));
}

Task<std::string> ServiceProcess::ended() {
  const auto status = co_await child_.wait();
  co_return status ? status->message() : status.error().message();
}

Task<void> ServiceProcess::end() {
  static_cast<void>(child_.signal(SIGTERM));
  if (const auto ended = co_await timeout(kToEnd, child_.wait())) co_return;
  static_cast<void>(co_await child_.kill());
}

void ServiceProcess::kill() noexcept {
  static_cast<void>(child_.start_kill());
}

/// It may say other things before, such as STATUS=.
Task<void> ServiceProcess::hear_ready() {
  for (;;) {
    std::array<std::byte, 4096> room{};
    const auto said = co_await notices_.recv(room);
    if (!said) {  // nothing more will be heard; who waits for it has a deadline
      co_await sleep_for(kToStart);
      continue;
    }
    std::string_view text(reinterpret_cast<const char*>(room.data()), said->size);
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      if (line == "READY=1") co_return;
      text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
  }
}

}  // namespace rondeau::tool::dev
