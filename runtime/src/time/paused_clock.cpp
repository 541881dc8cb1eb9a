#include "time/paused_clock.h"

#include <algorithm>

#include <rondeau/base/assert.h>

namespace rondeau::time {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

}  // namespace

base::Instant PausedClock::now() const noexcept {
  // Acquire: pairs with resume(), whose ahead_ belongs to it.
  const std::int64_t frozen = frozen_.load(std::memory_order_acquire);
  if (frozen != kRunning) return base::Instant::from_nanoseconds(frozen);
  return real_.now() + base::Duration(ahead_.load(std::memory_order_relaxed));
}

std::int64_t PausedClock::wall_clock() const noexcept {
  const std::int64_t frozen = frozen_.load(std::memory_order_acquire);  // pairs with pause() and resume()
  if (frozen != kRunning) return frozen + wall_offset_.load(std::memory_order_relaxed);
  return real_.wall_clock() + ahead_.load(std::memory_order_relaxed);
}

void PausedClock::pause(std::source_location where) noexcept {
  if (paused()) base::fail("the clock is paused already; call test::resume() first", where);
  const std::int64_t wall = wall_clock();
  const std::int64_t here = now().nanoseconds();
  wall_offset_.store(wall - here, std::memory_order_relaxed);
  frozen_.store((here + kMillisecond - 1) / kMillisecond * kMillisecond, std::memory_order_release);
}

void PausedClock::resume(std::source_location where) noexcept {
  if (!paused()) base::fail("the clock is not paused; call test::pause() first", where);
  ahead_.store((now() - real_.now()).count(), std::memory_order_relaxed);
  frozen_.store(kRunning, std::memory_order_release);  // pairs with now()
  if (advancing_) finish_advance();
}

void PausedClock::advance_to(base::Instant instant) noexcept {
  if (!paused()) base::fail("only a paused clock can be advanced; call test::pause() first");
  frozen_.store(std::max(now(), instant).nanoseconds(), std::memory_order_relaxed);
}

bool PausedClock::on_idle(std::optional<base::Instant> next_deadline, bool blocking_call_runs) noexcept {
  if (!paused()) return false;
  if (advancing_) {
    if (now() >= target_ && (!next_deadline || *next_deadline > target_)) {
      finish_advance();
    } else {
      advance_to(next_deadline ? std::min(*next_deadline, target_) : target_);
    }
    return true;
  }
  if (!next_deadline || blocking_call_runs) return false;
  advance_to(*next_deadline);
  return true;
}

void PausedClock::begin_advance(base::Instant target, detail::Wake wake, std::source_location where) noexcept {
  if (!paused()) base::fail("only a paused clock can be advanced; call test::pause() first", where);
  if (advancing_) base::fail("the clock is being advanced already; await test::advance() before the next one", where);
  advancing_ = true;
  target_ = target;
  wake_ = wake;
}

void PausedClock::finish_advance() noexcept {
  advancing_ = false;
  wake_.wake_by_reference();
}

}  // namespace rondeau::time
