// What the process says when it ends itself, tried in a child process.
#pragma once

#include <csignal>
#include <string>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// Calls `misuse` in a child. Returns what it wrote to standard error before it aborted; empty if it did not abort.
/// The calling process may have no other thread at that moment.
template <class F>
std::string sentence_of_abort(F&& misuse) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(ends[1], STDERR_FILENO);
    misuse();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char part[512];
  for (ssize_t count = 0; (count = ::read(ends[0], part, sizeof(part))) > 0;) {
    text.append(part, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) return {};
  return text.empty() ? "(aborted without a word)" : text;
}

/// Did `misuse` abort with a sentence that contains `words`?
template <class F>
bool aborts_with(const char* words, F&& misuse) {
  return sentence_of_abort(misuse).find(words) != std::string::npos;
}

}  // namespace support
