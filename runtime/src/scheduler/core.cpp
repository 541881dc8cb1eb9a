#include "scheduler/core.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <thread>

namespace rondeau::scheduler {
namespace {

/// Of Strand::born.
constexpr std::int64_t kBornUnit = 1'000'000'000 / 64;

/// A worker that is in the same run for so long after the shutdown's time was over does not come back.
constexpr std::chrono::milliseconds kStuckFor{5};

std::uint64_t next_runtime_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

/// "7", or "7 \"name\"" where the task that ends on this thread has one.
std::string task_in_words(std::uint64_t task_id) {
  std::string words = std::to_string(task_id);
  const detail::Header* task = detail::current_task();
  if (task == nullptr || task->id != task_id) return words;
  const task::TaskMeta meta = meta_of(*task);
  if (!meta.name.empty()) words.append(" \"").append(meta.name).append("\"");
  return words;
}

void log(std::uint64_t task_id, const std::exception_ptr& exception) {
  const std::string task = task_in_words(task_id);
  const auto print = [&task](const char* what) {
    std::fprintf(stderr, "rondeau: task %s ended by an exception nobody waits for: %s\n", task.c_str(), what);
  };
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& thrown) {
    print(thrown.what());
  } catch (...) {
    print("something that is no std::exception");
  }
}

}  // namespace

Core::Core(Config config)
    : config_(std::move(config)),
      observer_(config_.observer, *config_.driver),
      owned_(config_.workers),
      ages_(config_.workers + 1),
      begun_(config_.driver->now()),
      id_(next_runtime_id()),
      pools_(config_.pools, this) {}

Core::~Core() = default;

bool Core::adopt(detail::Header* task) noexcept {
  task->root.born = seen_time_.load(std::memory_order_relaxed);
  if (!owned_.add(task)) return false;
  observer_.spawned(task);
  return true;
}

bool Core::adopt_cleanup(detail::Header* task) noexcept {
  task->root.born = seen_time_.load(std::memory_order_relaxed);
  if (!owned_.add_unendable(task)) return false;
  observer_.spawned(task);
  return true;
}

bool Core::disown(detail::Header* task) noexcept {
  if (!owned_.remove(task)) {
    root_ended();
    return false;
  }
  observer_.terminated(task);
  if (shutting_down() && all_ended()) all_tasks_ended();
  return true;
}

bool Core::all_ended() noexcept {
  {
    // Before the list: what a root leaves behind is there before the root is gone.
    const std::lock_guard lock(roots_mutex_);
    if (fatal_ != nullptr && !roots_.empty()) return false;
  }
  return owned_.empty();
}

bool Core::over() noexcept { return all_ended() && owned_.seal_if_empty(); }

std::string Core::thread_name() const { return config_.thread_name_fn ? config_.thread_name_fn() : config_.thread_name; }

void Core::saw_time(Instant now) noexcept {
  const auto units = static_cast<std::uint32_t>(now.saturating_since(begun_).count() / kBornUnit);
  if (seen_time_.load(std::memory_order_relaxed) != units) seen_time_.store(units, std::memory_order_relaxed);
}

Duration Core::age_of(const detail::Header& task) const noexcept {
  return config_.driver->now().saturating_since(begun_ + Duration(task.root.born * kBornUnit));
}

void Core::break_shields() noexcept {
  breaks_shields_.store(true, std::memory_order_release);  // pairs with breaks_shields()
  owned_.wake_aborted();
  const std::lock_guard lock(roots_mutex_);
  if (fatal_ == nullptr) return;
  for (detail::Header* root : roots_) detail::Wake(root, 0).wake_by_reference();
}

std::vector<runtime::ShutdownReport::LeftTask> Core::left_tasks() const {
  std::vector<runtime::ShutdownReport::LeftTask> left;
  owned_.for_each([&](const detail::Header& task) {
    left.push_back({.id = task.id, .name = std::string(detail::task_name(task)), .worker = {}});
  });
  for (std::size_t i = 0; i < workers(); ++i) {
    const WorkerCounters& worker = look_at(i).counters;
    const std::uint64_t running = worker.task_id.load(std::memory_order_relaxed);
    const std::uint64_t polls = worker.polls.get();
    const auto at = std::ranges::find(left, running, &runtime::ShutdownReport::LeftTask::id);
    if (running == 0 || at == left.end()) continue;
    // One that was only asked whether it can end is not stuck in it.
    std::this_thread::sleep_for(kStuckFor);
    if (worker.task_id.load(std::memory_order_relaxed) == running && worker.polls.get() == polls) at->worker = i;
  }
  return left;
}

Duration Core::time_until(Instant deadline) const noexcept {
  return std::min<Duration>(deadline.saturating_since(config_.driver->now()), std::chrono::hours(24 * 365));
}

void Core::unhandled(std::uint64_t task_id, std::exception_ptr exception) noexcept {
  if (config_.unhandled != task::UnhandledException::Ignore) log(task_id, exception);
  unhandled_.fetch_add(1, std::memory_order_release);  // pairs with unhandled_exceptions(): who sees it counted finds it logged
  if (config_.unhandled == task::UnhandledException::ShutdownRuntime) end_by(std::move(exception));
  if (config_.unhandled == task::UnhandledException::Terminate) std::rethrow_exception(exception);  // out of noexcept
}

void Core::end_by(std::exception_ptr exception) noexcept {
  {
    // First: who learns of the shutdown stays for the roots, which may leave a cleanup behind.
    const std::lock_guard lock(roots_mutex_);
    if (fatal_ == nullptr) fatal_ = std::move(exception);
  }
  close();
  const std::lock_guard lock(roots_mutex_);
  // Under the lock no root can go away.
  for (detail::Header* root : roots_) detail::abort_task(root, CancelReason::Shutdown);
}

void Core::enter_root(detail::Header* root) {
  root->root.born = seen_time_.load(std::memory_order_relaxed);
  const std::lock_guard lock(roots_mutex_);
  roots_.push_back(root);
  if (fatal_ != nullptr) root->state.abort();  // not queued yet: it ends with its first run
}

void Core::leave_root(detail::Header* root) noexcept {
  {
    const std::lock_guard lock(roots_mutex_);
    std::erase(roots_, root);
  }
  if (shutting_down() && all_ended()) all_tasks_ended();
}

bool Core::is_root(const detail::Header* task) noexcept {
  const std::lock_guard lock(roots_mutex_);
  return std::ranges::find(roots_, task) != roots_.end();
}

std::exception_ptr Core::fatal() noexcept {
  const std::lock_guard lock(roots_mutex_);
  return fatal_;
}

}  // namespace rondeau::scheduler
