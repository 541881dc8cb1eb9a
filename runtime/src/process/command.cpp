#include <rondeau/process/command.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "process/launch.h"
#include "process/process.h"

extern char** environ;

namespace rondeau::process {
namespace {

bool has_nul(std::string_view text) noexcept {
  return text.find('\0') != std::string_view::npos;
}

/// What execve takes; refers to the texts.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// What one standard stream is for the program, and our end where it is a pipe.
struct Stream {
  int theirs = -1;  // -1: inherited
  base::UniqueFd owned;
  base::UniqueFd ours;
};

Result<void> keep_above_standard(base::UniqueFd& fd) {
  if (fd.get() > 2) return {};
  RONDEAU_TRY_PLAIN(const int above, duplicate_above_standard(fd.get()));
  fd.reset(above);
  return {};
}

Result<Stream> make_stream(const Stdio* stdio, Stdio::Kind otherwise, bool input) {
  Stream stream;
  switch (stdio != nullptr ? stdio->kind() : otherwise) {
    case Stdio::Kind::Inherit:
      return stream;
    case Stdio::Kind::Null:
      stream.owned.reset(::open("/dev/null", (input ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
      if (!stream.owned) return Error::from_os(errno, "open /dev/null");
      break;
    case Stdio::Kind::Piped: {
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) < 0) return Error::from_os(errno, "pipe");
      stream.owned.reset(ends[input ? 0 : 1]);
      stream.ours.reset(ends[input ? 1 : 0]);
      RONDEAU_TRY_VOID_PLAIN(keep_above_standard(stream.ours));
      break;
    }
    case Stdio::Kind::Descriptor: {
      stream.theirs = stdio->fd();
      if (stream.theirs > 2) return stream;
      RONDEAU_TRY_PLAIN(const int above, duplicate_above_standard(stream.theirs));
      stream.owned.reset(above);
      break;
    }
  }
  RONDEAU_TRY_VOID_PLAIN(keep_above_standard(stream.owned));
  stream.theirs = stream.owned.get();
  return stream;
}

constexpr std::string_view kOwnPid = "LISTEN_PID=";

Result<std::vector<std::string>> with_passed(std::vector<std::string> variables, const std::vector<PassedFd>& passed) {
  std::string names;
  for (const PassedFd& each : passed) {
    if (has_nul(each.name) || each.name.find(':') != std::string::npos) {
      return Error(Errc::InvalidArgument, "a name of a descriptor");
    }
    names += (&each == &passed.front() ? "" : ":") + each.name;
  }
  variables.push_back("LISTEN_FDS=" + std::to_string(passed.size()));
  variables.push_back("LISTEN_FDNAMES=" + names);
  variables.push_back(std::string(kOwnPid) + std::string(kPidDigits, '0'));
  return variables;
}

/// Started, but without anybody to look after it: it goes.
Error give_up(pid_t pid, Error error) {
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return error;
}

}  // namespace

Command& Command::arg(std::string argument) {
  args_.push_back(std::move(argument));
  return *this;
}
Command& Command::args(std::initializer_list<std::string> arguments) {
  args_.insert(args_.end(), arguments);
  return *this;
}
Command& Command::arg0(std::string name) {
  arg0_ = std::move(name);
  return *this;
}
Command& Command::env(std::string name, std::string value) {
  env_.insert_or_assign(std::move(name), std::move(value));
  return *this;
}
Command& Command::env_remove(std::string name) {
  env_.insert_or_assign(std::move(name), std::nullopt);
  return *this;
}
Command& Command::env_clear() {
  env_clear_ = true;
  env_.clear();
  return *this;
}
Command& Command::current_dir(std::filesystem::path directory) {
  directory_ = std::move(directory);
  return *this;
}
Command& Command::stdin(Stdio stdio) {
  streams_[0] = std::move(stdio);
  return *this;
}
Command& Command::stdout(Stdio stdio) {
  streams_[1] = std::move(stdio);
  return *this;
}
Command& Command::stderr(Stdio stdio) {
  streams_[2] = std::move(stdio);
  return *this;
}
Command& Command::pass_fds(std::vector<PassedFd> fds) {
  passed_ = std::move(fds);
  return *this;
}
Command& Command::uid(uid_t id) {
  uid_ = id;
  return *this;
}
Command& Command::gid(gid_t id) {
  gid_ = id;
  return *this;
}
Command& Command::process_group(pid_t id) {
  process_group_ = id;
  return *this;
}
Command& Command::pre_exec(std::function<Result<void>()> hook) {
  hooks_.push_back(std::move(hook));
  return *this;
}
Command& Command::kill_on_drop(bool on) {
  kill_on_drop_ = on;
  return *this;
}

Result<std::vector<std::string>> Command::environment() const {
  std::vector<std::string> variables;
  for (char** inherited = environ; !env_clear_ && inherited != nullptr && *inherited != nullptr; ++inherited) {
    const std::string_view variable(*inherited);
    if (!passed_.empty() && variable.starts_with("LISTEN_")) continue;
    if (!env_.contains(std::string(variable.substr(0, variable.find('='))))) variables.emplace_back(variable);
  }
  for (const auto& [name, value] : env_) {
    if (name.empty() || name.find('=') != std::string::npos || has_nul(name) || (value && has_nul(*value))) {
      return Error(Errc::InvalidArgument, "a variable of the environment");
    }
    if (value) variables.push_back(name + "=" + *value);
  }
  return variables;
}

std::vector<std::string> Command::candidates(const std::vector<std::string>& variables) const {
  if (program_.find('/') != std::string::npos) return {program_};
  std::string_view path = "/bin:/usr/bin";
  for (const std::string& variable : variables) {
    if (variable.starts_with("PATH=")) path = std::string_view(variable).substr(5);
  }
  // Where the program's PATH was taken away, ours says where it is.
  if (const char* ours = ::getenv("PATH"); ours != nullptr && !env_.contains("PATH")) path = ours;  // NOLINT
  std::vector<std::string> places;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string_view folder = path.substr(begin, end - begin);
    places.push_back(std::string(folder.empty() ? "." : folder) + "/" + program_);
    begin = end + 1;
  }
  return places;
}

Result<Child> Command::spawn() const {
  return spawn_with(Stdio::Kind::Inherit, Stdio::Kind::Inherit);
}

Result<Child> Command::spawn_with(Stdio::Kind input, Stdio::Kind outputs) const {
  const std::string what = "spawn " + program_;
  std::vector<std::string> arguments{arg0_.value_or(program_)};
  arguments.insert(arguments.end(), args_.begin(), args_.end());
  for (const std::string& argument : arguments) {
    if (has_nul(argument) || has_nul(program_)) return Error(Errc::InvalidArgument, what + ": an argument with a NUL");
  }
  if (program_.empty()) return Error(Errc::NotFound, what);

  auto variables = environment();
  if (variables && !passed_.empty()) variables = with_passed(*std::move(variables), passed_);
  if (!variables) return variables.error().with(what);
  const std::vector<std::string> places = candidates(*variables);
  std::vector<const char*> programs;
  for (const std::string& place : places) programs.push_back(place.c_str());
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> environment = pointers_to(*variables);

  reap_left_behind();
  Plan plan;
  plan.programs = &programs;
  plan.argv = argv.data();
  plan.environment = environment.data();
  if (directory_) plan.directory = directory_->c_str();
  plan.uid = uid_;
  plan.gid = gid_;
  plan.drop_groups = uid_ && ::geteuid() == 0;
  plan.process_group = process_group_;
  plan.hooks = &hooks_;
  for (const PassedFd& passed : passed_) plan.passed.push_back(passed.fd);
  // It is the last one, and has room for a number.
  if (!passed_.empty()) plan.own_pid = variables->back().data() + kOwnPid.size();
  Stream streams[3];
  for (int i = 0; i < 3; ++i) {
    auto made = make_stream(streams_[i] ? &*streams_[i] : nullptr, i == 0 ? input : outputs, i == 0);
    if (!made) return made.error().with(what);
    streams[i] = *std::move(made);
    plan.streams[i] = streams[i].theirs;
  }
  const auto pid = launch(plan);
  if (!pid) return pid.error().with(what);
  auto process = Process::watch(*pid);
  if (!process) return give_up(*pid, process.error().with(what));

  Child child(*std::move(process), kill_on_drop_);
  const auto connect = [&](int i, auto& end, auto make) -> Result<void> {
    if (!streams[i].ours) return {};
    RONDEAU_TRY_PLAIN(end, make(std::move(streams[i].ours)));
    return {};
  };
  Result<void> connected = connect(0, child.stdin, &ChildStdin::from_fd);
  if (connected) connected = connect(1, child.stdout, &ChildStdout::from_fd);
  if (connected) connected = connect(2, child.stderr, &ChildStderr::from_fd);
  if (!connected) {
    static_cast<void>(child.start_kill());
    return connected.error().with(what);
  }
  return child;
}

Task<Result<ExitStatus>> Command::status() const {
  RONDEAU_TRY(Child child, spawn());
  co_return co_await child.wait();
}

Task<Result<Output>> Command::output(std::size_t max) const {
  RONDEAU_TRY(Child child, spawn_with(Stdio::Kind::Null, Stdio::Kind::Piped));
  co_return co_await std::move(child).wait_with_output(max);
}

}  // namespace rondeau::process
