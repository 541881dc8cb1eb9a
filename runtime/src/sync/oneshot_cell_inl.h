// The inside of oneshot_cell.h.
#pragma once

#include <rondeau/detail/oneshot_cell.h>

namespace rondeau::detail {

template <class Wake>
std::uintptr_t pack(Wake wake) noexcept {
  return reinterpret_cast<std::uintptr_t>(wake.task()) | wake.slot();
}
template <class Wake>
Wake unpack(std::uintptr_t word) noexcept {
  return Wake(reinterpret_cast<decltype(Wake().task())>(word & ~std::uintptr_t{63}),
              static_cast<std::uint8_t>(word & 63));
}

template <class Atomics>
bool BasicOneshotState<Atomics>::end_sender(Word how) noexcept {
  // Acquire: pairs with end_receiver() and wait().
  std::uintptr_t now = word_.load(std::memory_order_acquire);
  do {
    if (now == ReceiverGone || (now == Closed && how == Sent)) return false;
    // Release: pairs with load(), so the receiver sees the value.
  } while (!word_.compare_exchange_weak(now, how, std::memory_order_acq_rel, std::memory_order_acquire));
  if (is_wake(now)) unpack<Wake>(now).wake_by_value();
  return true;
}

template <class Atomics>
bool BasicOneshotState<Atomics>::wait(Wake wake) noexcept {
  const std::uintptr_t mine = pack(wake.counted());
  std::uintptr_t now = word_.load(std::memory_order_acquire);
  while (now == Open || is_wake(now)) {
    if (word_.compare_exchange_weak(now, mine, std::memory_order_acq_rel, std::memory_order_acquire)) {
      if (is_wake(now)) unpack<Wake>(now).drop();
      return true;
    }
  }
  wake.drop();
  return false;
}

template <class Atomics>
void BasicOneshotState<Atomics>::leave() noexcept {
  std::uintptr_t now = word_.load(std::memory_order_relaxed);
  while (is_wake(now)) {
    if (word_.compare_exchange_weak(now, Open, std::memory_order_relaxed)) {
      unpack<Wake>(now).drop();
      return;
    }
  }
}

template <class Atomics>
void BasicOneshotState<Atomics>::close() noexcept {
  leave();
  std::uintptr_t open = Open;
  if (word_.compare_exchange_strong(open, Closed, std::memory_order_seq_cst)) {
    // The sender may end now, but the cell stays: this side has not ended.
    sender_waits.wake();
  }
}

template <class Atomics>
auto BasicOneshotState<Atomics>::end_receiver() noexcept -> Word {
  std::uintptr_t now = load();
  if (!sender_ended(now)) {
    close();
    // Release: pairs with end_sender(), after which the sender frees the cell.
    now = word_.exchange(ReceiverGone, std::memory_order_acq_rel);
  }
  return sender_ended(now) ? static_cast<Word>(now) : ReceiverGone;
}

}  // namespace rondeau::detail
