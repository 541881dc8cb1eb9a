// Long computing and calls that block, on threads where they hold nobody up. Run: build/examples/blocking
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/blocking_pool.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/interval.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

bool is_prime(std::uint32_t number) {
  if (number < 2) return false;
  for (std::uint32_t divisor = 2; divisor <= number / divisor; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return true;
}

/// Nothing waits in here, so on a worker it would hold up what shares it. Nobody can end it either once it runs: so it
/// looks at `stop` itself.
std::uint32_t count_primes(std::uint32_t from, std::uint32_t to, std::shared_ptr<const std::atomic<bool>> stop) {
  std::uint32_t count = 0;
  for (std::uint32_t number = from; number < to && !stop->load(std::memory_order_relaxed); ++number) {
    count += is_prime(number) ? 1 : 0;
  }
  return count;
}

/// Set when whoever waits has gone, however: then nobody computes for nobody.
struct StopOnLeave {
  std::shared_ptr<std::atomic<bool>> stop = std::make_shared<std::atomic<bool>>(false);
  ~StopOnLeave() { stop->store(true, std::memory_order_relaxed); }
};

/// In pieces on a pool of its own: as many threads as there are processors, and files and other calls are not behind
/// it.
Task<Result<std::uint32_t>> count_primes_below(std::uint32_t limit, std::shared_ptr<BlockingPool> pool) {
  constexpr std::uint32_t kPiece = 10'000;
  const StopOnLeave leaving;
  JoinSet<Result<std::uint32_t>> pieces;
  for (std::uint32_t from = 0; from < limit; from += kPiece) {
    pieces.spawn(
        [pool, from, to = std::min(from + kPiece, limit), stop = leaving.stop]() -> Task<Result<std::uint32_t>> {
          // Waits for room in the pool's queue; spawn_blocking would be refused when that is full.
          auto count = co_await blocking(*pool, count_primes, from, to, stop);
          if (!count) co_return Error(count.error());
          co_return *count;
        });
  }
  std::uint32_t total = 0;
  while (auto piece = co_await pieces.join_next()) {
    if (!*piece) co_return Error(piece->error());
    RONDEAU_TRY(const std::uint32_t count, **std::move(piece));
    total += count;
  }
  co_return total;
}

Task<Result<void>> show() {
  const auto pool = std::make_shared<BlockingPool>(
      BlockingPoolSettings{.name = "primes", .max_threads = std::max(1U, std::thread::hardware_concurrency())});
  const auto ticks = std::make_shared<std::atomic<int>>(0);
  auto ticking = spawn([ticks]() -> Task<void> {
    for (auto every = interval(1ms);;) {
      co_await every.tick();
      ++*ticks;
    }
  });
  RONDEAU_TRY(const std::uint32_t primes, co_await count_primes_below(500'000, pool));
  ticking.abort();
  std::printf("%u primes below 500000\n", primes);
  std::printf("meanwhile the timer %s\n", ticks->load() > 1 ? "went on" : "stood still");
  co_return {};
}

}  // namespace

int main() {
  return run(show());
}
