// WatchRef: a look at the value of a watch channel.
#pragma once

#include <shared_mutex>
#include <utility>

#include <rondeau/detail/borrows.h>

namespace rondeau::sync {

/// The value, under a read lock: who sends waits for its end, on its thread. Copy out what is needed, and let it go.
///
/// Never keep it over a co_await; debug builds abort. Thread safety: stays on its thread. Lifetime: the sender or
/// receiver it came from must outlive it.
template <class T>
class [[nodiscard]] WatchRef {
 public:
  WatchRef(std::shared_lock<std::shared_mutex> lock, const T& value, bool changed)
      : lock_(std::move(lock)), value_(&value), changed_(changed) {
#ifndef NDEBUG
    detail::Borrows::begin(lock_.mutex());
#endif
  }
  WatchRef(WatchRef&&) noexcept = default;
  WatchRef& operator=(WatchRef&&) = delete;
  ~WatchRef() {
#ifndef NDEBUG
    if (lock_.owns_lock()) detail::Borrows::end(lock_.mutex());
#endif
  }

  const T& operator*() const noexcept { return *value_; }
  const T* operator->() const noexcept { return value_; }
  /// The receiver had not seen this value before. False for a sender.
  bool has_changed() const noexcept { return changed_; }

 private:
  std::shared_lock<std::shared_mutex> lock_;
  const T* value_;
  bool changed_;
};

}  // namespace rondeau::sync

namespace rondeau {
using sync::WatchRef;
}
