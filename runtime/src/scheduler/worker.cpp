#include "scheduler/worker.h"

#include <unistd.h>

#include <rondeau/detail/scheduler.h>

#include "scheduler/multi_thread.h"
#include "task/random.h"

namespace rondeau::scheduler {
namespace {

constexpr int kLifoInARow = 3;

}  // namespace

constinit thread_local Worker* Worker::of_thread_ = nullptr;

Worker::Worker(MultiThread& runtime, std::size_t index, std::unique_ptr<reactor::Reactor> reactor)
    : runtime_(runtime),
      index_(index),
      reactor_(std::move(reactor)),
      wheel_(
          runtime.driver().now(), [](void* self) { static_cast<Worker*>(self)->unpark(); }, this),
      until_poll_(runtime.config().event_interval),
      inject_interval_(runtime.config().global_queue_interval),
      detour_(runtime.config().lifo_slot ? 0 : kNoLifoSlot),
      watched_(runtime.observer().watches_runs()),
      histograms_(runtime.observer().make_histograms()),
      random_state_(runtime.seed(index)) {
  until_inject_ = inject_interval_.tasks();
  plan_next_look();
}

void Worker::run() {
  Seat seat;
  seat_ = &seat;
  of_thread_ = this;
  counters_.thread_id.store(::gettid(), std::memory_order_relaxed);
  detail::seed_thread_random(random_state_);
  woke(runtime_.driver().now());
  while (!runtime_.may_exit()) {
    if (detail::Header* task = until_look_ == 0 ? look_around() : next_task(); task != nullptr) {
      run_with_lifo(task, seat);
    } else if (detail::Header* found = search(); found != nullptr) {
      run_with_lifo(found, seat);
    } else {
      sleep();
    }
    if (seat.left) return;
  }
  end_waits();  // for who still waits outside of the workers' tasks, in a block_on
  of_thread_ = nullptr;
}

void Worker::end_waits() noexcept {
  reactor_->shutdown();
  wheel_.shutdown();
}

detail::Header* Worker::give_to(Ring<>& thief) noexcept {
  if (detail::Header* task = lifo_.take(); task != nullptr) return task;
  for (const Priority band : kAllBands) {
    Ring<>* ring = queues_.find(band);
    if (ring == nullptr) continue;
    if (detail::Header* task = ring->steal_into(thief).first; task != nullptr) return task;
  }
  return nullptr;
}

void* Worker::leave_thread() noexcept {
  if (detail::Header* next = lifo_.take(); next != nullptr) push_by_band(next);
  if (!queues_.empty()) runtime_.notify_other();
  counters_.fall_asleep(runtime_.driver().now());
  seat_->left = true;
  seat_->task_id = counters_.task_id.exchange(0, std::memory_order_relaxed);
  of_thread_ = nullptr;
  return seat_;
}

void Worker::return_to_thread() noexcept {
  of_thread_ = this;
  seat_->left = false;
  counters_.task_id.store(seat_->task_id, std::memory_order_relaxed);
  counters_.wake_up(runtime_.driver().now());
}

detail::Header* Worker::next_task() noexcept {
  if (detail::Header* task = lifo_.take(); task != nullptr) return task;
  if (detail::Header* task = queues_.normal().pop(); task != nullptr) return task;
  return pop_inject();
}

void Worker::push(detail::Header* task) noexcept {
  queues_.normal().push(task, [this](detail::Header* first, detail::Header* last, std::size_t count) {
    counters_.overflows.add();
    runtime_.inject_bands().of(Priority::Normal).push(first, last, count);
  });
}

void Worker::submit(detail::Header* task, detail::Submit how) noexcept {
  counters_.local_schedules.add();
  // One jump for both in the common case: only a context can say that a task is not normal.
  if (task->root.context != nullptr || detour_ != 0) [[unlikely]] return submit_aside(task, how);
  submit_normal(task, how);
}

void Worker::submit_normal(detail::Header* task, detail::Submit how) noexcept {
  if (how == detail::Submit::Yielded) {
    push(task);
    return runtime_.notify_other();
  }
  detail::Header* before = lifo_.put(task);
  if (before == nullptr) return;
  push(before);
  runtime_.notify_other();
}

void Worker::submit_aside(detail::Header* task, detail::Submit how) noexcept {
  if (band_of(*task) != Priority::Normal) use_bands();
  if (banded()) return submit_by_band(task, how);
  if (detour_ == 0) return submit_normal(task, how);
  push(task);
  if ((detour_ & kTurning) == 0) runtime_.notify_other();
}

void Worker::run_one(detail::Header* task, const Seat& seat) noexcept {
  until_look_ -= until_look_ != 0;
  counters_.task_id.store(task->id, std::memory_order_relaxed);
  counters_.polls.add();
  if (watched_) [[unlikely]] {
    runtime_.observer().run(task, histograms_, true, seat.left);
  } else {
    detail::run_task(task);
  }
}

void Worker::run_with_lifo(detail::Header* task, const Seat& seat) noexcept {
  if (searching_) stop_searching();
  run_one(task, seat);
  for (int i = 0; i < kLifoInARow; ++i) {
    if (seat.left) return;
    detail::Header* next = lifo_.take();
    if (next == nullptr) break;
    if (banded()) [[unlikely]] next = take_turn(next);
    run_one(next, seat);
  }
  if (seat.left) return;
  counters_.task_id.store(0, std::memory_order_relaxed);
  // Two tasks that wake each other must not keep the others out.
  if (detail::Header* next = lifo_.take(); next != nullptr) push_by_band(next);
}

/// After so many tasks of its own it is the turn of reactor and timers, of the inject queue, or both. A task from outside
/// goes first then, or a busy worker would never see one.
detail::Header* Worker::look_around() noexcept {
  if (banded()) [[unlikely]] return next_by_band();
  until_poll_ -= look_span_;
  until_inject_ -= look_span_;
  look_span_ = 0;
  if (until_poll_ == 0) poll_driver();
  detail::Header* task = nullptr;
  if (until_inject_ == 0) {
    task = pop_inject();
    until_inject_ = inject_interval_.tasks();
  }
  plan_next_look();
  return task != nullptr ? task : next_task();
}

/// Without waiting.
void Worker::poll_driver() noexcept {
  until_poll_ = runtime_.config().event_interval;
  if (reactor_->registered() != 0 || wheel_.armed() != 0) {
    counters_.end_batch(turn(Duration::zero()));
    if (!queues_.empty()) runtime_.notify_other();  // one for all that the turn woke
  } else if (inject_interval_.tuned() || banded()) {
    const Instant now = runtime_.driver().now();
    if (banded()) runtime_.saw_time(now);
    counters_.end_batch(now);
  }
  inject_interval_.tune(counters_.mean_poll_time());
}

void Worker::plan_next_look() noexcept {
  until_look_ = look_span_ = banded() ? 0 : std::min(until_poll_, until_inject_);
}

Instant Worker::turn(std::optional<Duration> timeout) noexcept {
  detour_ |= kTurning;  // wakes of a turn go to the queue's back and notify nobody one by one
  reactor_->turn(timeout);
  const Instant now = runtime_.driver().now();
  runtime_.saw_time(now);
  wheel_.advance(now);
  detour_ &= static_cast<std::uint8_t>(~kTurning);
  return now;
}

void Worker::stop_searching() noexcept {
  searching_ = false;
  if (runtime_.idle().stop_searching()) runtime_.notify_one();
}

void Worker::sleep() noexcept {
  call(runtime_.config().observer.hooks.park);
  // The hook may have spawned. Who sleeps is on the list of sleepers; nobody is to find this worker there.
  if (!has_work()) wait();
  call(runtime_.config().observer.hooks.unpark);
}

void Worker::wait() noexcept {
  const bool last_searcher = runtime_.idle().park(index_, searching_);
  searching_ = false;
  asleep_.store(true, std::memory_order_relaxed);
  Instant now = runtime_.driver().now();
  counters_.fall_asleep(now);
  if (counters_.polls.get() == polls_at_wake_) counters_.noops.add();
  counters_.parks.add();
  // The last one that gives up looks once more: see idle.h.
  if ((last_searcher || runtime_.workers() == 1) && runtime_.has_pending_work()) runtime_.notify_one();
  for (;;) {
    if (parker_.prepare()) {
      std::optional<Duration> timeout;
      if (const std::optional<Instant> deadline = wheel_.next_deadline(); deadline) {
        timeout = deadline->saturating_since(now);
      }
      now = turn(timeout);
      parker_.finish();
    } else {
      now = turn(Duration::zero());
    }
    if (has_work() || runtime_.may_exit()) {
      searching_ = !runtime_.idle().unpark(index_);
      if (queues_.size() > 1) runtime_.notify_one();
      break;
    }
    if (!runtime_.idle().is_parked(index_)) {
      searching_ = true;
      break;
    }
  }
  counters_.unparks.add();
  inject_interval_.tune(counters_.mean_poll_time());
  woke(now);
}

void Worker::woke(Instant now) noexcept {
  polls_at_wake_ = counters_.polls.get();
  runtime_.saw_time(now);
  counters_.wake_up(now);
  asleep_.store(false, std::memory_order_seq_cst);  // pairs with asleep()
  runtime_.watchdog().worker_woke();
}

void Worker::unpark() noexcept {
  if (parker_.unpark()) reactor_->wake();
}

}  // namespace rondeau::scheduler
