// The inside of permits.h.
#pragma once

#include <rondeau/detail/permits.h>

#include <algorithm>

namespace rondeau::detail {

template <class Atomics>
bool BasicPermits<Atomics>::enqueue(Waiter& waiter, Wake wake) noexcept {
  const std::lock_guard lock(mutex_);
  if (!waiter.idle()) {
    waiter.wake = wake;
    return waiter.linked();
  }
  std::size_t now = word_.load(std::memory_order_relaxed);
  for (;;) {
    const std::size_t free = now / kOne;
    if ((now & kClosed) != 0) {
      waiter.closed = true;
      waiter.set(Waiter::Chosen);
      return false;
    }
    if (free >= waiter.wanted) {
      if (!word_.compare_exchange_weak(now, now - waiter.wanted * kOne, std::memory_order_acquire)) continue;
      waiter.set(Waiter::Chosen);
      return false;
    }
    // What is free now belongs to this waiter: with Waiting set nothing is free, so it is first in the queue.
    if (word_.compare_exchange_weak(now, kWaiting, std::memory_order_acquire)) {
      waiter.missing = waiter.wanted - free;
      waiter.wake = wake;
      waiters_.push_back(waiter);
      return true;
    }
  }
}

template <class Atomics>
void BasicPermits<Atomics>::leave(Waiter& waiter) noexcept {
  std::size_t back = 0;
  if (waiter.chosen()) {
    back = waiter.closed ? 0 : waiter.wanted;
  } else {
    const std::lock_guard lock(mutex_);
    if (waiter.linked()) {
      BasicWaitList<Atomics>::remove(waiter);
      back = waiter.wanted - waiter.missing;
      if (waiters_.empty()) word_.fetch_and(~kWaiting, std::memory_order_relaxed);
    } else {
      back = waiter.closed ? 0 : waiter.wanted;
    }
  }
  waiter.set(Waiter::Idle);
  waiter.closed = false;
  if (back > 0) give(back);
}

template <class Atomics>
void BasicPermits<Atomics>::give_to_waiters(std::size_t count) noexcept {
  if (count == 1) {
    // The common case: one permit completes at most one waiter.
    Wake wake;
    {
      const std::lock_guard lock(mutex_);
      if (waiters_.empty()) return add_free(1);
      auto& first = static_cast<Waiter&>(waiters_.front());
      if (--first.missing > 0) return;
      BasicWaitList<Atomics>::remove(first);
      wake = first.choose();
      if (waiters_.empty()) add_free(0);
    }
    return wake.wake_by_value();
  }
  for (bool done = false; !done;) {
    Batch batch;
    {
      const std::lock_guard lock(mutex_);
      done = serve(count, batch);
    }
    batch.wake_all();
  }
}

template <class Atomics>
bool BasicPermits<Atomics>::serve(std::size_t& count, Batch& batch) noexcept {
  while (!waiters_.empty()) {
    auto& first = static_cast<Waiter&>(waiters_.front());
    if (count < first.missing) {
      first.missing -= count;
      return true;
    }
    if (batch.full()) return false;
    count -= first.missing;
    BasicWaitList<Atomics>::remove(first);
    batch.add(first.choose());
  }
  add_free(count);
  return true;
}

/// Nobody waits: what is left is free for all.
template <class Atomics>
void BasicPermits<Atomics>::add_free(std::size_t count) noexcept {
  std::size_t now = word_.load(std::memory_order_relaxed);
  do {
    check_limit(now, count);
  } while (!word_.compare_exchange_weak(now, (now & ~kWaiting) + count * kOne, std::memory_order_seq_cst,
                                        std::memory_order_relaxed));
}

template <class Atomics>
std::size_t BasicPermits<Atomics>::forget(std::size_t count) noexcept {
  std::size_t now = word_.load(std::memory_order_relaxed);
  std::size_t taken;
  do {
    taken = std::min(count, now / kOne);
  } while (!word_.compare_exchange_weak(now, now - taken * kOne, std::memory_order_acquire, std::memory_order_relaxed));
  return taken;
}

template <class Atomics>
void BasicPermits<Atomics>::close() noexcept {
  BasicWaitList<Atomics> told;
  {
    const std::lock_guard lock(mutex_);
    word_.fetch_or(kClosed, std::memory_order_seq_cst);  // pairs with closed() and closed_with()
    if (!waiters_.empty()) {
      // Only the first can have gathered some.
      auto& first = static_cast<Waiter&>(waiters_.front());
      const std::size_t gathered = first.wanted - first.missing;
      first.missing = first.wanted;
      told.append(waiters_);
      add_free(gathered);
    }
  }
  for (bool done = false; !done;) {
    Batch batch;
    {
      const std::lock_guard lock(mutex_);
      while (!told.empty() && !batch.full()) {
        auto& first = static_cast<Waiter&>(told.front());
        BasicWaitList<Atomics>::remove(first);
        first.closed = true;
        batch.add(first.choose());
      }
      done = told.empty();
    }
    batch.wake_all();
  }
}

}  // namespace rondeau::detail
