// Waits for several things and goes on with the first: work, a sign of life, the end. Run: build/examples/select
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

Task<std::string> convert(std::string film, Duration takes) {
  co_await sleep_for(takes);
  co_return film + " is converted";
}

/// Works off one job after the other and says every 10 s that it is alive, until it is told to stop.
Task<void> work_off(Receiver<std::pair<std::string, Duration>> jobs, CancellationToken stop) {
  auto heartbeat = interval_at(Instant::now() + 10s, 10s);
  for (;;) {
    // Branches that lose here have taken nothing: recv() no job, tick() no tick. Biased, so that the end goes first
    // also where there is always a job.
    auto next = co_await select(stop.cancelled(), jobs.recv(), heartbeat.tick()).biased();
    if (next.is<0>()) break;
    if (next.is<2>()) {
      std::printf("waiting for a job\n");
      continue;
    }
    auto job = std::move(next).get<1>();
    if (!job) break;  // nobody can send any more

    // A coroutine of one's own may be half-way. Given by its name it is only paused where it loses, and goes on in the
    // next select; as a temporary it would have to say losing(…), that its work may be lost.
    Task<std::string> converting = convert(std::move(job->first), job->second);
    for (;;) {
      auto first = co_await select(converting, heartbeat.tick());
      if (first.is<0>()) {
        std::printf("%s\n", std::move(first).get<0>().c_str());
        break;
      }
      std::printf("at work\n");
    }
  }
  std::printf("the end: %s\n", std::string(stop.reason()).c_str());
}

Task<void> day() {
  auto [jobs, receiver] = mpsc<std::pair<std::string, Duration>>(8);
  const CancellationToken stop;
  auto worker = spawn(work_off(std::move(receiver), stop));
  static_cast<void>(co_await jobs.send({"one.mov", 25s}));
  static_cast<void>(co_await jobs.send({"two.mov", 1s}));
  co_await sleep_for(35s);
  // What is under way is finished: the worker looks at the token between jobs.
  static_cast<void>(co_await jobs.send({"three.mov", 8s}));
  static_cast<void>(co_await jobs.send({"four.mov", 1s}));
  co_await sleep_for(1s);
  stop.cancel("closing time");
  static_cast<void>(co_await worker);
}

}  // namespace

// The clock is paused, so that it jumps to the next timer; with run(day()) this takes its time.
int main() {
  return run(day(), runtime::Builder::current_thread().start_paused());
}
