// A bounded, named pool of threads for calls that block.
//
// Threads start on demand, one at a time: a call that finds nobody on the way wakes an idle thread or starts one; a
// thread that takes a call and leaves others waiting does the same. So a burst of short calls is served by a few
// threads, and calls that block ramp up as fast as threads can be made. An idle thread ends after the keep-alive.
//
// The places of the queue are permits: spawn_blocking takes one or is refused, blocking() waits for one in order. A
// place is free again when a thread takes the call.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/detail/permits.h>
#include <rondeau/detail/scheduler.h>
#include <rondeau/runtime/shutdown_report.h>
#include <rondeau/task/blocking_pool.h>

#include "blocking/staff.h"

namespace rondeau::threads {

struct PoolOptions {
  std::size_t max_threads = 512;
  std::optional<std::size_t> queue_limit = std::nullopt;  ///< waiting calls; nullopt: 64 for each thread
  Duration keep_alive = std::chrono::seconds(10);
  std::size_t stack_size = 0;  ///< bytes; 0: the system's
  std::function<void()> on_thread_start = nullptr;  ///< called on each thread; what they throw terminates
  std::function<void()> on_thread_stop = nullptr;
};

using detail::Mandatory;

class Pool;

/// A call of a pool that has a thread, where threads are only played.
struct PlayedCall {
  std::weak_ptr<Pool*> pool;  ///< expires with the pool
  std::uint64_t id;
};

/// Plays the threads of pools: a simulation, on whose one thread every call runs when its time has come.
class CallPlayer {
 public:
  /// False: there is no thread to be had.
  virtual bool has_thread(const Pool& pool) noexcept = 0;
  /// When it is over, Pool::finish_played() is to be called.
  virtual void begin(PlayedCall call) noexcept = 0;

 protected:
  ~CallPlayer() = default;
};

/// Thread safety: any thread.
class Pool {
 public:
  enum class Submitted { Queued, NoThread, Sealed };

  /// `home` owns the pool, or is null: then each call keeps its own runtime's memory.
  Pool(std::string name, PoolOptions options, detail::Scheduler* home);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  /// The places of the queue; closed when the pool is sealed.
  detail::Permits& room() noexcept { return room_; }
  /// Queues the call in a place the caller took from room(), with its queue entry's reference. Where it fails, no
  /// thread is there and none could be started, or the pool is sealed, both are the caller's still.
  Submitted submit(detail::Header* call, Mandatory mandatory = Mandatory::No) noexcept;

  /// Runs a call that a CallPlayer was given, and begins those that waited for its thread.
  void finish_played(std::uint64_t id) noexcept;

  /// Ends the calls that wait as cancelled, mandatory ones stay. Others may come after them.
  void cancel_waiting() noexcept;
  /// Takes no call any more and ends those that wait as cancelled; mandatory ones run. Idempotent.
  void seal() noexcept;
  /// Seals, waits until `deadline` for calls that run.
  /// Returns the calls that were left behind, each with its thread. Idempotent.
  std::vector<runtime::ShutdownReport::LeftCall> shutdown(std::optional<Instant> deadline) noexcept;

  /// A call waits or runs.
  bool busy() const noexcept;
  std::size_t threads() const noexcept;
  std::size_t idle_threads() const noexcept;
  std::size_t queued() const noexcept;
  std::size_t running() const noexcept;
  /// Calls that threads took from the queue, and how long those waited there, all together.
  std::uint64_t taken() const noexcept;
  Duration waited() const noexcept;
  const std::string& name() const noexcept { return name_; }

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Job {
    detail::Header* call = nullptr;
    Mandatory mandatory = Mandatory::No;
    std::shared_ptr<void> memory;  // the runtime's, where the pool belongs to none
    Instant queued_at;
  };
  struct Start;

  void call_for_help(Lock& lock) noexcept;
  bool start_thread() noexcept;
  static void* enter(void* start) noexcept;
  void serve() noexcept;
  std::optional<Job> next_job(Lock& lock) noexcept;
  void run(Job job) noexcept;
  void leave(Lock& lock) noexcept;
  Submitted submit_played(CallPlayer& player, Job job) noexcept;
  void begin_played() noexcept;
  void run_all_played() noexcept;
  std::deque<Job> take_optional(const Lock& lock) noexcept;
  static void end_unrun(std::deque<Job> jobs) noexcept;

  const std::string name_;
  const PoolOptions options_;
  detail::Scheduler* const home_;
  detail::Permits room_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable work_;
  std::condition_variable left_;
  std::deque<Job> queue_;
  std::optional<pthread_t> last_left_;  // joined by the next that leaves, or by shutdown
  Staff staff_;
  std::vector<std::uint64_t> running_;  // ids of the calls that run
  std::deque<Job> played_;              // have begun, on threads that are only played
  std::shared_ptr<Pool*> self_;         // null until a call is played
  std::uint64_t taken_ = 0;
  Duration waited_{0};
  bool sealed_ = false;
  bool abandoned_ = false;  // nobody will join: who leaves detaches itself
};

}  // namespace rondeau::threads
