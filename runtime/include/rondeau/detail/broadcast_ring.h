// BroadcastRing<T>: what the two ends of a broadcast channel share.
//
// Values have positions, 0, 1, 2 …; the one at position p lies in slot p modulo the capacity until p + capacity is
// sent. Senders take turns (`mutex_`). A receiver reads without it: it holds its next position, compares that with
// `tail_`, and looks into the slot under the slot's own lock, with others that read there. A slot whose position is a
// later one was overwritten: the receiver was too slow.
//
// Each slot counts the receivers that have not read it. The last one takes the value out, so it is moved, not copied,
// and nobody else looks at it any more: everyone else has passed, and later receivers begin behind it.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/crowd.h>

namespace rondeau::detail {

template <class T>
class BroadcastRing {
  static_assert(std::is_copy_constructible_v<T>,
                "rondeau: every receiver of a broadcast gets a copy; send a std::shared_ptr<const T>");
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "rondeau: the move constructor of a broadcast's value must be noexcept");

 public:
  enum class Found : std::uint8_t { Nothing, Value, Overwritten };

  /// Aborts where no channel can have such a capacity.
  static std::size_t checked(std::size_t capacity, std::source_location where) noexcept {
    if (capacity == 0) base::fail("broadcast: a channel holds at least 1 value", where);
    if (capacity > ~std::size_t{0} >> 1) base::fail("broadcast: a channel holds at most SIZE_MAX >> 1 values", where);
    return capacity;
  }
  explicit BroadcastRing(std::size_t capacity)
      : capacity_(std::bit_ceil(capacity)), slots_(std::make_unique<Slot[]>(capacity_)) {}
  BroadcastRing(const BroadcastRing&) = delete;
  BroadcastRing& operator=(const BroadcastRing&) = delete;

  // ---- senders

  /// Returns how many receivers will find it; 0: there are none, the value is untouched.
  std::size_t push(T& value) noexcept {
    std::optional<T> overwritten;  // destroyed without a lock
    std::size_t reached = 0;
    {
      const std::lock_guard turn(mutex_);
      reached = receivers_.load(std::memory_order_relaxed);
      if (reached == 0) return 0;
      const std::uint64_t position = tail_.load(std::memory_order_relaxed);
      Slot& slot = slot_of(position);
      {
        const std::lock_guard lock(slot.mutex);
        take_out(slot, overwritten);
        slot.value.emplace(std::move(value));
        slot.position = position;
        slot.unread.store(reached, std::memory_order_relaxed);
      }
      tail_.store(position + 1, std::memory_order_seq_cst);  // pairs with decided()
    }
    waiting_.wake_all();
    return reached;
  }

  void add_sender() noexcept { senders_.fetch_add(1, std::memory_order_relaxed); }  // who adds one is one
  /// A weak sender asks; false: the last one is gone.
  bool try_add_sender() noexcept {
    std::size_t now = senders_.load(std::memory_order_relaxed);
    do {
      if (now == 0) return false;
    } while (!senders_.compare_exchange_weak(now, now + 1, std::memory_order_acquire, std::memory_order_relaxed));
    return true;
  }
  void drop_sender() noexcept {
    if (senders_.fetch_sub(1, std::memory_order_seq_cst) == 1) waiting_.wake_all();  // pairs with decided()
  }
  std::size_t senders() const noexcept { return senders_.load(std::memory_order_seq_cst); }

  bool closed() const noexcept { return receivers() == 0; }
  ClosedWait<BroadcastRing> wait_closed() noexcept { return {no_receivers_, *this}; }

  /// Values that some receiver has not read and that are kept.
  std::size_t size() const noexcept {
    const std::lock_guard turn(mutex_);
    const std::uint64_t end = tail_.load(std::memory_order_relaxed);
    // Receivers read in order: what lies before a value that all have read was read by all, too.
    std::uint64_t first = oldest_before(end);
    for (std::uint64_t last = end; first != last;) {
      const std::uint64_t middle = first + (last - first) / 2;
      if (slot_of(middle).unread.load(std::memory_order_relaxed) == 0) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    return static_cast<std::size_t>(end - first);
  }

  // ---- receivers

  /// Returns the position of the first value that the new receiver will see.
  std::uint64_t add_receiver() noexcept {
    const std::lock_guard turn(mutex_);
    receivers_.fetch_add(1, std::memory_order_seq_cst);
    return tail_.load(std::memory_order_relaxed);
  }
  /// The receiver whose next position is `next` goes; what it alone has not read is destroyed.
  void drop_receiver(std::uint64_t next) noexcept {
    std::uint64_t end = 0;
    bool last = false;
    {
      const std::lock_guard turn(mutex_);
      end = tail_.load(std::memory_order_relaxed);
      last = receivers_.fetch_sub(1, std::memory_order_seq_cst) == 1;
    }
    if (last) no_receivers_.wake_all();
    for (next = std::max(next, oldest_before(end)); next != end; ++next) {
      std::optional<T> unread;  // destroyed without a lock
      Slot& slot = slot_of(next);
      const std::shared_lock lock(slot.mutex);
      if (slot.position == next && passed_last(slot)) take_out(slot, unread);
    }
  }
  std::size_t receivers() const noexcept { return receivers_.load(std::memory_order_seq_cst); }
  /// The crowd that a new receiver waits in.
  Crowd& crowd() noexcept { return waiting_.next(); }

  /// There is something to be found at `next`, or there never will be.
  bool decided(std::uint64_t next) const noexcept {
    return tail_.load(std::memory_order_seq_cst) != next || senders() == 0;  // pairs with push() and drop_sender()
  }
  /// Values sent since `next`, those that are overwritten counted.
  std::uint64_t behind(std::uint64_t next) const noexcept { return tail_.load(std::memory_order_acquire) - next; }

  /// Looks at position `next` and moves it on: behind the value, or to the oldest one that is kept. Where copying the
  /// value throws, nothing has changed.
  Found take(std::uint64_t& next, std::optional<T>& out) {
    const std::uint64_t end = tail_.load(std::memory_order_seq_cst);
    if (next == end) return Found::Nothing;
    std::optional<T> last;  // destroyed without a lock
    Slot& slot = slot_of(next);
    const std::shared_lock lock(slot.mutex);
    if (slot.position != next) {
      // The sender may stand between the slot and tail_.
      next = std::max(end, slot.position + 1) - capacity_;
      return Found::Overwritten;
    }
    // Acquire: pairs with passed_last() of the others, who do not look at it any more.
    if (slot.unread.load(std::memory_order_acquire) == 1) {
      slot.unread.store(0, std::memory_order_relaxed);
      take_out(slot, out);
    } else {
      out.emplace(std::as_const(*slot.value));
      if (passed_last(slot)) take_out(slot, last);
    }
    ++next;
    return Found::Value;
  }

  std::atomic<std::size_t> weak_senders{0};  ///< only counted

 private:
  struct Slot {
    std::shared_mutex mutex;
    // Under the mutex: written by senders, who alone hold it. The value is also taken out by who read it last.
    std::uint64_t position = ~std::uint64_t{0};
    std::optional<T> value;
    std::atomic<std::size_t> unread{0};  // set by senders, counted down by readers
  };

  Slot& slot_of(std::uint64_t position) const noexcept { return slots_[position & (capacity_ - 1)]; }
  std::uint64_t oldest_before(std::uint64_t end) const noexcept {
    return end - std::min<std::uint64_t>(end, capacity_);
  }
  static bool passed_last(Slot& slot) noexcept {
    return slot.unread.fetch_sub(1, std::memory_order_acq_rel) == 1;  // pairs with itself, and with take()
  }
  static void take_out(Slot& slot, std::optional<T>& to) noexcept {
    if (!slot.value) return;
    to.emplace(std::move(*slot.value));
    slot.value.reset();
  }

  const std::size_t capacity_;  // a power of two
  const std::unique_ptr<Slot[]> slots_;
  mutable std::mutex mutex_;               // one sender at a time, and who comes or goes as a receiver
  std::atomic<std::uint64_t> tail_{0};     // the next position; written under the mutex
  std::atomic<std::size_t> receivers_{0};  // written under the mutex
  std::atomic<std::size_t> senders_{1};
  Crowds waiting_;
  Crowd no_receivers_;
};

}  // namespace rondeau::detail
