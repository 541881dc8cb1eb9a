#include <rondeau/connect/pool_stats.h>

#include <algorithm>

#include <rondeau/observe/log.h>

#include "connect/pool_core.h"
#include "connect/pool_log.h"
#include "connect/words.h"

namespace rondeau::connect {

const char* to_string(CloseReason reason) noexcept {
  static constexpr std::array<const char*, kCloseReasons> kNames = {"idle",  "lifetime", "eof",
                                                                    "dirty", "broken",   "pool_closed"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string PoolStats::describe() const {
  std::string text = std::to_string(in_use) + " of " + std::to_string(max) + " connections in use, " +
                     std::to_string(idle) + " idle, " + std::to_string(connecting) + " connecting, " +
                     std::to_string(waiting) + " waiting";
  if (longest_holder) {
    text += "; the longest is held for " + human(longest_holder->held_for) + ", since " + place(longest_holder->where);
  }
  return text;
}

PoolStats PoolCore::stats() const {
  const Instant now = Instant::now();
  const std::lock_guard lock(mutex_);
  return stats_locked(now);
}

PoolStats PoolCore::stats_locked(Instant now) const {
  PoolStats stats = totals_;
  stats.max = options_.max;
  stats.idle = idle_.size();
  stats.in_use = used_.size();
  stats.open = idle_.size() + used_.size() + aside_;
  stats.connecting = connecting_;
  stats.waiting = waiters_.size();
  if (const PoolEntry* const oldest = used_.front()) {
    stats.longest_holder = {.where = oldest->where_, .held_for = now.saturating_since(oldest->taken_at_)};
  }
  return stats;
}

void PoolCore::count_wait(Duration waited) noexcept {
  const Changing changing(*this);
  count_wait_locked(waited);
}

void PoolCore::count_wait_locked(Duration waited) noexcept {
  const auto bucket = waited == Duration::zero()  // most often
                          ? 0
                          : std::ranges::lower_bound(WaitHistogram::kBounds, waited) - WaitHistogram::kBounds.begin();
  ++totals_.acquired;
  ++totals_.waits.counts[static_cast<std::size_t>(bucket)];
  totals_.waits.sum += waited;
  if (instruments_ != nullptr) instruments_->waited(waited);
}

void PoolCore::publish() noexcept {
  instruments_->publish({idle_.size(), used_.size(), aside_, connecting_, waiters_.size()}, totals_);
}

void PoolCore::count_timeout() noexcept {
  const Changing changing(*this);
  ++totals_.timed_out;
}

PoolFailure PoolCore::failure(PoolErrorKind kind, Duration within) const {
  PoolFailure failure{.kind = kind};
  std::string last_error;
  const Instant now = Instant::now();
  {
    const std::lock_guard lock(mutex_);
    failure.stats = stats_locked(now);
    failure.connect_error = last_error_value_;
    failure.was_connecting = connecting_ > 0;
    last_error = last_error_;
  }
  failure.message = options_.name + ": ";
  switch (kind) {
    case PoolErrorKind::Connect:
      failure.message += last_error;
      return failure;
    case PoolErrorKind::Closed:
      failure.message += "the pool is closed";
      return failure;
    case PoolErrorKind::Exhausted:
      failure.message += "too many wait for a connection: " + failure.stats.describe();
      break;
    case PoolErrorKind::Timeout:
      failure.message += within > Duration::zero() ? "no connection within " + human(within) + ": "
                                                   : std::string("no time left to wait for a connection: ");
      failure.message += failure.stats.describe();
      break;
  }
  if (!last_error.empty()) failure.message += "; the last attempt to connect failed: " + last_error;
  return failure;
}

void log_slow_wait(std::string_view pool, std::source_location where, const PoolStats& stats) noexcept {
  observe::log::write(observe::log::Level::Warn, "pool", "a connection is waited for longer than usual",
                      {{"pool", pool}, {"place", place(where)}, {"state", stats.describe()}});
}

void log_nested_acquire(std::string_view pool, std::source_location where, std::source_location held) noexcept {
  observe::log::write(observe::log::Level::Warn, "pool",
                      "a task waits for a second connection while it holds the first: where all do so, none goes on",
                      {{"pool", pool}, {"place", place(where)}, {"holds_since", place(held)}});
}

}  // namespace rondeau::connect
