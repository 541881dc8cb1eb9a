// Command: what program to start, and with what.
#pragma once

#include <sys/types.h>

#include <concepts>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/process/child.h>
#include <rondeau/process/stdio.h>

namespace rondeau::process {

/// A descriptor for a program, and what it is called there.
struct PassedFd {
  std::string name;  ///< without ':'
  int fd;
};

/// `auto output = co_await Command("git").arg("status").output(1 << 20);`
///
/// A program without a slash is looked for in PATH, the program's own where env() changed it. It gets this process's
/// environment and directory unless told otherwise, of its descriptors the standard streams and what pass_fds() names,
/// no blocked signals and none that are ignored or handled. Nothing is given to a shell. May start several programs, one
/// after another. Lifetime: it must outlive the awaits of status() and output().
class Command {
 public:
  explicit Command(std::string program) : program_(std::move(program)) {}

  Command& arg(std::string argument);
  template <std::ranges::input_range Range>
    requires std::convertible_to<std::ranges::range_reference_t<Range>, std::string>
  Command& args(Range&& arguments) {
    for (auto&& argument : arguments) arg(argument);
    return *this;
  }
  Command& args(std::initializer_list<std::string> arguments);
  /// What the program sees as its own name, instead of `program`.
  Command& arg0(std::string name);

  /// Sets a variable. Errors of spawn: InvalidArgument for a name that is empty or has a '='.
  Command& env(std::string name, std::string value);
  template <std::ranges::input_range Range>
  Command& envs(Range&& variables) {
    for (const auto& [name, value] : variables) env(name, value);
    return *this;
  }
  Command& env_remove(std::string name);
  /// Nothing is inherited, and nothing is left of what was set before.
  Command& env_clear();

  /// A relative program with a slash is looked for from there.
  Command& current_dir(std::filesystem::path directory);

  /// Default: inherited; null for stdin and piped for the others with output().
  Command& stdin(Stdio stdio);
  Command& stdout(Stdio stdio);
  Command& stderr(Stdio stdio);

  /// The program finds these descriptors from 3 on, in this order, as sd_listen_fds(3) takes them over: LISTEN_FDS and
  /// LISTEN_FDNAMES say what they are, LISTEN_PID that they are its own. Ours stay open. Lifetime: until spawn.
  ///
  /// Errors of spawn: InvalidArgument for a name with ':', or one that is no descriptor.
  Command& pass_fds(std::vector<PassedFd> fds);

  /// A process of the superuser gives its supplementary groups up as well.
  Command& uid(uid_t id);
  Command& gid(gid_t id);
  /// 0: a group of its own.
  Command& process_group(pid_t id);
  /// Runs in the new process just before the program replaces it; an error is that of spawn. Several run in order.
  ///
  /// The other threads are not there: only async-signal-safe calls (signal-safety(7)) may be made, no memory allocated,
  /// no lock taken. Descriptors above 2 are closed for the program unless the hook takes FD_CLOEXEC from them. Costs a
  /// fork.
  Command& pre_exec(std::function<Result<void>()> hook);

  /// A Child that is destroyed before its end was waited for is killed. Default: it runs on.
  Command& kill_on_drop(bool on = true);

  /// Starts the program; returns when it runs. Takes about a millisecond on the calling thread, a thread of a runtime.
  ///
  /// Errors: what kept the program from running, up to execve(2) itself: NotFound, PermissionDenied … with its name.
  Result<Child> spawn() const;
  /// Starts it and waits for the end. Cancellation: it runs on, unless kill_on_drop.
  [[nodiscard]] Task<Result<ExitStatus>> status() const;
  /// Starts it, reads what it writes and waits. Errors: as spawn; TooLarge as Child::wait_with_output. Cancellation: as
  /// status.
  [[nodiscard]] Task<Result<Output>> output(std::size_t max) const;

 private:
  Result<Child> spawn_with(Stdio::Kind input, Stdio::Kind outputs) const;
  Result<std::vector<std::string>> environment() const;
  std::vector<std::string> candidates(const std::vector<std::string>& variables) const;

  std::string program_;
  std::optional<std::string> arg0_;
  std::vector<std::string> args_;
  bool env_clear_ = false;
  std::map<std::string, std::optional<std::string>> env_;
  std::vector<PassedFd> passed_;
  std::optional<std::filesystem::path> directory_;
  std::optional<Stdio> streams_[3];
  std::optional<uid_t> uid_;
  std::optional<gid_t> gid_;
  std::optional<pid_t> process_group_;
  std::vector<std::function<Result<void>()>> hooks_;
  bool kill_on_drop_ = false;
};

}  // namespace rondeau::process
