// Limit: until when a call is wanted; looked at from within SQLite, where nothing else could stop it.
#pragma once

#include <atomic>

#include <rondeau/base/instant.h>

namespace rondeau::sqlite {

/// Shared by who waits for a call and by the thread that makes it.
class Limit {
 public:
  explicit Limit(Instant deadline) noexcept : deadline_(deadline) {}

  Instant deadline() const noexcept { return deadline_; }
  /// Nobody waits any more.
  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }  // stopping a little later is as good
  bool over() const noexcept { return cancelled_.load(std::memory_order_relaxed) || Instant::now() >= deadline_; }

 private:
  const Instant deadline_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace rondeau::sqlite
