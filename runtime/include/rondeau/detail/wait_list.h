// Wait queues: who waits at a source, and how a waker takes waiters out of it.
//
// Everything here is guarded by the source's lock, except reading WaitNode::state. A waker unlinks the node, counts its
// wake and stores Chosen: the last touch of the node, since its frame may go on, or die, from then on. The counted
// wakes are woken when the lock is dropped.
#pragma once

#include <atomic>
#include <cstdint>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/waiter.h>

namespace rondeau::detail {

template <class Atomics>
struct BasicWaitLinks {
  PlainOf<Atomics, BasicWaitLinks*> previous;
  PlainOf<Atomics, BasicWaitLinks*> next;
};

/// A waiter. Lives in the awaiter.
template <class Atomics>
struct BasicWaitNode : BasicWaitLinks<Atomics> {
  using Wake = typename Atomics::Wake;
  enum State : std::uint8_t {
    Idle,    ///< does not wait, and nothing was given to it
    Linked,  ///< in a list
    Chosen,  ///< unlinked by a waker: the result is there
  };

  BasicWaitNode() noexcept : BasicWaitLinks<Atomics>{nullptr, nullptr} {}
  BasicWaitNode(const BasicWaitNode&) = delete;
  BasicWaitNode& operator=(const BasicWaitNode&) = delete;

  /// Uncounted: while linked the frame lives, and so does the task. Empty: nobody awaits it yet.
  PlainOf<Atomics, Wake> wake{};

  bool idle() const noexcept { return state_.load(std::memory_order_relaxed) == Idle; }
  bool linked() const noexcept { return state_.load(std::memory_order_relaxed) == Linked; }
  bool chosen() const noexcept { return state_.load(std::memory_order_acquire) == Chosen; }  // pairs with choose()

  /// By the waiter, while no list has the node.
  void set(State state) noexcept { state_.store(state, std::memory_order_relaxed); }

  /// Under the source's lock, by whoever took the node out of its list. Returns the wake, counted, or an empty one.
  Wake choose() noexcept {
    const Wake mine = wake;
    const Wake counted = mine ? mine.counted() : Wake();
    state_.store(Chosen, std::memory_order_release);  // pairs with chosen()
    return counted;
  }

 private:
  // Linked and Chosen are written under the source's lock; the waiter reads without it.
  AtomicOf<Atomics, std::uint8_t> state_{Idle};
};

using WaitNode = BasicWaitNode<StdAtomics>;

/// A ring through a sentinel: a node leaves whatever list it is in without knowing which.
template <class Atomics>
class BasicWaitList {
  using Node = BasicWaitNode<Atomics>;

 public:
  constexpr BasicWaitList() noexcept : ends_{&ends_, &ends_} {}
  BasicWaitList(const BasicWaitList&) = delete;
  BasicWaitList& operator=(const BasicWaitList&) = delete;

  bool empty() const noexcept { return ends_.next == &ends_; }
  Node& front() const noexcept { return static_cast<Node&>(*ends_.next); }
  Node& back() const noexcept { return static_cast<Node&>(*ends_.previous); }

  void push_back(Node& node) noexcept {
    node.previous = ends_.previous;
    node.next = &ends_;
    ends_.previous->next = &node;
    ends_.previous = &node;
    node.set(Node::Linked);
  }
  /// Unlinks; the node's state stays as it is.
  static void remove(Node& node) noexcept {
    node.previous->next = node.next;
    node.next->previous = node.previous;
  }
  /// Moves everyone of `other` to the end of this list.
  void append(BasicWaitList& other) noexcept {
    if (other.empty()) return;
    ends_.previous->next = other.ends_.next;
    other.ends_.next->previous = ends_.previous;
    ends_.previous = other.ends_.previous;
    ends_.previous->next = &ends_;
    other.ends_.next = other.ends_.previous = &other.ends_;
  }
  /// Moves waiters from the front into the batch until that is full or nobody is left.
  void choose_into(BasicWakeBatch<Atomics>& batch) noexcept {
    while (!batch.full() && !empty()) {
      Node& node = front();
      remove(node);
      if (const auto wake = node.choose(); wake) batch.add(wake);
    }
  }

 private:
  BasicWaitLinks<Atomics> ends_;
};

using WaitList = BasicWaitList<StdAtomics>;

}  // namespace rondeau::detail
