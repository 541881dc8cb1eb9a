// One deadline for a whole piece of work: whoever is asked on the way sees what is left of it.
// Run: build/examples/deadline
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/context.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

int milliseconds(Duration span) {
  return static_cast<int>(span / 1ms);
}

/// What is left of the time. No parameter says it: what is awaited or spawned inherits the deadline.
Duration left() {
  const auto deadline = Context::current().deadline();
  return deadline ? std::max(*deadline - Instant::now(), Duration()) : Duration::max();
}

struct Replica {
  std::string name;
  Duration answers_after;
};

/// As a request over the network would be; it could send left() along, so that nobody works for those who have gone.
Task<Result<std::string>> ask(Replica replica) {
  std::printf("  %s has %d ms\n", replica.name.c_str(), milliseconds(left()));
  co_await sleep_for(replica.answers_after);
  co_return "the value of " + replica.name;
}

/// One after the other, each with a limit of its own, and all within the caller's. A deadline is only ever shortened.
Task<Result<std::string>> ask_in_turn(std::vector<Replica> replicas) {
  Error last(Errc::NotFound, "no replica");
  for (const Replica& replica : replicas) {
    if (left() < 20ms) co_return Error(Errc::TimedOut, "no time to ask " + replica.name);  // not begun in vain
    auto answer = co_await timeout(100ms, ask(replica));
    if (answer) co_return answer;
    last = std::move(answer).error();
  }
  co_return last;
}

Task<void> ask_within(Duration budget, std::vector<Replica> replicas) {
  const Instant begin = Instant::now();
  const auto answer = co_await with_deadline(begin + budget, ask_in_turn(std::move(replicas)));
  std::printf("within %d ms: %s, after %d ms\n", milliseconds(budget),
              answer ? answer->c_str() : answer.error().message().c_str(), milliseconds(begin.elapsed()));
}

Task<void> show() {
  const Replica slow{"oslo", 1h};
  const Replica quick{"rome", 30ms};
  co_await ask_within(1s, {slow, quick});
  co_await ask_within(110ms, {slow, quick});
  co_await ask_within(50ms, {slow, quick});
}

}  // namespace

int main() {
  return run(show(), runtime::Builder::current_thread().start_paused());
}
