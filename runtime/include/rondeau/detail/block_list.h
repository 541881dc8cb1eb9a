// BlockList<T>: the queue of an mpsc channel. Any number of senders, one receiver, no lock.
//
// Messages lie in linked blocks of kSlots. A sender claims an index with one fetch_add, finds the block of that index,
// writes its message and sets the slot's ready bit. The receiver reads slot after slot, waits at the first that is not
// ready, and frees blocks it has left behind.
//
// When may a block be freed? A sender may hold a pointer to it although its own slot lies further on: senders start
// their search at `tail_block_`. So who moves tail_block_ past a full block reads the tail index after that, and leaves
// it in the block (`observed_tail`). A sender that claims a later index sees the moved tail_block_ (both are changes of
// one word, the tail index, so one comes first). Hence once the receiver has read everything before observed_tail,
// nobody holds a pointer to that block.
//
// Sequentially consistent, where marked, against the receiver's wait: it leaves its wake (WakeSlot), then looks at next
// and ready; a sender writes these, then looks for the wake.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <rondeau/detail/atomics.h>

namespace rondeau::detail {

template <class T, std::size_t kSlots = 32, class Atomics = StdAtomics>
class BlockList {
  static_assert(kSlots <= 32 && (kSlots & (kSlots - 1)) == 0);
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "rondeau: a message's move constructor must be noexcept: a claimed slot has to be filled");

 public:
  BlockList() : tail_block_(make_block(0)), head_(tail_block_.load(std::memory_order_relaxed)), oldest_(head_) {}
  BlockList(const BlockList&) = delete;
  BlockList& operator=(const BlockList&) = delete;
  ~BlockList() {
    while (has_next()) take([](T&&) {});
    for (Block* block = oldest_; block != nullptr;) {
      Block* next = block->next.load(std::memory_order_relaxed);
      free_block(block);
      block = next;
    }
  }

  // ---- senders

  /// False: closed; the message is untouched. Ends the process where a block cannot be allocated.
  bool push(T& message) noexcept {
    // Acquire and release: see observed_tail above.
    const std::size_t claimed = tail_.fetch_add(kOne, std::memory_order_acq_rel);
    if ((claimed & kClosed) != 0) return false;
    const std::size_t index = claimed / kOne;
    Block* block = tail_block_.load(std::memory_order_seq_cst);
    if (block->start != start_of(index)) block = find_block(block, index);
    const std::size_t slot = index % kSlots;
    std::construct_at(block->slots()[slot], std::move(message));
    block->ready.fetch_or(std::uint64_t{1} << slot, std::memory_order_seq_cst);  // pairs with has_next()
    return true;
  }

  /// Nothing is taken any more; what was claimed before will still come. Any thread, idempotent.
  void close() noexcept { tail_.fetch_or(kClosed, std::memory_order_seq_cst); }  // pairs with ended()
  bool closed() const noexcept { return (tail_.load(std::memory_order_acquire) & kClosed) != 0; }

  // ---- the receiver

  bool has_next() noexcept {
    if (index_ == head_->start + kSlots && !enter_next_block()) return false;
    const std::uint64_t bit = std::uint64_t{1} << (index_ % kSlots);
    if ((known_ready_ & bit) != 0) return true;
    known_ready_ = head_->ready.load(std::memory_order_seq_cst);  // pairs with push()
    return (known_ready_ & bit) != 0;
  }

  /// Gives the next message to `use` as T&&; has_next() was true. Where `use` throws the message stays.
  template <class Use>
  void take(Use&& use) {
    T& message = *head_->slots()[index_ % kSlots];
    use(std::move(message));
    std::destroy_at(&message);
    ++index_;
  }

  /// The receiver closes. From here on the end is known: later claims are refused.
  void close_receiver() noexcept {
    const std::size_t before = tail_.fetch_or(kClosed, std::memory_order_seq_cst);
    if (end_ == kNoEnd && (before & kClosed) == 0) end_ = before / kOne;
  }

  /// Closed, and everything was received.
  bool ended() const noexcept {
    if (end_ != kNoEnd) return index_ == end_;
    const std::size_t now = tail_.load(std::memory_order_seq_cst);  // pairs with close()
    return (now & kClosed) != 0 && now / kOne == index_;
  }

  /// Messages sent or being sent, and not received.
  std::size_t size() const noexcept {
    const std::size_t end = end_;
    return (end != kNoEnd ? end : tail_.load(std::memory_order_acquire) / kOne) - index_;
  }

 private:
  static constexpr std::size_t kClosed = 1;
  static constexpr std::size_t kOne = 2;
  static constexpr std::size_t kNoEnd = ~std::size_t{0};
  static constexpr std::uint64_t kAllReady = (std::uint64_t{1} << kSlots) - 1;
  static constexpr std::uint64_t kLeft = std::uint64_t{1} << 32;  ///< tail_block_ has moved on, observed_tail is valid

  struct Block {
    explicit Block(std::size_t first) noexcept : start(first) {}
    const std::size_t start;
    AtomicOf<Atomics, Block*> next{nullptr};
    AtomicOf<Atomics, std::uint64_t> ready{0};  ///< a bit for each slot, set by its sender; and kLeft
    PlainOf<Atomics, std::size_t> observed_tail{0};  ///< written by who moved tail_block_, before kLeft
    alignas(T) std::byte storage[kSlots * sizeof(T)];

    struct Slots {
      std::byte* storage;
      T* operator[](std::size_t i) const noexcept {
        return std::launder(reinterpret_cast<T*>(storage + i * sizeof(T)));
      }
    };
    Slots slots() noexcept { return {storage}; }
  };

  static std::size_t start_of(std::size_t index) noexcept { return index - index % kSlots; }

  static Block* make_block(std::size_t start) {
    if constexpr (alignof(Block) <= 16) {
      return ::new (Atomics::allocate(sizeof(Block))) Block(start);
    } else {
      return new Block(start);
    }
  }
  static void free_block(Block* block) noexcept {
    if constexpr (alignof(Block) <= 16) {
      std::destroy_at(block);
      Atomics::free(block, sizeof(Block));
    } else {
      delete block;
    }
  }

  /// Walks to the block of `index`, making what is missing, and moves tail_block_ past full blocks on the way.
  [[gnu::noinline]] Block* find_block(Block* block, std::size_t index) noexcept {
    const std::size_t start = start_of(index);
    bool moving = true;
    while (block->start != start) {
      Block* next = block->next.load(std::memory_order_seq_cst);
      if (next == nullptr) next = add_block(block);
      moving = moving && (block->ready.load(std::memory_order_acquire) & kAllReady) == kAllReady;
      if (moving) {
        Block* expected = block;
        moving = tail_block_.compare_exchange_strong(expected, next, std::memory_order_seq_cst);
        if (moving) {
          // A write of the same value: who claims later sees the moved tail_block_.
          block->observed_tail = tail_.fetch_or(0, std::memory_order_acq_rel) / kOne;
          block->ready.fetch_or(kLeft, std::memory_order_release);  // pairs with free_left_blocks()
        }
      }
      block = next;
    }
    return block;
  }

  /// The block after `block`: ours, or that of whoever was first.
  static Block* add_block(Block* block) noexcept {
    Block* made = make_block(block->start + kSlots);
    Block* next = nullptr;
    if (block->next.compare_exchange_strong(next, made, std::memory_order_seq_cst)) return made;
    free_block(made);
    return next;
  }

  bool enter_next_block() noexcept {
    Block* next = head_->next.load(std::memory_order_seq_cst);  // pairs with add_block()
    if (next == nullptr) return false;
    head_ = next;
    known_ready_ = 0;
    free_left_blocks();
    return true;
  }

  void free_left_blocks() noexcept {
    while (oldest_ != head_) {
      if ((oldest_->ready.load(std::memory_order_acquire) & kLeft) == 0 || oldest_->observed_tail > index_) return;
      free_block(std::exchange(oldest_, oldest_->next.load(std::memory_order_relaxed)));
    }
  }

  // Senders: the next index, and Closed.
  AtomicOf<Atomics, std::size_t> tail_{0};
  AtomicOf<Atomics, Block*> tail_block_;

  // The receiver. On a line of its own, since it changes with every message.
  alignas(64) PlainOf<Atomics, Block*> head_;
  PlainOf<Atomics, Block*> oldest_;                // the first that is not freed yet
  PlainOf<Atomics, std::size_t> index_{0};         // of the next message
  PlainOf<Atomics, std::size_t> end_{kNoEnd};      // where the receiver closed
  PlainOf<Atomics, std::uint64_t> known_ready_{0};  // of head_
};

}  // namespace rondeau::detail
