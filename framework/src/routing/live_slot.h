// LiveRoutes::Slot: where the newest routes are found.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <rondeau/routing/live_routes.h>

namespace rondeau::routing {

class LiveRoutes::Slot {
 public:
  std::shared_ptr<const Dispatcher> get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  /// What was there is the caller's to end, outside of the lock.
  std::shared_ptr<const Dispatcher> put(std::shared_ptr<const Dispatcher> next,
                                        const std::vector<std::shared_ptr<void>>& states) {
    const std::lock_guard lock(mutex_);
    for (const auto& state : states) {
      if (std::ranges::find(states_, state) == states_.end()) states_.push_back(state);
    }
    return std::exchange(current_, std::move(next));
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Dispatcher> current_;
  std::vector<std::shared_ptr<void>> states_;  // of every router there was
};

}  // namespace rondeau::routing
