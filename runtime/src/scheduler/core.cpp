#include "scheduler/core.h"

#include <algorithm>
#include <cstdio>
#include <exception>

namespace rondeau::scheduler {

Core::Core(Config config) : config_(std::move(config)), owned_(config_.workers), pools_(config_.pools, this) {}

Core::~Core() = default;

bool Core::disown(detail::Header* task) noexcept {
  if (!owned_.remove(task)) {
    root_ended();
    return false;
  }
  if (shutting_down() && owned_.empty()) all_tasks_ended();
  return true;
}

std::vector<runtime::ShutdownReport::LeftTask> Core::left_tasks() const {
  std::vector<runtime::ShutdownReport::LeftTask> left;
  owned_.for_each([&](const detail::Header& task) { left.push_back({.id = task.id, .name = {}, .worker = {}}); });
  for (std::size_t i = 0; i < workers(); ++i) {
    const std::uint64_t running = look_at(i).counters.task_id.load(std::memory_order_relaxed);
    for (auto& task : left) {
      if (task.id == running) task.worker = i;
    }
  }
  return left;
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
