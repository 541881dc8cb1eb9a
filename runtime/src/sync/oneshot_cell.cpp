#include <rondeau/detail/oneshot_cell.h>

namespace rondeau::detail {
namespace {

std::uintptr_t pack(Wake wake) noexcept {
  return reinterpret_cast<std::uintptr_t>(wake.task()) | wake.slot();
}
Wake unpack(std::uintptr_t word) noexcept {
  return Wake(reinterpret_cast<Header*>(word & ~std::uintptr_t{63}), static_cast<std::uint8_t>(word & 63));
}

}  // namespace

bool OneshotState::end_sender(Word how) noexcept {
  // Acquire: pairs with end_receiver() and wait().
  std::uintptr_t now = word_.load(std::memory_order_acquire);
  do {
    if (now == ReceiverGone || (now == Closed && how == Sent)) return false;
    // Release: pairs with load(), so the receiver sees the value.
  } while (!word_.compare_exchange_weak(now, how, std::memory_order_acq_rel, std::memory_order_acquire));
  if (is_wake(now)) unpack(now).wake_by_value();
  return true;
}

bool OneshotState::wait(Wake wake) noexcept {
  const std::uintptr_t mine = pack(wake.counted());
  std::uintptr_t now = word_.load(std::memory_order_acquire);
  while (now == Open || is_wake(now)) {
    if (word_.compare_exchange_weak(now, mine, std::memory_order_acq_rel, std::memory_order_acquire)) {
      if (is_wake(now)) unpack(now).drop();
      return true;
    }
  }
  wake.drop();
  return false;
}

void OneshotState::leave() noexcept {
  std::uintptr_t now = word_.load(std::memory_order_relaxed);
  while (is_wake(now)) {
    if (word_.compare_exchange_weak(now, Open, std::memory_order_relaxed)) {
      unpack(now).drop();
      return;
    }
  }
}

void OneshotState::close() noexcept {
  leave();
  std::uintptr_t open = Open;
  if (word_.compare_exchange_strong(open, Closed, std::memory_order_seq_cst)) {
    // The sender may end now, but the cell stays: this side has not ended.
    sender_waits.wake();
  }
}

OneshotState::Word OneshotState::end_receiver() noexcept {
  std::uintptr_t now = load();
  if (!sender_ended(now)) {
    close();
    // Release: pairs with end_sender(), after which the sender frees the cell.
    now = word_.exchange(ReceiverGone, std::memory_order_acq_rel);
  }
  return sender_ended(now) ? static_cast<Word>(now) : ReceiverGone;
}

}  // namespace rondeau::detail
