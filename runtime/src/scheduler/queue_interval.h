// How many tasks of its own a worker runs before it looks at the queue of all.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <rondeau/base/instant.h>

namespace rondeau::scheduler {

/// Given by the user, or such that the queue is looked at every 200 µs: often where tasks run for long, seldom where
/// looking would cost more than running them.
class QueueInterval {
 public:
  explicit QueueInterval(std::optional<unsigned> given) noexcept : tasks_(given.value_or(kStart)), tuned_(!given) {}

  unsigned tasks() const noexcept { return tasks_; }
  bool tuned() const noexcept { return tuned_; }
  /// `mean`: of one run of a task. Small changes are noise and not followed.
  void tune(Duration mean) noexcept {
    if (!tuned_ || mean <= Duration::zero()) return;
    const auto wanted = static_cast<unsigned>(std::clamp<std::int64_t>(kTarget / mean, kLeast, kMost));
    if (std::max(wanted, tasks_) - std::min(wanted, tasks_) > kNoise) tasks_ = wanted;
  }

 private:
  static constexpr Duration kTarget = std::chrono::microseconds(200);
  static constexpr unsigned kStart = 61;
  static constexpr std::int64_t kLeast = 2;
  static constexpr std::int64_t kMost = 127;
  static constexpr unsigned kNoise = 2;

  unsigned tasks_;
  bool tuned_;
};

}  // namespace rondeau::scheduler
