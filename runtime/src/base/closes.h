// Whoever ran out of descriptors waits for one to be given back; whoever closes one tells, if anybody waits.
#pragma once

#include <atomic>

namespace rondeau::base {

/// How many wait. Relaxed everywhere: who closes and does not see a watcher that begins just now lets it wait until its
/// time is over, which is short.
inline std::atomic<int> close_watchers{0};
/// Set once, before the first watcher counts itself.
inline std::atomic<void (*)() noexcept> tell_close_watchers{nullptr};

/// After a descriptor was closed. Any thread.
inline void note_close() noexcept {
  if (close_watchers.load(std::memory_order_relaxed) == 0) return;
  // Acquire: pairs with the release of who set it.
  if (auto* tell = tell_close_watchers.load(std::memory_order_acquire); tell != nullptr) tell();
}

}  // namespace rondeau::base
