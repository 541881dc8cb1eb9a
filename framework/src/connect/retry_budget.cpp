#include <rondeau/connect/retry_budget.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <mutex>

namespace rondeau::connect {

/// What was deposited and withdrawn lately, by tenths of a token's lifetime. In millionths of a token, since sums of
/// fractions would drift.
class RetryBudget::Window {
 public:
  explicit Window(const RetryBudgetOptions& options)
      : deposit_(units(options.ratio)),
        part_(std::max(options.token_lifetime / kParts, Duration(1))),
        reserve_(units(options.reserve_per_second *
                       std::chrono::duration<double>(std::max(options.token_lifetime, Duration(0))).count())) {}

  void deposit() noexcept {
    const Instant now = Instant::now();
    const std::lock_guard lock(mutex_);
    std::int64_t& part = present(now);
    part = std::min(part + deposit_, kMost);
  }
  bool withdraw() noexcept {
    const Instant now = Instant::now();
    const std::lock_guard lock(mutex_);
    std::int64_t& part = present(now);
    if (sum() < kToken) return false;
    part -= kToken;
    return true;
  }
  double balance() noexcept {
    const Instant now = Instant::now();
    const std::lock_guard lock(mutex_);
    present(now);
    return static_cast<double>(std::max(sum(), std::int64_t{0})) / static_cast<double>(kToken);
  }

 private:
  static constexpr std::int64_t kParts = 10;
  static constexpr std::int64_t kToken = 1'000'000;
  static constexpr std::int64_t kMost = std::int64_t{1} << 58;  // so that the sum of all fits

  static std::int64_t units(double tokens) noexcept {
    const double scaled = tokens * static_cast<double>(kToken);
    if (!(scaled > 0)) return 0;
    return scaled < static_cast<double>(kMost) ? std::llround(scaled) : kMost;
  }

  /// Forgets what is too old. The part of time that `now` is in.
  std::int64_t& present(Instant now) noexcept {
    const std::int64_t at = now.nanoseconds() / part_.count();
    if (at - newest_ >= kParts) parts_.fill(0);
    // A clock that another thread read a moment ago may be behind: then nothing is too old.
    for (; newest_ < at && at - newest_ < kParts; ++newest_) parts_[index(newest_ + 1)] = 0;
    newest_ = std::max(newest_, at);
    return parts_[index(newest_)];
  }
  static std::size_t index(std::int64_t part) noexcept { return static_cast<std::size_t>(part % kParts); }
  std::int64_t sum() const noexcept {
    std::int64_t total = reserve_;
    for (const std::int64_t part : parts_) total += part;
    return total;
  }

  const std::int64_t deposit_;
  const Duration part_;
  const std::int64_t reserve_;
  std::mutex mutex_;  // guards all below
  std::array<std::int64_t, kParts> parts_{};
  std::int64_t newest_ = 0;
};

RetryBudget::RetryBudget(RetryBudgetOptions options) : window_(std::make_shared<Window>(options)) {}

void RetryBudget::deposit() const noexcept {
  window_->deposit();
}
bool RetryBudget::withdraw() const noexcept {
  return window_->withdraw();
}
double RetryBudget::balance() const noexcept {
  return window_->balance();
}

}  // namespace rondeau::connect
