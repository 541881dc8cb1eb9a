// What tests of programs have in common.
#pragma once

#include <csignal>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/process/command.h>

namespace process_test {

using namespace rondeau;

inline std::string text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline process::Command shell(std::string script) {
  process::Command command("/bin/sh");
  command.arg("-c").arg(std::move(script));
  return command;
}

/// What the script writes to its standard output.
inline Task<std::string> said(process::Command command) {
  auto output = co_await command.output(1 << 20);
  co_return output ? text(output->stdout) : output.error().message();
}

inline bool exists(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

}  // namespace process_test
