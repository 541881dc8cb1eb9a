#include "blocking/pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/base/driver.h>

#include "base/thread.h"

namespace rondeau::threads {
namespace {

std::size_t room_in_queue(const PoolOptions& options) {
  if (options.max_threads == 0) base::fail("a blocking pool without threads never runs a call; max_threads is at least 1");
  if (options.queue_limit == 0) base::fail("a blocking pool whose queue_limit is 0 never takes a call");
  return options.queue_limit.value_or(64 * options.max_threads);
}

/// A condition's clock must not overflow.
Duration bounded(Duration span) {
  return std::min<Duration>(span, std::chrono::hours(24 * 365));
}

}  // namespace

/// What a new thread is given; it keeps the memory of whoever owns the pool.
struct Pool::Start {
  Pool* pool;
  std::shared_ptr<void> memory;
};

Pool::Pool(std::string name, PoolOptions options, detail::Scheduler* home)
    : name_(std::move(name)),
      options_(std::move(options)),
      home_(home),
      room_(room_in_queue(options_)),
      staff_(options_.max_threads) {}

Pool::~Pool() {
  static_cast<void>(shutdown(std::nullopt));
}

Pool::Submitted Pool::submit(detail::Header* call, Mandatory mandatory) noexcept {
  std::shared_ptr<void> memory = home_ == nullptr ? call->scheduler->keep_alive() : nullptr;
  const Instant now = call->scheduler->driver().now();
  if (CallPlayer* player = call->scheduler->call_player(); player != nullptr) {
    return submit_played(*player, Job{call, mandatory, std::move(memory), now});
  }
  Lock lock(mutex_);
  if (sealed_) return Submitted::Sealed;
  if (staff_.threads() == 0) {
    // The first one is started under the lock: without it nobody would take the call.
    staff_.start();
    if (!start_thread()) {
      staff_.not_started();
      return Submitted::NoThread;
    }
  }
  queue_.push_back(Job{call, mandatory, std::move(memory), now});
  call_for_help(lock);
  return Submitted::Queued;
}

/// Wakes an idle thread or starts another, where calls wait and nobody is on the way. May drop the lock.
void Pool::call_for_help(Lock& lock) noexcept {
  if (queue_.empty()) return;
  const Staff::Help help = staff_.send_for_one();
  if (help == Staff::Help::Wake) {
    lock.unlock();
    work_.notify_one();
    lock.lock();
  } else if (help == Staff::Help::Start) {
    lock.unlock();
    const bool started = start_thread();
    lock.lock();
    if (started) return;
    // Those that are there do the work.
    staff_.not_started();
    if (staff_.threads() == 0) {
      std::deque<Job> stranded;
      stranded.swap(queue_);
      lock.unlock();
      room_.give(stranded.size());
      end_unrun(std::move(stranded));
      lock.lock();
    }
  }
}

bool Pool::start_thread() noexcept {
  auto start = std::make_unique<Start>(Start{this, home_ == nullptr ? nullptr : home_->keep_alive()});
  pthread_t thread;
  if (base::start_thread(thread, options_.stack_size, &Pool::enter, start.get()) != 0) return false;
  static_cast<void>(start.release());  // the thread's
  return true;
}

void* Pool::enter(void* given) noexcept {
  const std::unique_ptr<Start> start(static_cast<Start*>(given));
  base::name_this_thread(start->pool->name_);
  start->pool->serve();
  return nullptr;
}

void Pool::serve() noexcept {
  detail::set_current_scheduler(home_);  // for the hooks
  if (options_.on_thread_start) options_.on_thread_start();
  Lock lock(mutex_);
  staff_.begin();
  while (std::optional<Job> job = next_job(lock)) {
    const std::uint64_t id = job->call->id;
    running_.push_back(id);
    ++taken_;
    waited_ += job->call->scheduler->driver().now().saturating_since(job->queued_at);
    call_for_help(lock);
    lock.unlock();
    room_.give(1);
    run(*std::move(job));
    lock.lock();
    *std::ranges::find(running_, id) = running_.back();
    running_.pop_back();
    if (running_.empty() && queue_.empty() && home_ != nullptr) {
      lock.unlock();
      home_->blocking_calls_ended();
      lock.lock();
    }
  }
  leave(lock);
}

/// Empty: the thread is to end.
std::optional<Pool::Job> Pool::next_job(Lock& lock) noexcept {
  for (;;) {
    if (!queue_.empty()) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      return job;
    }
    if (sealed_) return std::nullopt;
    if (!staff_.rest(work_, lock, bounded(options_.keep_alive), [this] { return sealed_; })) return std::nullopt;
  }
}

void Pool::run(Job job) noexcept {
  detail::Scheduler* before = detail::set_current_scheduler(job.call->scheduler);
  detail::run_blocking_task(job.call);
  detail::set_current_scheduler(before);
}

void Pool::leave(Lock& lock) noexcept {
  std::optional<pthread_t> before;
  if (abandoned_) {
    ::pthread_detach(::pthread_self());
  } else {
    before = std::exchange(last_left_, ::pthread_self());
  }
  const std::function<void()> on_thread_stop = options_.on_thread_stop;
  staff_.leave();
  left_.notify_all();
  lock.unlock();
  // Counted no more, so that no call waits for this thread; joined later, if the pool is there so long.
  if (on_thread_stop) on_thread_stop();
  detail::set_current_scheduler(nullptr);
  if (before) ::pthread_join(*before, nullptr);
}

/// They were never begun: aborted, and so ended as cancelled.
void Pool::end_unrun(std::deque<Job> jobs) noexcept {
  for (const Job& job : jobs) {
    detail::abort_task(job.call, CancelReason::Shutdown);
    detail::run_blocking_task(job.call);
  }
}

/// Takes the calls that need not run out of the queue.
std::deque<Pool::Job> Pool::take_optional(const Lock&) noexcept {
  std::deque<Job> taken;
  std::deque<Job> kept;
  for (Job& job : queue_) (job.mandatory == Mandatory::Yes ? kept : taken).push_back(std::move(job));
  queue_.swap(kept);
  return taken;
}

void Pool::cancel_waiting() noexcept {
  Lock lock(mutex_);
  std::deque<Job> cancelled = take_optional(lock);
  lock.unlock();
  room_.give(cancelled.size());
  end_unrun(std::move(cancelled));
}

void Pool::seal() noexcept {
  std::deque<Job> cancelled;
  {
    const Lock lock(mutex_);
    sealed_ = true;
    cancelled = take_optional(lock);
  }
  work_.notify_all();
  room_.close();
  end_unrun(std::move(cancelled));
}

std::vector<runtime::ShutdownReport::LeftCall> Pool::shutdown(std::optional<Instant> deadline) noexcept {
  seal();
  run_all_played();
  Lock lock(mutex_);
  const auto all_left = [this] { return staff_.threads() == 0; };
  if (!deadline) {
    left_.wait(lock, all_left);
  } else {
    const Instant now = home_ != nullptr ? home_->driver().now() : Instant::now();
    left_.wait_for(lock, bounded(deadline->saturating_since(now)), all_left);
  }
  abandoned_ = staff_.threads() > 0;
  std::vector<runtime::ShutdownReport::LeftCall> left_behind;
  for (const std::uint64_t id : running_) left_behind.push_back({.id = id, .pool = name_, .running = true});
  for (const Job& job : queue_) left_behind.push_back({.id = job.call->id, .pool = name_, .running = false});
  const std::optional<pthread_t> last = std::exchange(last_left_, std::nullopt);
  lock.unlock();
  if (last) ::pthread_join(*last, nullptr);
  return left_behind;
}

bool Pool::busy() const noexcept {
  const std::lock_guard lock(mutex_);
  return !running_.empty() || !queue_.empty() || !played_.empty();
}
std::size_t Pool::threads() const noexcept {
  const std::lock_guard lock(mutex_);
  return staff_.threads();
}
std::size_t Pool::idle_threads() const noexcept {
  const std::lock_guard lock(mutex_);
  return staff_.resting();
}
std::size_t Pool::queued() const noexcept {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}
std::size_t Pool::running() const noexcept {
  const std::lock_guard lock(mutex_);
  return running_.size() + played_.size();
}
std::uint64_t Pool::taken() const noexcept {
  const std::lock_guard lock(mutex_);
  return taken_;
}
Duration Pool::waited() const noexcept {
  const std::lock_guard lock(mutex_);
  return waited_;
}

}  // namespace rondeau::threads
