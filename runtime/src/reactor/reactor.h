// The reactor: tells sleeping tasks that their descriptors are ready. One per worker.
//
// A descriptor is registered once, edge-triggered, for both directions. A turn fetches events, merges each into its
// record's readiness word and wakes the waiters it concerns. Callers try first; one that met EAGAIN (or a short read)
// clears the bit it relied on, but only if the word's tick still is the one it saw: an edge that came between the call
// and the clear is kept.
//
// Deregistering: out of the poller first, then to the list of released records, which the next turn empties before
// it fetches events. So no batch fetched while the record was in use can name its next user.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>

#include <rondeau/base/driver.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/waiter.h>

#include "reactor/slab.h"

namespace rondeau::reactor {

/// Thread safety: any thread. Lifetime: counted; the owner's `delete` shuts it down and gives up its count, every
/// registration has one. So a socket may outlive its runtime; the driver must live as long as either, or in `memory`.
class Reactor final {
 public:
  static constexpr std::size_t kBatch = 1024;

  /// `batch`: at most so many events per turn.
  static Result<std::unique_ptr<Reactor>> make(base::Driver& driver, std::size_t batch = kBatch,
                                               std::shared_ptr<void> memory = nullptr);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Waits for events at most `timeout` (nullopt: until an event or wake()) and wakes the tasks they concern.
  /// Returns the number of events. One caller at a time, others wait for it.
  std::size_t turn(std::optional<Duration> timeout) noexcept;
  /// As turn(0) for a foreign worker: nothing where another thread is turning.
  std::size_t try_turn() noexcept;
  /// Ends the present turn's wait, or the next one's.
  void wake() noexcept { poller_->wake(); }

  /// Wakes every waiter with the shutdown bit; registering fails from now on. Idempotent.
  void shutdown() noexcept;

  base::Driver& driver() const noexcept { return driver_; }
  const std::shared_ptr<void>& memory() const noexcept { return memory_; }

  /// Descriptors registered now. A reading that may be old already: for choosing a shard and for metrics.
  std::uint64_t registered() const noexcept {
    const std::uint64_t gone = deregistered_total();
    const std::uint64_t made = registered_total();
    return made > gone ? made - gone : 0;
  }
  std::uint64_t registered_total() const noexcept { return registered_.load(std::memory_order_relaxed); }
  std::uint64_t deregistered_total() const noexcept { return deregistered_.load(std::memory_order_relaxed); }
  std::uint64_t ready_total() const noexcept { return events_.load(std::memory_order_relaxed); }

  // ---- detail::Registration's side

  Result<Record*> add(int descriptor, std::uint32_t ready);
  /// Before the descriptor is closed; no wait is going on.
  void remove(Record* record, int descriptor) noexcept;

  ~Reactor() = default;
  /// `delete` by the owner: shuts down; the memory goes with the last registration.
  static void operator delete(Reactor* reactor, std::destroying_delete_t) noexcept;

 private:
  Reactor(base::Driver& driver, std::unique_ptr<base::Poller> poller, std::shared_ptr<void> memory) noexcept
      : memory_(std::move(memory)), driver_(driver), poller_(std::move(poller)) {}

  std::size_t turn_locked(std::optional<Duration> timeout) noexcept;
  void dispatch(const base::PollEvent& event) noexcept;
  void reuse_released() noexcept;
  void release_count() noexcept;

  const std::shared_ptr<void> memory_;  ///< what the driver lives in
  base::Driver& driver_;
  std::unique_ptr<base::Poller> poller_;
  base::WordMutex turn_lock_;
  base::WordMutex slab_lock_;  ///< guards the three below, and writing the count
  Slab slab_;
  Record* released_ = nullptr;  ///< deregistered, not yet safe to use again
  bool shut_down_ = false;
  // Relaxed: a turn that sees them late reuses a record late, nothing more.
  std::atomic<unsigned> released_count_{0};
  std::atomic<bool> sleeping_{false};  ///< a turn is waiting, perhaps for long
  // Statistics and the choice of a shard, hence relaxed.
  std::atomic<std::uint64_t> registered_{0};
  std::atomic<std::uint64_t> deregistered_{0};
  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::size_t> references_{1};
};

}  // namespace rondeau::reactor
