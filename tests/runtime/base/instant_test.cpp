#include <rondeau/base/instant.h>

#include <doctest/doctest.h>

#include <chrono>

using namespace rondeau;
using namespace std::chrono_literals;

TEST_CASE("TI1: instant: time goes on and never back, and elapsed says how far") {
  const Instant begin = Instant::now();
  Instant last = begin;
  for (int i = 0; i < 1000; ++i) {
    const Instant now = Instant::now();
    CHECK(now >= last);
    last = now;
  }
  CHECK(begin.elapsed() >= last - begin);
  CHECK((begin + 1h).elapsed() == Duration::zero());
}

TEST_CASE("TI1: instant: arithmetic saturates and never wraps") {
  constexpr Instant end = Instant::far_future();
  constexpr Instant start = Instant::from_nanoseconds(Duration::min().count());
  constexpr Instant middle = Instant::from_nanoseconds(0);
  static_assert(end + 1ns == end && end + Duration::max() == end);
  static_assert(start - 1ns == start && start - Duration::max() == start && start + Duration::min() == start);
  static_assert(middle - Duration::min() == end);
  static_assert(end - start == Duration::max() && start - end == Duration::min());
  static_assert(end - middle == Duration::max() && middle + 5ns - middle == 5ns);
}

TEST_CASE("TI1: instant: saturating_since is never negative, checked_add is empty where the sum does not fit") {
  constexpr Instant at = Instant::from_nanoseconds(1000);
  static_assert((at + 5ns).saturating_since(at) == 5ns);
  static_assert(at.saturating_since(at + 5ns) == Duration::zero());
  static_assert(at.checked_add(5ns) == Instant::from_nanoseconds(1005));
  static_assert(!Instant::far_future().checked_add(1ns));
  static_assert(!at.checked_add(Duration::max()));
  static_assert(at.checked_add(-1000ns) == Instant::from_nanoseconds(0));
}
