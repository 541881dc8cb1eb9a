// What a broken precondition says: the call is made in a child process, which is to abort.
#pragma once

#include <csignal>
#include <string>
#include <string_view>
#include <utility>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// Standard error of a child that calls `misuse`; empty where it did not abort. Only where no other thread runs.
template <class F>
std::string said_at_abort(F&& misuse) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // the test framework reports signals
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(ends[1], STDERR_FILENO);
    std::forward<F>(misuse)();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char piece[512];
  for (ssize_t count = 0; (count = ::read(ends[0], piece, sizeof(piece))) > 0;) {
    text.append(piece, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) return {};
  return text;
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Does `misuse` abort with a sentence that contains `words`?
template <class F>
bool aborts_with(std::string_view words, F&& misuse) {
  return contains(said_at_abort(std::forward<F>(misuse)), words);
}

}  // namespace support
