// RetryBudgets: one budget for each origin, so that a server in trouble takes no retries from the others.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rondeau/connect/retry_budget.h>

namespace rondeau::client {

/// Thread safety: any thread.
class RetryBudgets {
 public:
  /// Of more than `most` origins one is forgotten, and begins anew when it is asked again.
  RetryBudgets(connect::RetryBudgetOptions options, std::size_t most) noexcept : options_(options), most_(most) {}

  connect::RetryBudget of(std::string_view origin) {
    const std::lock_guard lock(mutex_);
    const std::string key(origin);
    if (const auto known = by_origin_.find(key); known != by_origin_.end()) return known->second;
    if (!by_origin_.empty() && by_origin_.size() >= most_) by_origin_.erase(by_origin_.begin());
    return by_origin_.emplace(key, connect::RetryBudget(options_)).first->second;
  }

 private:
  const connect::RetryBudgetOptions options_;
  const std::size_t most_;
  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, connect::RetryBudget> by_origin_;
};

}  // namespace rondeau::client
