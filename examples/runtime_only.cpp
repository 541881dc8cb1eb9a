// A tool on the runtime alone, without HTTP: a program for each line of the input, so many at a time (as xargs -P).
// Run: find . -name '*.gz' | build/examples/runtime_only 4 gzip -t
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/io/buf_reader.h>
#include <rondeau/io/pieces.h>
#include <rondeau/io/standard.h>
#include <rondeau/process/command.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/signal/signal.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/select.h>

using namespace rondeau;

namespace {

constexpr std::size_t kLongestLine = 64 * 1024;   // bytes
constexpr std::size_t kMostOutput = 1024 * 1024;  // bytes of each stream of a program; above it is killed

std::string_view text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// True where the program says that all is well. What it writes comes out in one piece, not mixed with others'.
Task<bool> run_one(std::vector<std::string> words, std::string line) {
  const auto output = co_await process::Command(words[0])
                          .args(std::vector<std::string>(words.begin() + 1, words.end()))
                          .arg(line)
                          .kill_on_drop()  // who is cancelled leaves no program behind
                          .output(kMostOutput);
  if (!output) {
    std::fprintf(stderr, "%s: %s\n", line.c_str(), output.error().message().c_str());
    co_return false;
  }
  static_cast<void>(co_await io::stdout().write_all(text_of(output->stdout)));
  static_cast<void>(co_await io::stderr().write_all(text_of(output->stderr)));
  if (!output->status.success()) std::fprintf(stderr, "%s: %s\n", line.c_str(), output->status.message().c_str());
  co_return output->status.success();
}

Task<int> run_all(std::size_t at_once, std::vector<std::string> words) {
  JoinSet<bool> running;  // goes with this task, and all that is in it
  int failed = 0;
  const auto take_one = [&]() -> Task<void> {
    const auto ended = co_await running.join_next();
    if (ended && !ended->value_or(false)) ++failed;
  };
  auto lines = io::lines(io::BufReader(io::stdin()), kLongestLine);
  while (auto line = co_await lines.next()) {
    if (!*line) {
      std::fprintf(stderr, "the input: %s\n", line->error().message().c_str());
      co_return 1;
    }
    if ((*line)->empty()) continue;
    if (running.len() == at_once) co_await take_one();  // the rest of the input waits in its pipe meanwhile
    running.spawn(run_one, words, **std::move(line));
  }
  while (!running.empty()) co_await take_one();
  co_return failed == 0 ? 0 : 1;
}

Task<int> main_task(std::size_t at_once, std::vector<std::string> words) {
  auto first = co_await select(losing(run_all(at_once, std::move(words))), losing(ctrl_c()));
  co_return first.is<0>() ? first.get<0>() : 130;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view digits = argc > 2 ? argv[1] : "";
  std::size_t at_once = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), at_once);
  if (error != std::errc() || end != digits.data() + digits.size() || at_once < 1 || at_once > 1000) {
    std::fprintf(stderr, "usage: runtime_only AT_ONCE PROGRAM [ARGUMENT...] <LINES\n");
    return 2;
  }
  return run(main_task(at_once, std::vector<std::string>(argv + 2, argv + argc)));
}
