// Those who look at tasks: hooks, histograms, the time from ready to run. A runtime that has none pays a branch for each
// run, submission, birth and death.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <rondeau/base/driver.h>
#include <rondeau/base/histogram_config.h>
#include <rondeau/detail/header.h>

#include "scheduler/histogram.h"
#include "scheduler/hooks.h"

namespace rondeau::scheduler {

/// The histograms of one worker; null: not asked for.
struct Histograms {
  std::unique_ptr<Histogram> poll_times;
  std::unique_ptr<Histogram> schedule_latencies;
};

/// Name and place of a task, where it has them.
task::TaskMeta meta_of(const detail::Header& task) noexcept;

class Observer {
 public:
  struct Config {
    Hooks hooks;
    std::optional<HistogramConfig> poll_times;
    std::optional<HistogramConfig> schedule_latencies;
    bool track_schedule_latency = false;
  };
  Observer(const Config& config, base::Driver& driver) noexcept;

  /// Whether run() has to be called instead of detail::run_task().
  bool watches_runs() const noexcept { return watches_runs_; }
  Histograms make_histograms() const;
  /// Runs the task, as detail::run_task() does. `told`: it is a task of its own, of which hooks hear. `left` is set where
  /// the thread gives its worker away meanwhile.
  void run(detail::Header* task, const Histograms& histograms, bool told, const bool& left) const noexcept;

  /// A task was put on the list of live ones, and is not queued yet.
  void spawned(detail::Header* task) const noexcept {
    if (watches_lives_) [[unlikely]] tell_spawned(task);
  }
  /// It ended; its frames are gone.
  void terminated(const detail::Header* task) const noexcept {
    if (watches_lives_) [[unlikely]] tell_terminated(task);
  }
  /// It is about to be queued.
  void ready(detail::Header* task) const noexcept {
    if (tracks_latency_) [[unlikely]] stamp(task);
  }

 private:
  void stamp(detail::Header* task) const noexcept;
  void tell_spawned(detail::Header* task) const noexcept;
  void tell_terminated(const detail::Header* task) const noexcept;

  const Config& config_;
  base::Driver& driver_;
  const bool tracks_latency_;
  const bool watches_runs_;
  const bool watches_lives_;
};

}  // namespace rondeau::scheduler
