// The inside of wheel.h and of timer_entry.h.
#pragma once

#include "timer/wheel.h"

#include <algorithm>
#include <bit>

namespace rondeau::timer {

inline constexpr std::uint64_t kNanosecondsPerTick = 1'000'000;
inline constexpr std::size_t kBatch = 32;  // what a WakeBatch holds

inline base::Instant instant_of(std::uint64_t tick) noexcept {
  constexpr std::int64_t kLast = base::Instant::far_future().nanoseconds();
  return tick > std::uint64_t{kLast} / kNanosecondsPerTick
             ? base::Instant::far_future()
             : base::Instant::from_nanoseconds(static_cast<std::int64_t>(tick * kNanosecondsPerTick));
}

template <class Atomics>
bool empty(const detail::BasicTimerLink<Atomics>& list) noexcept {
  return list.next == &list;
}

template <class Atomics>
void push_front(detail::BasicTimerLink<Atomics>& list, detail::BasicTimerLink<Atomics>& link) noexcept {
  link.previous = &list;
  link.next = list.next;
  list.next->previous = &link;
  list.next = &link;
}

template <class Atomics>
std::uint64_t BasicWheel<Atomics>::floor_tick(base::Instant instant) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(instant.nanoseconds(), 0)) / kNanosecondsPerTick;
}

template <class Atomics>
std::uint64_t BasicWheel<Atomics>::ceil_tick(base::Instant instant) noexcept {
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(instant.nanoseconds(), 0));
  // The last millisecond of time is not whole: what is due in it is due when it begins.
  return std::min((nanoseconds + kNanosecondsPerTick - 1) / kNanosecondsPerTick,
                  floor_tick(base::Instant::far_future()));
}

template <class Atomics>
BasicWheel<Atomics>::BasicWheel(base::Instant start, void (*wake_owner)(void*), void* owner) noexcept
    : elapsed_(floor_tick(start)), wake_owner_(wake_owner), owner_(owner) {
  for (Link& list : slots_) list.previous = list.next = &list;
}

template <class Atomics>
BasicWheel<Atomics>::~BasicWheel() {
  // A Sleep kept outside of the runtime's tasks may outlive it: it must not find this wheel any more.
  for (Link& list : slots_) {
    while (!empty(list)) {
      auto& entry = static_cast<Entry&>(*list.next);
      unlink(entry);
      entry.state_.store(Entry::kIdle, std::memory_order_release);
    }
  }
}

template <class Atomics>
bool BasicWheel<Atomics>::arm(Entry& entry, base::Instant deadline, Wake wake) noexcept {
  const std::uint64_t tick = ceil_tick(deadline);
  std::unique_lock lock(lock_);
  entry.wheel_ = this;
  // Relaxed: the wheel reads both under the lock.
  entry.wake_.store(wake, std::memory_order_relaxed);
  if (tick <= elapsed_) {
    entry.state_.store(Entry::kFired, std::memory_order_relaxed);
    return false;
  }
  entry.state_.store(tick, std::memory_order_relaxed);
  link(entry, tick);
  count(+1);
  if (tick >= sleeps_until_) return true;
  sleeps_until_ = tick;
  lock.unlock();
  wake_owner_(owner_);
  return true;
}

template <class Atomics>
void BasicWheel<Atomics>::cancel(Entry& entry) noexcept {
  const std::lock_guard lock(lock_);
  if (!entry.fired()) {
    unlink(entry);
    count(-1);
  }
  entry.state_.store(Entry::kIdle, std::memory_order_relaxed);
}

template <class Atomics>
std::optional<base::Instant> BasicWheel<Atomics>::next_deadline() noexcept {
  asleep_ = true;
  const std::lock_guard lock(lock_);
  const std::optional<Expiration> next = next_expiration();
  sleeps_until_ = next ? next->tick : kNever;
  earliest_.store(sleeps_until_, std::memory_order_relaxed);
  if (!next) return std::nullopt;
  return instant_of(next->tick);
}

template <class Atomics>
std::size_t BasicWheel<Atomics>::advance(base::Instant now) noexcept {
  if (!asleep_ && !due(now)) return 0;
  asleep_ = false;
  std::unique_lock lock(lock_);
  sleeps_until_ = 0;
  return due(now) ? advance_locked(now, lock) : 0;
}

template <class Atomics>
std::size_t BasicWheel<Atomics>::help(base::Instant now) noexcept {
  if (!due(now)) return 0;
  std::unique_lock lock(lock_, std::try_to_lock);
  return lock ? advance_locked(now, lock) : 0;
}

template <class Atomics>
std::size_t BasicWheel<Atomics>::advance_locked(base::Instant now, std::unique_lock<Mutex>& lock) noexcept {
  const std::uint64_t present = floor_tick(now);
  std::size_t fired = 0;
  WakeBatch batch;
  for (std::optional<Expiration> next = next_expiration(); next && next->tick <= present; next = next_expiration()) {
    elapsed_ = next->tick;
    if (next->level > 0) {
      cascade(next->level, next->slot);
      continue;
    }
    fired += fire_slot(next->slot, batch);
    lock.unlock();
    batch.wake_all();
    lock.lock();
  }
  elapsed_ = std::max<std::uint64_t>(elapsed_, present);
  const std::optional<Expiration> next = next_expiration();
  earliest_.store(next ? next->tick : kNever, std::memory_order_relaxed);
  return fired;
}

template <class Atomics>
void BasicWheel<Atomics>::shutdown() noexcept {
  std::unique_lock lock(lock_);
  elapsed_ = kNever;
  WakeBatch batch;
  for (Link& list : slots_) {
    while (!empty(list)) {
      fire_slot(static_cast<unsigned>(&list - slots_.data()), batch);
      lock.unlock();
      batch.wake_all();
      lock.lock();
    }
  }
}

template <class Atomics>
auto BasicWheel<Atomics>::next_expiration() const noexcept -> std::optional<Expiration> {
  // All of a level comes before all of the next one.
  for (unsigned level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const std::uint64_t here = elapsed_ >> (level * kDigit);
    const std::uint64_t ahead = std::rotr(occupied_[level], static_cast<int>(here % kSlots));
    std::uint64_t distance = 0;
    if (level > 0) {
      // The present slot has moved down already. What is in it came later, from beyond the wheel's span.
      distance = ahead == 1 ? kSlots : static_cast<std::uint64_t>(std::countr_zero(ahead & ~std::uint64_t{1}));
    } else {
      distance = static_cast<std::uint64_t>(std::countr_zero(ahead));
    }
    return Expiration{level, static_cast<unsigned>((here + distance) % kSlots), (here + distance) << (level * kDigit)};
  }
  return std::nullopt;
}

template <class Atomics>
std::size_t BasicWheel<Atomics>::fire_slot(unsigned slot, WakeBatch& batch) noexcept {
  // Two passes, so that the tasks' cells come from memory together: a million timers lie far apart.
  std::array<Entry*, kBatch> due;
  std::size_t count = 0;
  for (Link& list = slots_[slot]; !empty(list) && count < kBatch; ++count) {
    auto& entry = static_cast<Entry&>(*list.next);
    unlink(entry);
    __builtin_prefetch(entry.wake_.load(std::memory_order_relaxed).task(), 1);
    due[count] = &entry;
  }
  return static_cast<std::size_t>(
      std::count_if(due.begin(), due.begin() + count, [&](Entry* entry) { return fire(*entry, batch); }));
}

template <class Atomics>
void BasicWheel<Atomics>::cascade(unsigned level, unsigned slot) noexcept {
  // Taken out first: what lies beyond the wheel's span comes back to the same list.
  Link& list = slots_[level * kSlots + slot];
  Link taken{list.previous, list.next};
  taken.previous->next = taken.next->previous = &taken;
  list.previous = list.next = &list;
  occupied_[level] &= ~(std::uint64_t{1} << slot);
  // From the back, so that the order within a tick stays: the lists below are entered only now, hence empty.
  while (!empty(taken)) {
    auto& entry = static_cast<Entry&>(*taken.previous);
    taken.previous = entry.previous;
    taken.previous->next = &taken;
    // Relaxed: at worst an extension made right now is found on the next level.
    link(entry, entry.state_.load(std::memory_order_relaxed));
  }
}

template <class Atomics>
bool BasicWheel<Atomics>::fire(Entry& entry, WakeBatch& batch) noexcept {
  std::uint64_t due = entry.state_.load(std::memory_order_relaxed);
  do {
    if (due > elapsed_) {
      link(entry, due);  // extended meanwhile
      return false;
    }
    // Why seq_cst: we store "firing", then load the wake; detach() stores the wake, then loads the state. One of us
    // sees the other: either we find no wake, or it waits until the task is counted.
  } while (!entry.state_.compare_exchange_weak(due, Entry::kFiring, std::memory_order_seq_cst));
  if (const Wake wake = entry.wake_.load(std::memory_order_seq_cst); wake) batch.add(wake.counted());
  count(-1);
  entry.state_.store(Entry::kFired, std::memory_order_release);  // pairs with fired(); the entry may be gone now
  return true;
}

template <class Atomics>
void BasicWheel<Atomics>::link(Entry& entry, std::uint64_t tick) noexcept {
  const unsigned level = level_of(tick);
  const std::uint64_t slot = (tick >> (level * kDigit)) % kSlots;
  entry.place_ = static_cast<std::uint16_t>(level * kSlots + slot);
  push_front(slots_[entry.place_], entry);
  occupied_[level] |= std::uint64_t{1} << slot;
  const std::uint64_t begin = tick >> (level * kDigit) << (level * kDigit);
  if (begin < earliest_.load(std::memory_order_relaxed)) earliest_.store(begin, std::memory_order_relaxed);
}

template <class Atomics>
void BasicWheel<Atomics>::unlink(Entry& entry) noexcept {
  entry.previous->next = entry.next;
  entry.next->previous = entry.previous;
  if (empty(slots_[entry.place_])) {
    occupied_[entry.place_ / kSlots] &= ~(std::uint64_t{1} << (entry.place_ % kSlots));
  }
}

template <class Atomics>
void BasicWheel<Atomics>::count(int change) noexcept {
  armed_.store(armed_.load(std::memory_order_relaxed) + static_cast<std::size_t>(change), std::memory_order_relaxed);
}

template <class Atomics>
unsigned BasicWheel<Atomics>::level_of(std::uint64_t tick) const noexcept {
  const auto highest_bit = static_cast<unsigned>(std::bit_width((elapsed_ ^ tick) | (kSlots - 1))) - 1;
  return std::min(highest_bit / kDigit, kLevels - 1);
}

}  // namespace rondeau::timer

namespace rondeau::detail {

template <class Atomics>
bool BasicTimerEntry<Atomics>::extend(base::Instant deadline) noexcept {
  const std::uint64_t tick = Wheel::ceil_tick(deadline);
  std::uint64_t due = state_.load(std::memory_order_relaxed);
  // Relaxed: the word says it all.
  while (due < kFiring && tick >= due) {
    if (state_.compare_exchange_weak(due, tick, std::memory_order_relaxed)) return true;
  }
  return false;
}

template <class Atomics>
bool BasicTimerEntry<Atomics>::attach(Wake wake) noexcept {
  // seq_cst on both: see BasicWheel::fire().
  wake_.store(wake, std::memory_order_seq_cst);
  return state_.load(std::memory_order_seq_cst) < kFiring;
}

template <class Atomics>
void BasicTimerEntry<Atomics>::detach() noexcept {
  wake_.store(Wake(), std::memory_order_seq_cst);
  if (state_.load(std::memory_order_seq_cst) == kFiring) wheel_->settle();
}

template <class Atomics>
void BasicTimerEntry<Atomics>::cancel() noexcept {
  if (armed()) {
    wheel_->cancel(*this);
  } else {
    state_.store(kIdle, std::memory_order_relaxed);
  }
  wake_.store(Wake(), std::memory_order_relaxed);
}

template <class Atomics>
void BasicTimerEntry<Atomics>::move_to(base::Instant deadline) noexcept {
  const Wake wake = wake_.load(std::memory_order_relaxed);
  Wheel& home = *wheel_;
  cancel();
  if (!home.arm(*this, deadline, wake)) wake.wake_by_reference();
}

}  // namespace rondeau::detail
