#include "blocking/built_in_pools.h"

#include <algorithm>
#include <string>

namespace rondeau::threads {
namespace {

constexpr std::array<std::string_view, task::kBuiltInPools> kNames{"blocking", "fs", "resolver"};

}  // namespace

BuiltInPools::Options BuiltInPools::defaults() {
  // Names are resolved by few threads: who asks many at once is kept waiting, and does not keep the others waiting.
  return {PoolOptions{}, PoolOptions{}, PoolOptions{.max_threads = 4, .queue_limit = 256}};
}

BuiltInPools::Options BuiltInPools::bounded(const std::array<task::PoolBounds, task::kBuiltInPools>& bounds,
                                            Duration keep_alive) {
  Options options = defaults();
  for (std::size_t i = 0; i < options.size(); ++i) {
    options[i].max_threads = bounds[i].max_threads.value_or(options[i].max_threads);
    if (bounds[i].queue_limit) options[i].queue_limit = bounds[i].queue_limit;
    options[i].keep_alive = bounds[i].keep_alive.value_or(keep_alive);
  }
  return options;
}

std::optional<task::BuiltInPool> BuiltInPools::find(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<task::BuiltInPool>(found - kNames.begin());
}

Pool& BuiltInPools::get(task::BuiltInPool which) noexcept {
  const auto index = static_cast<std::size_t>(which);
  Pool* const pool = made_[index].load(std::memory_order_acquire);  // pairs with make()
  return pool != nullptr ? *pool : make(index);
}

Pool& BuiltInPools::make(std::size_t index) noexcept {
  const std::lock_guard lock(making_);
  if (owned_[index] == nullptr) {
    owned_[index] = std::make_unique<Pool>(std::string(kNames[index]), options_[index], home_);
    if (sealed_) owned_[index]->seal();
    made_[index].store(owned_[index].get(), std::memory_order_release);  // pairs with get() and for_each_made()
  }
  return *owned_[index];
}

template <class F>
void BuiltInPools::for_each_made(F&& function) const {
  for (const std::atomic<Pool*>& pool : made_) {
    if (Pool* const made = pool.load(std::memory_order_acquire); made != nullptr) function(*made);
  }
}

void BuiltInPools::cancel_waiting() noexcept {
  for_each_made([](Pool& pool) { pool.cancel_waiting(); });
}

std::vector<runtime::ShutdownReport::LeftCall> BuiltInPools::shutdown(std::optional<Instant> deadline) noexcept {
  {
    const std::lock_guard lock(making_);
    sealed_ = true;
  }
  // All of them first: while one is waited for, the others take nothing new.
  for_each_made([](Pool& pool) { pool.seal(); });
  std::vector<runtime::ShutdownReport::LeftCall> left_behind;
  for_each_made([&](Pool& pool) {
    for (auto& call : pool.shutdown(deadline)) left_behind.push_back(std::move(call));
  });
  return left_behind;
}

bool BuiltInPools::busy() const noexcept {
  bool any = false;
  for_each_made([&](Pool& pool) { any = any || pool.busy(); });
  return any;
}

}  // namespace rondeau::threads
