#include "timer/wheel.h"

#include <algorithm>
#include <bit>

#include <rondeau/detail/scheduler.h>

namespace rondeau::timer {
namespace {

using detail::TimerEntry;
using detail::TimerLink;

constexpr std::uint64_t kNanosecondsPerTick = 1'000'000;
constexpr std::size_t kBatch = 32;  // what a WakeBatch holds

base::Instant instant_of(std::uint64_t tick) noexcept {
  constexpr std::int64_t kLast = base::Instant::far_future().nanoseconds();
  return tick > std::uint64_t{kLast} / kNanosecondsPerTick
             ? base::Instant::far_future()
             : base::Instant::from_nanoseconds(static_cast<std::int64_t>(tick * kNanosecondsPerTick));
}

bool empty(const TimerLink& list) noexcept {
  return list.next == &list;
}

void push_front(TimerLink& list, TimerLink& link) noexcept {
  link.previous = &list;
  link.next = list.next;
  list.next->previous = &link;
  list.next = &link;
}

}  // namespace

std::uint64_t Wheel::floor_tick(base::Instant instant) noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(instant.nanoseconds(), 0)) / kNanosecondsPerTick;
}

std::uint64_t Wheel::ceil_tick(base::Instant instant) noexcept {
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(instant.nanoseconds(), 0));
  // The last millisecond of time is not whole: what is due in it is due when it begins.
  return std::min((nanoseconds + kNanosecondsPerTick - 1) / kNanosecondsPerTick,
                  floor_tick(base::Instant::far_future()));
}

Wheel::Wheel(base::Instant start, void (*wake_owner)(void*), void* owner) noexcept
    : elapsed_(floor_tick(start)), wake_owner_(wake_owner), owner_(owner) {
  for (TimerLink& list : slots_) list.previous = list.next = &list;
}

Wheel::~Wheel() {
  // A Sleep kept outside of the runtime's tasks may outlive it: it must not find this wheel any more.
  for (TimerLink& list : slots_) {
    while (!empty(list)) {
      auto& entry = static_cast<TimerEntry&>(*list.next);
      unlink(entry);
      entry.state_.store(TimerEntry::kIdle, std::memory_order_release);
    }
  }
}

bool Wheel::arm(TimerEntry& entry, base::Instant deadline, detail::Wake wake) noexcept {
  const std::uint64_t tick = ceil_tick(deadline);
  std::unique_lock lock(lock_);
  entry.wheel_ = this;
  // Relaxed: the wheel reads both under the lock.
  entry.wake_.store(wake, std::memory_order_relaxed);
  if (tick <= elapsed_) {
    entry.state_.store(TimerEntry::kFired, std::memory_order_relaxed);
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

void Wheel::cancel(TimerEntry& entry) noexcept {
  const std::lock_guard lock(lock_);
  if (!entry.fired()) {
    unlink(entry);
    count(-1);
  }
  entry.state_.store(TimerEntry::kIdle, std::memory_order_relaxed);
}

std::optional<base::Instant> Wheel::next_deadline() noexcept {
  asleep_ = true;
  const std::lock_guard lock(lock_);
  const std::optional<Expiration> next = next_expiration();
  sleeps_until_ = next ? next->tick : kNever;
  earliest_.store(sleeps_until_, std::memory_order_relaxed);
  if (!next) return std::nullopt;
  return instant_of(next->tick);
}

std::size_t Wheel::advance(base::Instant now) noexcept {
  if (!asleep_ && !due(now)) return 0;
  asleep_ = false;
  std::unique_lock lock(lock_);
  sleeps_until_ = 0;
  return due(now) ? advance_locked(now, lock) : 0;
}

std::size_t Wheel::help(base::Instant now) noexcept {
  if (!due(now)) return 0;
  std::unique_lock lock(lock_, std::try_to_lock);
  return lock ? advance_locked(now, lock) : 0;
}

std::size_t Wheel::advance_locked(base::Instant now, std::unique_lock<base::WordMutex>& lock) noexcept {
  const std::uint64_t present = floor_tick(now);
  std::size_t fired = 0;
  detail::WakeBatch batch;
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
  elapsed_ = std::max(elapsed_, present);
  const std::optional<Expiration> next = next_expiration();
  earliest_.store(next ? next->tick : kNever, std::memory_order_relaxed);
  return fired;
}

void Wheel::shutdown() noexcept {
  std::unique_lock lock(lock_);
  elapsed_ = kNever;
  detail::WakeBatch batch;
  for (TimerLink& list : slots_) {
    while (!empty(list)) {
      fire_slot(static_cast<unsigned>(&list - slots_.data()), batch);
      lock.unlock();
      batch.wake_all();
      lock.lock();
    }
  }
}

std::optional<Wheel::Expiration> Wheel::next_expiration() const noexcept {
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

std::size_t Wheel::fire_slot(unsigned slot, detail::WakeBatch& batch) noexcept {
  // Two passes, so that the tasks' cells come from memory together: a million timers lie far apart.
  std::array<TimerEntry*, kBatch> due;
  std::size_t count = 0;
  for (TimerLink& list = slots_[slot]; !empty(list) && count < kBatch; ++count) {
    auto& entry = static_cast<TimerEntry&>(*list.next);
    unlink(entry);
    __builtin_prefetch(entry.wake_.load(std::memory_order_relaxed).task(), 1);
    due[count] = &entry;
  }
  return static_cast<std::size_t>(
      std::count_if(due.begin(), due.begin() + count, [&](TimerEntry* entry) { return fire(*entry, batch); }));
}

void Wheel::cascade(unsigned level, unsigned slot) noexcept {
  // Taken out first: what lies beyond the wheel's span comes back to the same list.
  TimerLink& list = slots_[level * kSlots + slot];
  TimerLink taken{list.previous, list.next};
  taken.previous->next = taken.next->previous = &taken;
  list.previous = list.next = &list;
  occupied_[level] &= ~(std::uint64_t{1} << slot);
  // From the back, so that the order within a tick stays: the lists below are entered only now, hence empty.
  while (!empty(taken)) {
    auto& entry = static_cast<TimerEntry&>(*taken.previous);
    taken.previous = entry.previous;
    taken.previous->next = &taken;
    // Relaxed: at worst an extension made right now is found on the next level.
    link(entry, entry.state_.load(std::memory_order_relaxed));
  }
}

bool Wheel::fire(TimerEntry& entry, detail::WakeBatch& batch) noexcept {
  std::uint64_t due = entry.state_.load(std::memory_order_relaxed);
  do {
    if (due > elapsed_) {
      link(entry, due);  // extended meanwhile
      return false;
    }
    // Why seq_cst: we store "firing", then load the wake; detach() stores the wake, then loads the state. One of us
    // sees the other: either we find no wake, or it waits until the task is counted.
  } while (!entry.state_.compare_exchange_weak(due, TimerEntry::kFiring, std::memory_order_seq_cst));
  if (const detail::Wake wake = entry.wake_.load(std::memory_order_seq_cst); wake) batch.add(wake.counted());
  count(-1);
  entry.state_.store(TimerEntry::kFired, std::memory_order_release);  // pairs with fired(); the entry may be gone now
  return true;
}

void Wheel::link(TimerEntry& entry, std::uint64_t tick) noexcept {
  const unsigned level = level_of(tick);
  const std::uint64_t slot = (tick >> (level * kDigit)) % kSlots;
  entry.place_ = static_cast<std::uint16_t>(level * kSlots + slot);
  push_front(slots_[entry.place_], entry);
  occupied_[level] |= std::uint64_t{1} << slot;
  const std::uint64_t begin = tick >> (level * kDigit) << (level * kDigit);
  if (begin < earliest_.load(std::memory_order_relaxed)) earliest_.store(begin, std::memory_order_relaxed);
}

void Wheel::unlink(TimerEntry& entry) noexcept {
  entry.previous->next = entry.next;
  entry.next->previous = entry.previous;
  if (empty(slots_[entry.place_])) {
    occupied_[entry.place_ / kSlots] &= ~(std::uint64_t{1} << (entry.place_ % kSlots));
  }
}

void Wheel::count(int change) noexcept {
  armed_.store(armed_.load(std::memory_order_relaxed) + static_cast<std::size_t>(change), std::memory_order_relaxed);
}

unsigned Wheel::level_of(std::uint64_t tick) const noexcept {
  const auto highest_bit = static_cast<unsigned>(std::bit_width((elapsed_ ^ tick) | (kSlots - 1))) - 1;
  return std::min(highest_bit / kDigit, kLevels - 1);
}

}  // namespace rondeau::timer
