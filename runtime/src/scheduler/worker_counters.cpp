#include "scheduler/worker_counters.h"

#include <algorithm>

namespace rondeau::scheduler {
void WorkerCounters::wake_up(base::Instant now) noexcept {
  awake_since_.store(now.nanoseconds(), std::memory_order_relaxed);
  batch_began_ = now;
  batch_polls_ = polls.get();
}

void WorkerCounters::fall_asleep(base::Instant now) noexcept {
  end_batch(now);
  const std::int64_t slice =
      std::max<std::int64_t>(now.nanoseconds() - awake_since_.load(std::memory_order_relaxed), 0);
  // The two change together: an odd version while they do. All releases pair with the acquires in busy().
  const std::uint32_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  busy_ns_.store(busy_ns_.load(std::memory_order_relaxed) + slice, std::memory_order_release);
  awake_since_.store(kAsleep, std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

void WorkerCounters::end_batch(base::Instant now) noexcept {
  const std::uint64_t count = polls.get() - batch_polls_;
  if (count == 0) return;
  const auto mean = static_cast<double>(now.saturating_since(batch_began_).count()) / static_cast<double>(count);
  const auto before = static_cast<double>(mean_poll_ns_.load(std::memory_order_relaxed));
  constexpr double kWeight = 0.1;
  mean_poll_ns_.store(static_cast<std::int64_t>(before == 0 ? mean : before + kWeight * (mean - before)),
                      std::memory_order_relaxed);
  batch_began_ = now;
  batch_polls_ = polls.get();
}

Duration WorkerCounters::busy(base::Instant now) const noexcept {
  for (;;) {
    const std::uint32_t version = version_.load(std::memory_order_acquire);
    const std::int64_t total = busy_ns_.load(std::memory_order_acquire);
    const std::int64_t since = awake_since_.load(std::memory_order_acquire);
    // Read again where a sleep began meanwhile: its slice would be missing, or be there twice.
    if (version % 2 != 0 || version_.load(std::memory_order_relaxed) != version) continue;
    return Duration(total + (since == kAsleep ? 0 : std::max<std::int64_t>(now.nanoseconds() - since, 0)));
  }
}

}  // namespace rondeau::scheduler
