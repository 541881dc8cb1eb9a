#include <rondeau/time/interval.h>

#include <rondeau/base/assert.h>

namespace rondeau::time {
namespace {

// Below this a tick is late because the machine is, not because the user is.
constexpr base::Duration kTolerance = std::chrono::milliseconds(5);

}  // namespace

Interval::Interval(base::Instant start, base::Duration period, std::source_location where)
    : next_(start), period_(period) {
  if (period <= base::Duration::zero()) {
    base::fail("an interval's period must be positive, or it would tick without end; 1ms is the least that makes sense",
               where);
  }
}

base::Instant Interval::take() noexcept {
  const base::Instant due = next_;
  const base::Instant now = base::Instant::now();
  const base::Duration late = now.saturating_since(due);
  if (late <= kTolerance || behavior_ == MissedTickBehavior::Burst) {
    next_ = due + period_;
  } else if (behavior_ == MissedTickBehavior::Delay) {
    next_ = now + period_;
  } else {
    next_ = now + (period_ - late % period_);
  }
  return due;
}

}  // namespace rondeau::time
