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
// What a broken precondition says: the call is made in a child process, which is to abort.
#include <array>
#include <string_view>
#include <utility>
/// Standard error of the child; empty where it did not abort. Where no other thread runs.
std::string said_at_abort(F&& call) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {};
    std::signal(SIGABRT, SIG_DFL);  // the test framework reports signals
    std::forward<F>(call)();
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
  std::array<char, 512> piece{};
  for (ssize_t count = 0; (count = ::read(ends[0], piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(count));
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? text : std::string();
inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace support
