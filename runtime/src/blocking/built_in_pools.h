// The blocking pools of one runtime: "blocking", "fs" and "resolver".
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include <rondeau/task/blocking_pool.h>

#include "blocking/pool.h"

namespace rondeau::threads {

/// Each pool is made by the first who asks for it. Thread safety: any thread.
class BuiltInPools {
 public:
  using Options = std::array<PoolOptions, task::kBuiltInPools>;

  static Options defaults();
  /// The defaults, where `bounds` says nothing else.
  static Options bounded(const std::array<task::PoolBounds, task::kBuiltInPools>& bounds, Duration keep_alive);
  static std::optional<task::BuiltInPool> find(std::string_view name) noexcept;

  BuiltInPools(const Options& options, detail::Scheduler* home) : options_(options), home_(home) {}
  BuiltInPools(const BuiltInPools&) = delete;
  BuiltInPools& operator=(const BuiltInPools&) = delete;

  Pool& get(task::BuiltInPool which) noexcept;
  /// Null where nobody has asked for it yet.
  const Pool* find_made(task::BuiltInPool which) const noexcept {
    return made_[static_cast<std::size_t>(which)].load(std::memory_order_acquire);  // pairs with make()
  }
  void cancel_waiting() noexcept;
  /// As Pool::shutdown, for all of them; one made afterwards is sealed from birth.
  std::vector<runtime::ShutdownReport::LeftCall> shutdown(std::optional<Instant> deadline) noexcept;
  /// A call waits or runs in one of them.
  bool busy() const noexcept;

 private:
  Pool& make(std::size_t index) noexcept;
  template <class F>
  void for_each_made(F&& function) const;

  const Options options_;
  detail::Scheduler* const home_;
  std::mutex making_;  // guards owned_ and sealed_
  std::array<std::unique_ptr<Pool>, task::kBuiltInPools> owned_;
  std::array<std::atomic<Pool*>, task::kBuiltInPools> made_{};  // null, or what owned_ has; written under the lock
  bool sealed_ = false;
};

}  // namespace rondeau::threads
