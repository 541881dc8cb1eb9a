// The flavour without workers: tasks run on whichever thread is in block_on.
#pragma once

#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>

#include "reactor/reactor.h"
#include "scheduler/band_lists.h"
#include "scheduler/core.h"
#include "scheduler/inject_bands.h"
#include "scheduler/parker.h"
#include "timer/wheel.h"

namespace rondeau::scheduler {

/// One thread drives at a time; others in block_on wait and take over when it leaves. Wakes from any thread are safe.
class CurrentThread final : public Core, public std::enable_shared_from_this<CurrentThread> {
 public:
  static Result<std::shared_ptr<CurrentThread>> make(Config config);
  CurrentThread(Config config, std::unique_ptr<reactor::Reactor> reactor);

  void submit(detail::Header* task, detail::Submit how) noexcept override;
  timer::Wheel& wheel() noexcept override { return wheel_; }
  reactor::Reactor& reactor() noexcept override { return *reactor_; }
  void* give_worker_away() override;

  detail::Scheduler& root_scheduler(BlockOn&) noexcept override { return *this; }
  void drive(detail::Header* root, BlockOn& own) override;
  void begin_shutdown() noexcept override;
  bool finish_shutdown(std::optional<Instant> deadline) noexcept override;
  std::shared_ptr<Core> shared() override { return shared_from_this(); }
  std::size_t workers() const noexcept override { return 1; }
  bool is_current_thread() const noexcept override { return true; }
  std::optional<std::size_t> worker_index() const noexcept override;
  WorkerView look_at(std::size_t) const noexcept override {
    return {counters_, *reactor_, histograms_, lists_.sizes(), wheel_.armed()};
  }
  const InjectBands& inject() const noexcept override { return inject_; }

 private:
  /// Runs tasks until `root` is complete; without one, until no task is left. False: `deadline` passed first; what
  /// could end at once has ended then.
  bool loop(detail::Header* root, std::optional<Instant> deadline = std::nullopt);
  /// Runs what can run, as long as tasks end by it.
  void run_what_can_end() noexcept;
  bool driven() noexcept;
  bool done(const detail::Header* root) noexcept;
  detail::Header* next_task() noexcept;
  detail::Header* next_by_band() noexcept;
  void run_one(detail::Header* task) noexcept;
  /// Gives the time it saw last.
  Instant turn(std::optional<Duration> timeout) noexcept;
  void look_at_ages(Instant now) noexcept;
  void sleep(std::optional<Instant> deadline) noexcept;
  /// Gives the time it saw last.
  Instant wait(Instant now, std::optional<Instant> deadline) noexcept;
  void close() noexcept override { begin_shutdown(); }
  void sleep_while_paused() noexcept;
  void unpark() noexcept;
  void all_tasks_ended() noexcept override { unpark(); }
  void root_ended() noexcept override;
  void blocking_calls_ended() noexcept override { unpark(); }  // a paused clock waited for them

  // The driving thread's own:
  BandLists lists_;
  std::uint32_t tick_ = 0;
  const unsigned inject_interval_;

  InjectBands inject_;
  std::unique_ptr<reactor::Reactor> reactor_;
  timer::Wheel wheel_;
  Parker parker_;
  std::mutex driving_mutex_;  // guards driving_
  std::condition_variable driver_left_;
  bool driving_ = false;

  // Of whoever drives, one after the other.
  WorkerCounters counters_;
  const Histograms histograms_;
  std::uint64_t polls_at_wake_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace rondeau::scheduler
