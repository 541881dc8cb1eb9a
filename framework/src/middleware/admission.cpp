#include <rondeau/middleware/admission.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include <rondeau/response/problem.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/runtime/metrics.h>

namespace rondeau::middleware {
namespace {

using base::Duration;
using base::Instant;
using task::Priority;

constexpr int kLooks = 20;              // in an interval
constexpr int kStale = 4;               // intervals without a request: nothing is known any more
constexpr std::uint32_t kWhole = 1000;  // of a priority
constexpr std::uint32_t kStep = 250;
constexpr std::size_t kPriorities = 3;
constexpr std::uint32_t kMost = kPriorities * kWhole - 100;

/// 0 is turned away first.
constexpr std::size_t rank_of(Priority priority) noexcept {
  return static_cast<std::size_t>(Priority::Background) - static_cast<std::size_t>(priority);
}

Duration delay_of_runtime() {
  return runtime::Handle::current().metrics().band_oldest_age(Priority::Normal);
}

}  // namespace

struct Admission::Shared {
  explicit Shared(AdmissionOptions given) : options(std::move(given)) {}

  /// Takes a sample when it is time for one; others go on with what is known.
  void look(Instant now) {
    std::int64_t due = next_look.load(std::memory_order_relaxed);
    if (now.nanoseconds() < due) return;
    const std::int64_t next = (now + options.interval / kLooks).nanoseconds();
    if (!next_look.compare_exchange_strong(due, next, std::memory_order_relaxed)) return;
    const Duration delay = options.delay ? options.delay() : delay_of_runtime();
    const std::lock_guard lock(mutex);
    if (now - last >= options.interval * kStale) begin_anew(now, 0);
    last = now;
    smallest = std::min(smallest, delay);
    if (now - began < options.interval) return;
    const std::uint32_t shed = level.load(std::memory_order_relaxed);
    begin_anew(now, smallest > options.target ? raised(shed) : shed - std::min(shed, 2 * kStep));
  }

  std::uint32_t raised(std::uint32_t shed) const noexcept {
    shed += kStep;
    for (std::size_t rank = 0; rank + 1 < kPriorities; ++rank) {
      // Of a priority that nobody has there is nothing to turn away.
      const bool here = shed > rank * kWhole && shed <= (rank + 1) * kWhole;
      if (here && came[rank].load(std::memory_order_relaxed) == 0) {
        shed = static_cast<std::uint32_t>(rank + 1) * kWhole + kStep;
      }
    }
    return std::min(shed, kMost);
  }

  void begin_anew(Instant now, std::uint32_t shed) noexcept {
    began = now;
    smallest = Duration::max();
    for (auto& count : came) count.store(0, std::memory_order_relaxed);
    level.store(shed, std::memory_order_relaxed);
  }

  /// Spreads those turned away evenly: of a share of a quarter, each fourth.
  bool lets_in(std::size_t rank) noexcept {
    came[rank].fetch_add(1, std::memory_order_relaxed);
    const std::uint32_t shed = level.load(std::memory_order_relaxed);
    const auto before = static_cast<std::uint32_t>(rank) * kWhole;
    if (shed <= before) return true;
    const std::uint32_t share = std::min(shed - before, kWhole);
    return turn[rank].fetch_add(share, std::memory_order_relaxed) % kWhole + share < kWhole;
  }

  const AdmissionOptions options;
  // Written and read by all workers. A stale value turns one more or one fewer away.
  std::atomic<std::int64_t> next_look{0};
  std::atomic<std::uint32_t> level{0};  ///< thousandths: all of the first priority, then of the next
  std::array<std::atomic<std::uint64_t>, kPriorities> came{};  ///< in this interval
  std::array<std::atomic<std::uint64_t>, kPriorities> turn{};
  std::mutex mutex;  // guards the rest
  Instant began;
  Instant last;
  Duration smallest = Duration::max();
};

Admission::Admission(AdmissionOptions options) : shared_(std::make_shared<Shared>(std::move(options))) {}

Result<void> Admission::check() const {
  if (shared_->options.target < Duration::zero() || shared_->options.interval < std::chrono::milliseconds(1)) {
    return Error(Errc::InvalidArgument, "Admission: the interval is a millisecond or longer, and the target not negative");
  }
  return {};
}

std::optional<http::Response> Admission::before(http::Request& request) const {
  Shared& shared = *shared_;
  shared.look(Instant::now());
  const Priority priority =
      shared.options.priority ? shared.options.priority(request) : task::Context::current().priority();
  if (shared.lets_in(rank_of(priority))) return std::nullopt;
  return response::Problem(http::StatusCode::ServiceUnavailable, "overloaded")
      .header(http::HeaderName::RetryAfter, "1")
      .into_response(request);
}

}  // namespace rondeau::middleware
