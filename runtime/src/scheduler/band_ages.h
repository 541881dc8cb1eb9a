// How long tasks of each band have waited in queues. Tasks carry no time of their own: one thread looks at all queues now
// and then and notes how far each has come, so that whoever queues and takes tasks does nothing for it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>

#include "scheduler/bands.h"
#include "scheduler/progress.h"

namespace rondeau::scheduler {

/// Of one queue. Whatever was in it when the mark was set, and has not come out, waits since then at least.
class QueueAge {
 public:
  void look(Progress at, Instant now) noexcept {
    const bool waited = std::exchange(waits_, at.popped != at.pushed);
    if (!waits_ || (waited && static_cast<std::int32_t>(at.popped - mark_) < 0)) return;
    mark_ = at.pushed;
    since_ = now;
  }
  void end() noexcept { waits_ = false; }
  bool waits() const noexcept { return waits_; }
  Instant since() const noexcept { return since_; }

 private:
  bool waits_ = false;
  std::uint32_t mark_ = 0;
  Instant since_;
};

/// Written by one thread, read by any.
class BandAges {
 public:
  explicit BandAges(std::size_t queues) : queues_(queues) {}

  /// `progress(queue, band) -> Progress` of each queue of each of these bands; of others nothing was ever queued.
  template <class F>
  void look(Instant now, std::span<const Priority> bands, F&& progress) noexcept {
    waits_ = false;
    for (const Priority band : bands) {
      std::int64_t oldest = kNone;
      for (std::size_t i = 0; i < queues_.size(); ++i) {
        QueueAge& age = queues_[i][index_of(band)];
        age.look(progress(i, band), now);
        if (!age.waits()) continue;
        waits_ = true;
        oldest = std::min(oldest, age.since().nanoseconds());
      }
      since_[index_of(band)].store(oldest, std::memory_order_relaxed);
    }
  }

  /// A look that finds all queues empty.
  void look_at_nothing() noexcept {
    if (!std::exchange(waits_, false)) return;
    for (auto& bands : queues_) {
      for (QueueAge& age : bands) age.end();
    }
    forget();
  }

  /// Nobody will look any more.
  void forget() noexcept {
    for (auto& since : since_) since.store(kNone, std::memory_order_relaxed);
  }

  /// Zero where nothing waits. At least: it may be older by the time between two looks.
  Duration oldest(Priority band, Instant now) const noexcept {
    const std::int64_t since = since_[index_of(band)].load(std::memory_order_relaxed);
    return since == kNone ? Duration::zero() : Duration(std::max<std::int64_t>(now.nanoseconds() - since, 0));
  }

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

  std::vector<std::array<QueueAge, kBands>> queues_;
  bool waits_ = false;  // somewhere, at the last look
  std::array<std::atomic<std::int64_t>, kBands> since_{kNone, kNone, kNone};
};

}  // namespace rondeau::scheduler
