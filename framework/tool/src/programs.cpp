#include "programs.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <rondeau/process/command.h>
#include <rondeau/runtime/runtime.h>

namespace rondeau::tool {
namespace {

constexpr std::size_t kMostOutput = 64 << 20;

process::Command command_of(const std::vector<std::string>& words, const Environment& environment) {
  process::Command command(words.front());
  for (std::size_t i = 1; i < words.size(); ++i) command.arg(words[i]);
  command.envs(environment);
  return command;
}

int code_of(process::ExitStatus status) {
  return status.code() ? *status.code() : 128 + status.signal().value_or(0);
}

std::string text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Refusal cannot_run(const std::string& program, const Error& error) {
  return fail("cannot run " + program + ": " + error.message());
}

}  // namespace

Outcome<Said> output_of(std::vector<std::string> words, Environment environment) {
  auto runtime = runtime::Builder::current_thread().build();
  if (!runtime) return cannot_run(words.front(), runtime.error());
  const process::Command command = command_of(words, environment);
  const auto output = runtime->block_on(command.output(kMostOutput));
  if (!output) return cannot_run(words.front(), output.error());
  return Said{code_of(output->status), text(output->stdout), text(output->stderr)};
}

Outcome<int> run_program(std::vector<std::string> words, Environment environment) {
  auto runtime = runtime::Builder::current_thread().build();
  if (!runtime) return cannot_run(words.front(), runtime.error());
  const process::Command command = command_of(words, environment);
  const auto status = runtime->block_on(command.status());
  if (!status) return cannot_run(words.front(), status.error());
  return code_of(*status);
}

int become(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words.front(), words.data());
  return report(fail("cannot run " + command.front() + ": " + std::strerror(errno)));  // NOLINT(concurrency-mt-unsafe)
}

bool has_program(const std::string& name) {
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): one thread
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const std::size_t end = rest.find(':');
    if (access((std::string(rest.substr(0, end)) + "/" + name).c_str(), X_OK) == 0) return true;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return false;
}

}  // namespace rondeau::tool
