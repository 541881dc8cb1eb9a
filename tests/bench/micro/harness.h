// The harness of the micro-benchmarks: which run, how they are timed, how they are printed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/runtime/runtime.h>

namespace micro {

using namespace rondeau;

class Bench {
 public:
  Bench(runtime::Runtime runtime, std::string filter, std::string name);

  /// Times `body` as a whole: `operations` of them a repetition, the median of `repetitions` after a warm-up.
  void run(std::string_view bench, double operations, int repetitions, const std::function<void()>& body);
  /// Prints what `measure` returns, once.
  void value(std::string_view bench, const std::function<double()>& measure);
  /// Only where it is asked for by name: a benchmark that wants a process of its own.
  bool asked_for(std::string_view bench) const;

  /// Runs the coroutine as a spawned task, that is on a worker.
  template <class F>
  void inside(F body) {
    runtime_.block_on([&]() -> Task<void> {
      auto result = co_await spawn(std::move(body));
      if (!result) result.error().rethrow();
    });
  }
  const runtime::Runtime& runtime() const { return runtime_; }
  void print(std::string_view bench, double value) const;

 private:
  bool selected(std::string_view bench) const;

  runtime::Runtime runtime_;
  std::string filter_;
  std::string name_;
};

/// Nanoseconds of CPU time this process used.
double cpu_nanoseconds();
/// Bytes of resident memory.
double resident_bytes();

void bench_tasks(Bench& bench);
void bench_channels_and_locks(Bench& bench);
void bench_timers_and_sockets(Bench& bench);

}  // namespace micro
