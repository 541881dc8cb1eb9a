#include "scheduler/current_thread.h"

#include <unistd.h>

#include <utility>

#include "task/random.h"
#include "time/paused_clock.h"

namespace rondeau::scheduler {
namespace {

thread_local CurrentThread* driven_here = nullptr;

constexpr unsigned kInjectInterval = 31;

}  // namespace

Result<std::shared_ptr<CurrentThread>> CurrentThread::make(Config config) {
  RONDEAU_TRY_PLAIN(auto reactor, reactor::Reactor::make(*config.driver, config.max_io_events, config.keep_alive));
  return std::make_shared<CurrentThread>(std::move(config), std::move(reactor));
}

CurrentThread::CurrentThread(Config config, std::unique_ptr<reactor::Reactor> reactor)
    : Core(std::move(config)),
      inject_interval_(config_.global_queue_interval.value_or(kInjectInterval)),
      inject_(1),
      reactor_(std::move(reactor)),
      wheel_(driver().now(), [](void* self) { static_cast<CurrentThread*>(self)->unpark(); }, this),
      histograms_(observer_.make_histograms()) {}

void CurrentThread::submit(detail::Header* task, detail::Submit) noexcept {
  observer().ready(task);
  if (driven_here == this) {
    counters_.local_schedules.add();
    if (task->root.context == nullptr) [[likely]] return lists_.of(Priority::Normal).push(task);
    if (band_of(*task) != Priority::Normal) inject_.use_bands();
    return lists_.push(task, seen_time());
  }
  inject_.push_remotely(task);
  unpark();
}

void* CurrentThread::give_worker_away() {
  if (driven_here == this) {
    base::fail("block_in_place in a task of a current_thread runtime: nobody else would run its tasks; "
               "co_await blocking(...) instead");
  }
  return nullptr;
}

std::optional<std::size_t> CurrentThread::worker_index() const noexcept {
  return driven_here == this ? std::optional<std::size_t>(0) : std::nullopt;
}

/// Every so many tasks one from outside goes first; the others that came with it wait behind those that are here.
detail::Header* CurrentThread::next_task() noexcept {
  if (inject_.uses_bands()) [[unlikely]] return next_by_band();
  TaskList& list = lists_.of(Priority::Normal);
  if (!list.empty() && tick_ % inject_interval_ != 0) return list.pop();
  Inject::Chain chain = inject_.of(Priority::Normal).take(0);
  if (chain.count == 0) {
    // What is there of another band is seen now, or before the next sleep, which looks at the lengths of all queues.
    return inject_.uses_bands() ? next_by_band() : list.pop();
  }
  detail::Header* first = chain.first;
  if (chain.count > 1) list.append({.first = first->queue_next, .last = chain.last, .count = chain.count - 1});
  return first;
}

/// Who comes from outside goes to the back of its band at once; none has to be let in every so many tasks then.
detail::Header* CurrentThread::next_by_band() noexcept {
  for (const Priority band : kAllBands) {
    if (inject_.of(band).empty()) continue;
    if (lists_.of(band).empty()) lists_.came(band, seen_time());
    if (const Inject::Chain chain = inject_.of(band).take(0); chain.count != 0) lists_.of(band).append(chain);
  }
  return lists_.pop(seen_time());
}

bool CurrentThread::done(const detail::Header* root) noexcept {
  return root != nullptr ? root->state.is_complete() : over();
}

void CurrentThread::drive(detail::Header* root, BlockOn&) {
  {
    std::unique_lock lock(driving_mutex_);
    // Somebody else drives: our root runs there; we go on when it is complete or the driver leaves.
    submit(root, detail::Submit::Spawned);
    driver_left_.wait(lock, [&] { return !driving_ || root->state.is_complete(); });
    if (root->state.is_complete()) return;
    driving_ = true;
  }
  loop(root);
  const std::lock_guard lock(driving_mutex_);
  driving_ = false;
  driver_left_.notify_all();
}

void CurrentThread::root_ended() noexcept {
  const std::lock_guard lock(driving_mutex_);
  driver_left_.notify_all();
}

bool CurrentThread::loop(detail::Header* root, std::optional<Instant> deadline) {
  CurrentThread* before = std::exchange(driven_here, this);
  if (config_.rng_seed && tick_ == 0) detail::seed_thread_random(*config_.rng_seed);
  counters_.thread_id.store(::gettid(), std::memory_order_relaxed);
  counters_.wake_up(driver().now());
  bool in_time = true;
  while (!done(root) && (in_time = !deadline || driver().now() < *deadline)) {
    if (++tick_ % config_.event_interval == 0) turn(Duration::zero());
    if (detail::Header* task = next_task(); task != nullptr) {
      run_one(task);
    } else {
      sleep(deadline);
    }
  }
  // Nobody comes after the last one who drives.
  if (shutting_down()) run_what_can_end();
  const Instant now = driver().now();
  look_at_ages(now);
  counters_.fall_asleep(now);
  driven_here = before;
  return in_time || owned_.empty();
}

void CurrentThread::run_what_can_end() noexcept {
  std::size_t before = 0;
  for (std::size_t left = owned_.size(); left > 0 && left != before; left = owned_.size()) {
    before = left;
    for (std::size_t count = lists_.size() + inject_.size(); count > 0; --count) {
      if (detail::Header* task = next_task(); task != nullptr) run_one(task);
    }
  }
}

void CurrentThread::run_one(detail::Header* task) noexcept {
  static constexpr bool kNeverLeft = false;
  counters_.polls.add();
  counters_.task_id.store(task->id, std::memory_order_relaxed);
  if (observer().watches_runs()) [[unlikely]] {
    observer().run(task, histograms_, !is_root(task), kNeverLeft);
  } else {
    detail::run_task(task);
  }
  counters_.task_id.store(0, std::memory_order_relaxed);
}

Instant CurrentThread::turn(std::optional<Duration> timeout) noexcept {
  reactor_->turn(timeout);
  const Instant now = driver().now();
  saw_time(now);
  look_at_ages(now);
  wheel_.advance(now);
  return now;
}

void CurrentThread::look_at_ages(Instant now) noexcept {
  if (lists_.empty() && inject_.empty()) return ages_.look_at_nothing();
  ages_.look(now, inject_.bands(), [this](std::size_t queue, Priority band) {
    return queue == 0 ? lists_.of(band).progress() : inject_.of(band).progress();
  });
}

void CurrentThread::sleep(std::optional<Instant> deadline) noexcept {
  call(config_.observer.hooks.park);
  if (lists_.empty()) {  // the hook may have spawned
    const std::uint64_t polls = counters_.polls.get();
    if (polls == polls_at_wake_) counters_.noops.add();
    const Instant now = driver().now();
    look_at_ages(now);
    counters_.fall_asleep(now);
    counters_.parks.add();
    const Instant woken = wait(now, deadline);
    counters_.unparks.add();
    counters_.wake_up(woken);
    polls_at_wake_ = polls;
  }
  call(config_.observer.hooks.unpark);
}

Instant CurrentThread::wait(Instant now, std::optional<Instant> deadline) noexcept {
  if (!parker_.prepare()) return turn(Duration::zero());
  if (inject_.empty()) {  // else it was pushed before the state said that we sleep
    if (config_.clock != nullptr && config_.clock->paused()) {
      sleep_while_paused();
      now = driver().now();
    } else {
      const std::optional<Instant> timer = wheel_.next_deadline();
      if (timer && (!deadline || *timer < *deadline)) deadline = timer;
      now = turn(deadline ? std::optional(deadline->saturating_since(now)) : std::nullopt);
    }
  }
  parker_.finish();
  return now;
}

void CurrentThread::sleep_while_paused() noexcept {
  // Asked first: a call that ends behind it has put its task where the next line looks.
  const bool blocking_call_runs = pools().busy();
  if (reactor_->turn(Duration::zero()) > 0 || !lists_.empty() || !inject_.empty()) return;
  // That look may have taken the wake-up of a blocking call that has ended since it was asked for.
  if (parker_.is_notified()) return;
  if (config_.clock->on_idle(wheel_.next_deadline(), blocking_call_runs)) {
    wheel_.advance(driver().now());
  } else {
    reactor_->turn(std::nullopt);
  }
}

void CurrentThread::unpark() noexcept {
  if (parker_.unpark()) reactor_->wake();
}

bool CurrentThread::driven() noexcept {
  const std::lock_guard lock(driving_mutex_);
  return driving_;
}

void CurrentThread::begin_shutdown() noexcept {
  owned_.close_and_abort_all(0);
  shutdown_.store(true, std::memory_order_release);  // pairs with shutting_down
}

bool CurrentThread::finish_shutdown(std::optional<Instant> deadline) noexcept {
  if (driven()) {
    // Another thread's block_on: what it waits for is over, so that it leaves.
    reactor_->shutdown();
    wheel_.shutdown();
    unpark();
  }
  {
    std::unique_lock lock(driving_mutex_);
    const auto free = [this] { return !driving_; };
    if (!deadline) {
      driver_left_.wait(lock, free);
    } else if (!driver_left_.wait_for(lock, time_until(*deadline), free)) {
      return false;
    }
    driving_ = true;
  }
  if (config_.clock != nullptr && config_.clock->paused()) config_.clock->resume();  // it could not reach a deadline
  detail::Scheduler* before = detail::set_current_scheduler(this);
  const bool in_time = loop(nullptr, deadline);
  detail::set_current_scheduler(before);
  reactor_->shutdown();
  wheel_.shutdown();
  const std::lock_guard lock(driving_mutex_);
  driving_ = false;
  driver_left_.notify_all();
  return in_time;
}

}  // namespace rondeau::scheduler
