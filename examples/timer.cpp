// Does something at a fixed period, and does not drift when a round takes too long. Run: build/examples/timer
#include <chrono>
#include <cstdio>

#include <rondeau/runtime/runtime.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// Here the third one is slow; in earnest, a request to a thermometer.
Task<double> measure(int round) {
  co_await sleep_for(round == 3 ? 25s : 1s);
  co_return 20 + 0.5 * round;
}

Task<void> record(int rounds) {
  const Instant begin = Instant::now();
  auto every = interval(10s);
  // After a round of 25 s the two ticks that were missed are left out, and the next one is on the old schedule. Burst
  // would make up for them at once, which is right for counting and wrong for measuring.
  every.set_missed_tick_behavior(time::MissedTickBehavior::Skip);
  for (int round = 1; round <= rounds; ++round) {
    const Instant due = co_await every.tick();
    const double celsius = co_await measure(round);
    std::printf("%2d s: %.1f\n", static_cast<int>((due - begin) / 1s), celsius);
  }
}

}  // namespace

// A minute of the clock passes at once here, because it is paused: it jumps to the next timer when all tasks wait.
// With run(record(6)) it takes the minute.
int main() {
  return run(record(6), runtime::Builder::current_thread().start_paused());
}
