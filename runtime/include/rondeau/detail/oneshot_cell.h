// The one allocation of a oneshot channel: a state word that says who may touch what, and room for the value.
//
// The state is a constant or the waiting receiver's counted wake. Whoever ends second frees the cell, and the first one
// does not touch it after the exchange that says it has ended:
//
//   Open, or a wake   both ends live, nothing sent
//   Closed            the receiver lives but wants nothing any more; the sender lives
//   Sent              the sender is done, the value is the receiver's
//   SenderGone        the sender is done, there is no value
//   ReceiverGone      the receiver is done; the sender lives
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/wake_slot.h>

namespace rondeau::detail {

/// The part that does not know the value's type.
template <class Atomics>
class BasicOneshotState {
  using Wake = typename Atomics::Wake;

 public:
  enum Word : std::uintptr_t { Open = 0, Closed = 1, Sent = 2, SenderGone = 3, ReceiverGone = 4 };

  BasicOneshotState() noexcept = default;
  BasicOneshotState(const BasicOneshotState&) = delete;
  BasicOneshotState& operator=(const BasicOneshotState&) = delete;

  /// Acquire: pairs with end_sender().
  std::uintptr_t load() const noexcept { return word_.load(std::memory_order_acquire); }
  static bool sender_ended(std::uintptr_t word) noexcept { return word == Sent || word == SenderGone; }

  // ---- the sender's side

  /// Says Sent or SenderGone and wakes the receiver; the cell is the receiver's then. False: the receiver wants nothing
  /// (Closed: unchanged, unless the sender is gone) or is gone (the cell is the sender's).
  bool end_sender(Word how) noexcept;
  /// Wakes wait here until the receiver closes or goes. Read word() with receiver_closed() after set().
  BasicWakeSlot<Atomics> sender_waits;
  bool receiver_closed() const noexcept {
    const std::uintptr_t word = word_.load(std::memory_order_seq_cst);  // pairs with close() through sender_waits
    return word == Closed || word == ReceiverGone;
  }

  // ---- the receiver's side

  /// Leaves a wake. False: the sender has ended, or the channel is closed.
  bool wait(Wake wake) noexcept;
  /// Takes the wake back.
  void leave() noexcept;
  /// From now on a send fails. Wakes the sender's closed().
  void close() noexcept;
  /// Sent or SenderGone: the cell is the receiver's. ReceiverGone: the sender will free it.
  Word end_receiver() noexcept;

 private:
  static constexpr std::uintptr_t kFirstWake = 64;
  static bool is_wake(std::uintptr_t word) noexcept { return word >= kFirstWake; }

  AtomicOf<Atomics, std::uintptr_t> word_{Open};
};

using OneshotState = BasicOneshotState<StdAtomics>;
extern template class BasicOneshotState<StdAtomics>;

template <class T, class Atomics = StdAtomics>
class OneshotCell final : public BasicOneshotState<Atomics> {
 public:
  static OneshotCell* make() {
    static_assert(alignof(T) <= 16, "rondeau: a oneshot's value may not be aligned above 16 bytes; send a unique_ptr");
    return ::new (Atomics::allocate(sizeof(OneshotCell))) OneshotCell;
  }
  /// The value must have been destroyed.
  void free() noexcept {
    std::destroy_at(this);
    Atomics::free(this, sizeof(OneshotCell));
  }
  union {
    T value;  // written by the sender before Sent, then the receiver's
  };

  ~OneshotCell() {}

 private:
  OneshotCell() noexcept {}
};

}  // namespace rondeau::detail
