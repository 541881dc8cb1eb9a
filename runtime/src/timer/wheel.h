// The timer wheel: who sleeps until when. One per worker.
//
// Six levels of 64 slots. A slot of level 0 is one millisecond (a tick), a slot of level n is all of level n-1, so the
// wheel spans 2^36 ms. A timer goes to the level of the highest digit (base 64) in which its tick differs from the
// present one; when time enters a slot of a higher level, its timers move down. So arming and cancelling cost the same
// whatever is armed, and a timer moves at most five times. Deadlines beyond the span wait in the top level and are
// linked again when their slot comes by.
//
// Timers fire in the order of their ticks, and within a tick the last armed first: where an inner wait was begun inside
// an outer one, the inner one is told first. Never early: deadlines round up, the present rounds down.
//
// Who is woken is decided under the lock, in batches of 32; waking happens outside it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/detail/atomics.h>
#include <rondeau/detail/timer_entry.h>
#include <rondeau/detail/waiter.h>

#include "base/word_mutex.h"

namespace rondeau::timer {

/// Thread safety: any thread, except where the owner is named.
template <class Atomics>
class BasicWheel {
  using Entry = detail::BasicTimerEntry<Atomics>;
  using Link = detail::BasicTimerLink<Atomics>;
  using Wake = typename Atomics::Wake;
  using WakeBatch = detail::BasicWakeBatch<Atomics>;
  using Mutex = base::BasicWordMutex<Atomics::template Atomic>;

 public:
  static constexpr unsigned kLevels = 6;
  static constexpr unsigned kDigit = 6;  ///< bits per level
  static constexpr std::uint64_t kSlots = 1 << kDigit;

  /// `wake_owner(owner)` ends the owner's sleep, or its next one; it is called without the lock.
  BasicWheel(base::Instant start, void (*wake_owner)(void*), void* owner) noexcept;
  BasicWheel(const BasicWheel&) = delete;
  BasicWheel& operator=(const BasicWheel&) = delete;
  ~BasicWheel();

  /// Links an entry that is not armed. False: due already, the entry counts as fired and nobody is woken.
  bool arm(Entry& entry, base::Instant deadline, Wake wake) noexcept;
  /// Makes the entry idle; it must be armed here, or have fired.
  void cancel(Entry& entry) noexcept;
  /// Waits until a firing that goes on is over.
  void settle() noexcept { const std::lock_guard lock(lock_); }

  /// How long the owner may sleep; at most this, as a timer may have to move to a lower level before it fires. The
  /// owner asks just before it sleeps: from now on an earlier timer wakes it, until it calls advance().
  std::optional<base::Instant> next_deadline() noexcept;
  /// Fires what is due. The owner, after every sleep and now and then. Returns how many fired.
  std::size_t advance(base::Instant now) noexcept;
  /// The same for another worker, when the owner is late. Nothing where the wheel is in use.
  std::size_t help(base::Instant now) noexcept;
  /// Whether something may be due. Costs one load; wrong at worst for a moment.
  bool due(base::Instant now) const noexcept { return floor_tick(now) >= earliest_.load(std::memory_order_relaxed); }

  /// Fires everything; from now on nothing is armed, as if all were due. Nobody will call advance() any more.
  void shutdown() noexcept;

  /// Timers linked now.
  std::size_t armed() const noexcept { return armed_.load(std::memory_order_relaxed); }

  static std::uint64_t floor_tick(base::Instant instant) noexcept;
  static std::uint64_t ceil_tick(base::Instant instant) noexcept;

 private:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  struct Expiration {
    unsigned level;
    unsigned slot;
    std::uint64_t tick;
  };

  std::size_t advance_locked(base::Instant now, std::unique_lock<Mutex>& lock) noexcept;
  std::optional<Expiration> next_expiration() const noexcept;
  std::size_t fire_slot(unsigned slot, WakeBatch& batch) noexcept;
  void cascade(unsigned level, unsigned slot) noexcept;
  bool fire(Entry& entry, WakeBatch& batch) noexcept;
  void link(Entry& entry, std::uint64_t tick) noexcept;
  void unlink(Entry& entry) noexcept;
  void count(int change) noexcept;
  unsigned level_of(std::uint64_t tick) const noexcept;

  Mutex lock_;                                     ///< guards everything but the atomics' reading
  detail::PlainOf<Atomics, std::uint64_t> elapsed_;  ///< the tick up to which everything has fired; kNever: shut down
  detail::PlainOf<Atomics, std::uint64_t> sleeps_until_{0};  ///< the owner's promise to be back; 0: it is awake
  std::array<std::uint64_t, kLevels> occupied_{};  ///< a bit for each slot with timers
  std::array<Link, kLevels * kSlots> slots_;
  // Written under the lock; read without it as hints, where a stale value costs a look or a moment.
  detail::AtomicOf<Atomics, std::uint64_t> earliest_{kNever};
  detail::AtomicOf<Atomics, std::size_t> armed_{0};
  bool asleep_ = false;  ///< the owner's own: next_deadline() was the last thing it asked
  void (*wake_owner_)(void*);
  void* owner_;
};

extern template class BasicWheel<detail::StdAtomics>;

/// The product's. A class, so that a header may name it without knowing more.
class Wheel final : public BasicWheel<detail::StdAtomics> {
 public:
  using BasicWheel::BasicWheel;
};

}  // namespace rondeau::timer
