#include "sim/poller.h"

#include <algorithm>

#include "sim/world.h"

namespace rondeau::sim {

Poller::~Poller() {
  for (const auto& [descriptor, token] : tokens_) world_.network().unwatch(descriptor);
  world_.forget(host_, this);
}

Result<void> Poller::add(int descriptor, std::uint64_t token) {
  tokens_[descriptor] = token;
  auto watched = world_.network().watch(host_, descriptor, this);
  if (!watched) tokens_.erase(descriptor);
  return watched;
}

void Poller::remove(int descriptor) noexcept {
  world_.network().unwatch(descriptor);
  tokens_.erase(descriptor);
  std::erase(changed_, descriptor);
}

void Poller::mark(int descriptor) noexcept {
  if (std::ranges::find(changed_, descriptor) == changed_.end()) changed_.push_back(descriptor);
}

std::span<const base::PollEvent> Poller::wait(std::optional<Duration>) noexcept {
  woken_ = false;
  events_.clear();
  Random& random = world_.random();
  std::size_t count = std::min(changed_.size(), batch_);
  if (count > 1) count = 1 + random.below(count);
  while (events_.size() < count && !changed_.empty()) {
    const auto chosen = changed_.begin() + static_cast<std::ptrdiff_t>(random.below(changed_.size()));
    const int descriptor = *chosen;
    changed_.erase(chosen);
    if (const std::uint32_t ready = world_.network().ready(descriptor); ready != 0) {
      events_.push_back({.token = tokens_.at(descriptor), .ready = ready});
    }
  }
  return events_;
}

}  // namespace rondeau::sim
