// What is behind Notify: one permit or a queue of waiters, and rounds of notify_waiters.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/wait_list.h>

namespace rondeau::detail {

template <class Atomics>
class BasicNotifyCore {
 public:
  struct Node : BasicWaitNode<Atomics> {
    enum class By : std::uint8_t { One, Last, All };
    PlainOf<Atomics, By> by{By::One};  // under the lock, before Chosen
  };

  constexpr BasicNotifyCore() noexcept = default;
  BasicNotifyCore(const BasicNotifyCore&) = delete;
  BasicNotifyCore& operator=(const BasicNotifyCore&) = delete;

  std::size_t rounds() const noexcept {
    return word_.load(std::memory_order_acquire) / kRound;
  }  // pairs with notify_waiters
  /// Takes a permit, or what notify_waiters gave since `created`; true: the node is Chosen.
  bool try_take(Node& node, std::size_t created) noexcept;
  /// Queues. False: notified already.
  bool enqueue(Node& node, std::size_t created, typename Atomics::Wake wake) noexcept;
  /// Takes a node out that waits or was chosen; a notification it has passes on.
  void leave(Node& node) noexcept;

  void notify(typename Node::By how) noexcept;
  void notify_waiters() noexcept;

 private:
  // Low bits: nothing, a stored permit, or someone waits (changed to and from under the lock). Above: the number of
  // notify_waiters calls.
  static constexpr std::size_t kPermit = 1;
  static constexpr std::size_t kWaiting = 2;
  static constexpr std::size_t kStates = 3;
  static constexpr std::size_t kRound = 4;

  AtomicOf<Atomics, std::size_t> word_{0};
  typename Atomics::Mutex mutex_;
  BasicWaitList<Atomics> waiters_;
};

using NotifyCore = BasicNotifyCore<StdAtomics>;
extern template class BasicNotifyCore<StdAtomics>;

}  // namespace rondeau::detail
