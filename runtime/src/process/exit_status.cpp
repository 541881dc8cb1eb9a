#include <rondeau/process/exit_status.h>

#include <sys/wait.h>

namespace rondeau::process {

std::optional<int> ExitStatus::code() const noexcept {
  if (WIFEXITED(raw_)) return WEXITSTATUS(raw_);
  return std::nullopt;
}

std::optional<int> ExitStatus::signal() const noexcept {
  if (WIFSIGNALED(raw_)) return WTERMSIG(raw_);
  return std::nullopt;
}

bool ExitStatus::core_dumped() const noexcept {
  return WIFSIGNALED(raw_) && WCOREDUMP(raw_);
}

std::string ExitStatus::message() const {
  if (const auto number = signal()) return "signal " + std::to_string(*number);
  return "exit code " + std::to_string(code().value_or(raw_));
}

}  // namespace rondeau::process
