#include "scheduler/relay.h"

#include <algorithm>

namespace rondeau::scheduler {

// A condition's clock must not overflow.
Relay::Relay(Duration keep_alive) noexcept : keep_alive_(std::min<Duration>(keep_alive, std::chrono::hours(24 * 365))) {}

bool Relay::offer(Worker& worker, const void* seat) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back({&worker, seat});
  if (waiting_.size() <= spare_ + coming_) {
    offered_.notify_one();
    return false;
  }
  ++coming_;
  return true;
}

void Relay::arrived() noexcept {
  const std::lock_guard lock(mutex_);
  --coming_;
}

Worker* Relay::take_back(const void* seat) noexcept {
  const std::lock_guard lock(mutex_);
  const auto mine = std::ranges::find(waiting_, seat, &Offer::seat);
  if (mine == waiting_.end()) return nullptr;
  Worker* worker = mine->worker;
  waiting_.erase(mine);
  return worker;
}

Worker* Relay::wait() noexcept {
  std::unique_lock lock(mutex_);
  ++spare_;
  offered_.wait_for(lock, keep_alive_, [this] { return closed_ || !waiting_.empty(); });
  --spare_;
  if (waiting_.empty()) return nullptr;
  Worker* worker = waiting_.front().worker;
  waiting_.pop_front();
  return worker;
}

void Relay::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  offered_.notify_all();
}

}  // namespace rondeau::scheduler
