// rondeau dev: builds and starts the service of this project again after each change, and no request notices.
#include "commands.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <rondeau/runtime/runtime.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "dev/build_errors.h"
#include "dev/service_process.h"
#include "dev/sockets.h"
#include "dev/source_watch.h"
#include "project.h"

namespace rondeau::tool {
namespace {

constexpr std::size_t kMostOutput = 64 << 20;  // bytes of a build

void say(const std::string& sentence) {
  std::fprintf(stderr, "rondeau: %s\n", sentence.c_str());
}

std::string text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

process::Command command_of(const std::vector<std::string>& words) {
  process::Command command(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) command.arg(words[i]);
  return command;
}

/// Holds the sockets while processes come and go. Its coroutines run one at a time, and may be cut anywhere: what was
/// started is a member, so that end() can end it.
class Dev {
 public:
  Dev(Project project, std::vector<std::string> flags, dev::SourceWatch watch, dev::PrivateFolder folder)
      : project_(std::move(project)), flags_(std::move(flags)), watch_(std::move(watch)), folder_(std::move(folder)) {}

  Task<Outcome<void>> run() {
    for (;;) {
      if (co_await build()) co_await replace();
      RONDEAU_TRY_VOID(co_await wait_for_change());
    }
  }

  /// What runs ends, in order; what was replaced has been told already.
  Task<void> end() {
    if (building_) {
      static_cast<void>(building_->signal(SIGTERM));
      static_cast<void>(co_await building_->wait());
    }
    if (next_) co_await next_->end();
    if (now_) co_await now_->end();
    while (co_await ending_.join_next()) {
    }
  }

 private:
  /// False: what was wrong is told.
  Task<bool> build() {
    const auto begun = std::chrono::steady_clock::now();
    auto child =
        command_of(build_command(project_)).stdin(process::Stdio::null()).stdout(process::Stdio::piped()).spawn();
    if (!child) {
      say("cannot run ninja: " + child.error().message());
      co_return false;
    }
    building_ = *std::move(child);
    std::string said;
    const auto code = co_await output_of_build(said);
    building_.reset();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.1f s", took.count());
    if (code == 0) {
      say("built in " + std::string(seconds));
      co_return true;
    }
    std::fputs(dev::first_errors(said).c_str(), stderr);
    say(now_ ? "the build failed; the service goes on as it was" : "the build failed; the next change tries again");
    co_return false;
  }

  Task<int> output_of_build(std::string& said) {
    auto pipe = std::exchange(building_->stdout, std::nullopt);
    std::array<std::byte, 16 * 1024> room{};
    for (;;) {
      const auto some = co_await pipe->read_some(room);
      if (!some || *some == 0) break;
      if (said.size() < kMostOutput) said.append(reinterpret_cast<const char*>(room.data()), *some);
    }
    const auto status = co_await building_->wait();
    co_return status ? status->code().value_or(1) : 1;
  }

  /// The new process begins beside the old one, which ends when the new one is ready.
  Task<void> replace() {
    const auto sockets = co_await listen();
    if (!sockets) co_return say(sockets.error().sentence + (now_ ? "; the service goes on as it was" : ""));
    const std::string notify_path = folder_.path() + "/" + std::to_string(++starts_);
    auto started = dev::ServiceProcess::start(command_for(project_, flags_, false), *sockets, notify_path);
    if (!started) co_return say(started.error().sentence);
    next_ = std::make_unique<dev::ServiceProcess>(*std::move(started));
    if (const auto ready = co_await next_->ready(); !ready) {
      say(ready.error().sentence + (now_ ? "; the old one goes on" : "; the next change starts it again"));
      ending_.spawn(end_of(std::move(next_)));
      co_return;
    }
    if (now_) ending_.spawn(end_of(std::move(now_)));
    now_ = std::move(next_);
    say("the service is ready");
  }

  static Task<void> end_of(std::unique_ptr<dev::ServiceProcess> process) { co_await process->end(); }

  /// Asks the program itself, since settings come from many places.
  Task<Outcome<std::vector<process::PassedFd>>> listen() {
    std::vector<std::string> flags = flags_;
    flags.emplace_back("--print-config");
    const process::Command command = command_of(command_for(project_, flags, false));
    const auto output = co_await command.output(kMostOutput);
    if (!output) co_return fail("cannot run " + project_.program + ": " + output.error().message());
    if (!output->status.success()) {
      std::fputs(text(output->stderr).c_str(), stderr);
      co_return fail(project_.program + " --print-config: " + output->status.message());
    }
    RONDEAU_TRY(const dev::Addresses addresses, dev::addresses_in(text(output->stdout)));
    co_return sockets_.at(addresses);
  }

  Task<Outcome<void>> wait_for_change() {
    while (now_) {
      auto first = co_await select(losing(watch_.changed()), losing(now_->ended()));
      if (first.is<0>()) co_return judged(first.get<0>());
      say("the service has ended by itself: " + first.get<1>() + "; the next change starts it again");
      now_.reset();
    }
    co_return judged(co_await watch_.changed());
  }

  static Outcome<void> judged(const Result<void>& changed) {
    if (!changed) return fail(changed.error().message());
    return {};
  }

  const Project project_;
  const std::vector<std::string> flags_;
  dev::SourceWatch watch_;
  const dev::PrivateFolder folder_;
  dev::Sockets sockets_;
  std::optional<process::Child> building_;
  std::unique_ptr<dev::ServiceProcess> now_;
  std::unique_ptr<dev::ServiceProcess> next_;  // not ready yet
  task::JoinSet<void> ending_;
  unsigned starts_ = 0;
};

/// The first signal cancels `stop`, the next one `hurry`.
Task<void> cancel_at_signals(signal::Signal interrupt, signal::Signal terminate, sync::CancellationToken stop,
                             sync::CancellationToken hurry) {
  static_cast<void>(co_await select(interrupt.recv(), terminate.recv()));
  stop.cancel("told to end");
  static_cast<void>(co_await select(interrupt.recv(), terminate.recv()));
  hurry.cancel("told again");
}

Task<Outcome<void>> develop(Project project, std::vector<std::string> flags) {
  auto interrupt = signal::signal(SignalKind::interrupt());
  auto terminate = signal::signal(SignalKind::terminate());
  if (!interrupt || !terminate) co_return fail("cannot listen for signals");
  auto watch = dev::SourceWatch::make();
  if (!watch) co_return fail(watch.error().message());
  RONDEAU_TRY(dev::PrivateFolder folder, dev::PrivateFolder::make());
  Dev dev(std::move(project), std::move(flags), *std::move(watch), std::move(folder));
  const sync::CancellationToken stop;
  const sync::CancellationToken hurry;
  auto listening = spawn(cancel_at_signals(*std::move(interrupt), *std::move(terminate), stop, hurry));
  const auto ended = co_await stop.run_until_cancelled(dev.run());
  say("ending");
  // Cut, our own end is the services' second SIGTERM: they end at once.
  static_cast<void>(co_await hurry.run_until_cancelled(dev.end()));
  listening.abort();
  static_cast<void>(co_await listening);
  if (ended && !*ended) co_return ended->error();
  co_return {};
}

}  // namespace

int run_dev(const Words& words) {
  auto project = enter_project();
  if (!project) return report(project.error());
  if (auto ready = set_up_build(*project, Progress::Shown); !ready) return report(ready.error());
  auto runtime = runtime::Builder::current_thread().build();
  if (!runtime) return report(fail("cannot start the runtime: " + runtime.error().message()));
  const auto done = runtime->block_on(develop(*std::move(project), words.rest()));
  return done ? kEnded : report(done.error());
}

}  // namespace rondeau::tool
