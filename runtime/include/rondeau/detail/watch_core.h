// The part of a watch channel that does not know the value: its version, who is there, who waits.
//
// A sender changes the value under the write lock, raises the version and wakes the receivers; each compares the
// version with the one it has seen. Receivers wait in several crowds, so that many of them do not meet at one lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <rondeau/detail/crowd.h>

namespace rondeau::detail {

class WatchCore {
 public:
  /// No value has it.
  static constexpr std::uint64_t kNever = 0;

  // Sequentially consistent, all three: pairs with Crowd::join().
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_seq_cst); }
  std::size_t senders() const noexcept { return senders_.load(std::memory_order_seq_cst); }
  std::size_t receivers() const noexcept { return receivers_.load(std::memory_order_seq_cst); }

  /// Under the write lock, by a sender that changed the value; tell_receivers() follows when the lock is dropped.
  void raise_version() noexcept { version_.fetch_add(1, std::memory_order_seq_cst); }
  void tell_receivers() noexcept { waiting_.wake_all(); }

  void add_sender() noexcept { senders_.fetch_add(1, std::memory_order_relaxed); }  // who adds one is one
  void drop_sender() noexcept {
    if (senders_.fetch_sub(1, std::memory_order_seq_cst) == 1) tell_receivers();
  }

  /// Returns the crowd the new receiver waits in.
  Crowd& add_receiver() noexcept {
    receivers_.fetch_add(1, std::memory_order_seq_cst);
    return waiting_.next();
  }
  void drop_receiver() noexcept {
    if (receivers_.fetch_sub(1, std::memory_order_seq_cst) == 1) no_receivers_.wake_all();
  }
  bool closed() const noexcept { return receivers() == 0; }
  ClosedWait<WatchCore> wait_closed() noexcept { return {no_receivers_, *this}; }

 private:
  std::atomic<std::uint64_t> version_{kNever + 1};
  std::atomic<std::size_t> senders_{1};
  std::atomic<std::size_t> receivers_{0};
  Crowd no_receivers_;
  Crowds waiting_;
};

}  // namespace rondeau::detail
