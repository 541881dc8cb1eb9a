// Builder: what a runtime is made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

#include <rondeau/base/driver.h>
#include <rondeau/base/result.h>
#include <rondeau/task/blocking_pool.h>

namespace rondeau::runtime {

class Runtime;

enum class Flavor : std::uint8_t { MultiThread, CurrentThread };

/// The CPUs this process may use, at least 1: its affinity mask and its cgroups' quota (v2 `cpu.max`, v1
/// `cpu.cfs_quota_us`), rounded up. RONDEAU_WORKER_THREADS replaces it.
std::size_t default_worker_threads();

/// Knobs and their defaults. A value that cannot be meant (0 workers) aborts with a sentence.
class Builder {
 public:
  /// Work-stealing workers beside the caller's thread.
  static Builder multi_thread();
  /// No threads: tasks run while some thread is in block_on.
  static Builder current_thread();

  /// Default: default_worker_threads(). Beats the environment.
  Builder& worker_threads(std::size_t count, std::source_location where = std::source_location::current());
  /// Threads of the pool "blocking", beside the workers. Default 512.
  Builder& max_blocking_threads(std::size_t count, std::source_location where = std::source_location::current());
  /// How long an idle blocking thread stays, in pools that are not told otherwise. Default 10 s.
  Builder& thread_keep_alive(Duration time);
  /// Bounds of the pool "blocking", "fs" or "resolver" (see task::BuiltInPool): `blocking_pool("fs", {.max_threads = 8})`.
  Builder& blocking_pool(std::string_view name, const task::PoolBounds& bounds,
                         std::source_location where = std::source_location::current());
  /// Cut to Linux's 15 bytes. Default "rondeau-rt".
  Builder& thread_name(std::string name);
  /// A worker polls its reactor and timers every so many tasks. Default 61.
  Builder& event_interval(unsigned tasks, std::source_location where = std::source_location::current());
  /// A worker of multi_thread that is in one task for so long is named on standard error, at most one line a second,
  /// and counted. Default 100 ms; zero turns it off.
  Builder& watchdog(Duration threshold);
  /// After so long in one task, what waits in a worker's care (its sockets, timers, queue) is given to the others.
  /// Default 2 ms, at least 1 ms.
  Builder& rescue_after(Duration time, std::source_location where = std::source_location::current());
  /// Every wake goes to the back of the queue.
  Builder& disable_lifo_slot();
  /// Steal order, select order, jitter. Default: random.
  Builder& rng_seed(std::uint64_t seed);
  /// The clock stands still until nothing is runnable, then jumps to the next timer. current_thread only.
  Builder& start_paused(bool paused = true, std::source_location where = std::source_location::current());
  /// What the runtime asks of the world; must outlive the runtime. Default: the kernel.
  Builder& driver(base::Driver& driver);

  /// Errors: no threads or descriptors left; nothing is left behind then.
  Result<Runtime> build();

 private:
  explicit Builder(Flavor flavor) : flavor_(flavor) {}

  Flavor flavor_;
  std::optional<std::size_t> worker_threads_;
  std::array<task::PoolBounds, task::kBuiltInPools> pools_;
  Duration thread_keep_alive_ = std::chrono::seconds(10);
  std::string thread_name_ = "rondeau-rt";
  unsigned event_interval_ = 61;
  Duration watchdog_ = std::chrono::milliseconds(100);
  Duration rescue_after_ = std::chrono::milliseconds(2);
  bool lifo_slot_ = true;
  std::optional<std::uint64_t> rng_seed_;
  bool start_paused_ = false;
  base::Driver* driver_ = nullptr;
};

}  // namespace rondeau::runtime
