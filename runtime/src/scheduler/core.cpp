#include "scheduler/core.h"

#include <algorithm>
#include <cstdio>
#include <exception>

namespace rondeau::scheduler {

Core::Core(Config config) : config_(std::move(config)), owned_(config_.workers), begun_(config_.driver->now()), pools_(config_.pools, this) {}

Core::~Core() = default;

bool Core::disown(detail::Header* task) noexcept {
  if (!owned_.remove(task)) {
    root_ended();
    return false;
  }
  if (shutting_down() && owned_.empty()) all_tasks_ended();
  return true;
}

namespace {

constexpr std::int64_t kBornUnit = 1'000'000'000 / 64;

}  // namespace

void Core::saw_time(Instant now) noexcept {
  const auto units = static_cast<std::uint32_t>(now.saturating_since(begun_).count() / kBornUnit);
  if (seen_time_.load(std::memory_order_relaxed) != units) seen_time_.store(units, std::memory_order_relaxed);
}

Duration Core::age_of(const detail::Header& task) const noexcept {
  return config_.driver->now().saturating_since(begun_ + Duration(task.root.born * kBornUnit));
}

void Core::add_root(detail::Header* root) {
  root->root.born = seen_time_.load(std::memory_order_relaxed);
  const std::lock_guard lock(roots_mutex_);
  roots_.push_back(root);
}

void Core::remove_root(detail::Header* root) noexcept {
  const std::lock_guard lock(roots_mutex_);
  std::erase(roots_, root);
}

void Core::break_shields() noexcept {
  breaks_shields_.store(true, std::memory_order_release);  // pairs with breaks_shields()
  owned_.wake_aborted();
}

Duration Core::time_until(Instant deadline) const noexcept {
  return std::min<Duration>(deadline.saturating_since(config_.driver->now()), std::chrono::hours(24 * 365));
}

void Core::unhandled(std::uint64_t task_id, std::exception_ptr exception) noexcept {
  const char* what = "something that is no std::exception";
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& thrown) {
    what = thrown.what();
    std::fprintf(stderr, "rondeau: task %llu ended by an exception nobody waits for: %s\n",
                 static_cast<unsigned long long>(task_id), what);
    return;
  } catch (...) {
  }
  std::fprintf(stderr, "rondeau: task %llu ended by an exception nobody waits for: %s\n",
               static_cast<unsigned long long>(task_id), what);
}

}  // namespace rondeau::scheduler
