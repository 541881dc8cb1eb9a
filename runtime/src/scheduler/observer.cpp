#include "scheduler/observer.h"

#include <new>

namespace rondeau::scheduler {

task::TaskMeta meta_of(const detail::Header& task) noexcept {
  return {.id = task::TaskId{task.id}, .name = detail::task_name(task), .spawned_at = detail::spawned_at(task), .schedule_latency = std::nullopt};
}

Observer::Observer(const Config& config, base::Driver& driver) noexcept
    : config_(config),
      driver_(driver),
      tracks_latency_(config.track_schedule_latency || config.schedule_latencies),
      watches_runs_(tracks_latency_ || config.poll_times || config.hooks.before_poll || config.hooks.after_poll),
      watches_lives_(tracks_latency_ || config.hooks.task_spawn || config.hooks.task_terminate) {}

Histograms Observer::make_histograms() const {
  Histograms made;
  if (config_.poll_times) made.poll_times = std::make_unique<Histogram>(*config_.poll_times);
  if (config_.schedule_latencies) made.schedule_latencies = std::make_unique<Histogram>(*config_.schedule_latencies);
  return made;
}

void Observer::run(detail::Header* task, const Histograms& histograms, bool told, const bool& left) const noexcept {
  const Hooks& hooks = config_.hooks;
  const bool timed = config_.poll_times.has_value();
  const Instant begun = tracks_latency_ || timed ? driver_.now() : Instant();
  task->state.add_reference();  // for what is said of it afterwards
  task::TaskMeta meta = meta_of(*task);
  if (task->slots != nullptr && tracks_latency_ && task->slots->ready_since != Instant()) {
    meta.schedule_latency = begun.saturating_since(task->slots->ready_since);
  }
  if (told && hooks.before_poll) hooks.before_poll(meta);
  detail::run_task(task);
  const Instant ended = timed ? driver_.now() : Instant();
  if (told && hooks.after_poll) hooks.after_poll(meta);
  detail::drop_task_reference(task);
  if (left) return;  // another thread counts for the worker now
  if (meta.schedule_latency && histograms.schedule_latencies) histograms.schedule_latencies->add(*meta.schedule_latency);
  if (histograms.poll_times) histograms.poll_times->add(ended.saturating_since(begun));
}

void Observer::tell_spawned(detail::Header* task) const noexcept {
  if (tracks_latency_ && task->slots == nullptr) task->slots = new detail::SlotTable;
  if (config_.hooks.task_spawn) config_.hooks.task_spawn(meta_of(*task));
}

void Observer::tell_terminated(const detail::Header* task) const noexcept {
  if (config_.hooks.task_terminate) config_.hooks.task_terminate(meta_of(*task));
}

void Observer::stamp(detail::Header* task) const noexcept {
  // The one who queues a task has it to himself until a worker takes it from the queue.
  if (task->slots != nullptr) task->slots->ready_since = driver_.now();
}

}  // namespace rondeau::scheduler
