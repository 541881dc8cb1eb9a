// WakeSlot (what Tokio calls AtomicWaker) and Crowd with Event: the real ones. Waiters are threads.
#include <doctest/doctest.h>

#include <deque>

#include <rondeau/detail/event.h>
#include <rondeau/detail/wake_slot.h>

#include "explore/await.h"
#include "support/model.h"
#include "sync/crowd_inl.h"

using support::model::Atomic;
using support::model::find_fault;
using support::model::ModelAtomics;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

/// Waits until `wanted` have come, each with a wake.
template <class Atomics>
void wait_for(typename Atomics::template Atomic<int>& arrived, rondeau::detail::BasicWakeSlot<Atomics>& slot,
              int wanted) {
  Self self;
  for (;;) {
    slot.set(self.wake());
    if (arrived.load(std::memory_order_seq_cst) == wanted) break;
    self.park();
  }
  slot.clear();
}

template <class Atomics>
void two_wakers() {
  rondeau::detail::BasicWakeSlot<Atomics> slot;
  typename Atomics::template Atomic<int> arrived{0};
  const auto arrive = [&] {
    arrived.fetch_add(1, std::memory_order_seq_cst);
    require(slot.wake(), "the waiter is gone");
  };
  const Thread first(arrive);
  const Thread second(arrive);
  wait_for<Atomics>(arrived, slot, 2);
}

template <class Atomics>
void event(int waiters) {
  using Event = rondeau::detail::BasicEvent<Atomics>;
  Event event;
  std::deque<Thread> threads;
  for (int i = 0; i < waiters; ++i) {
    threads.emplace_back([&event] {
      Self self;
      rondeau::detail::BasicWaitNode<Atomics> node;
      const auto over = [&] { return event.happened(); };
      const auto join = [&](auto wake) { return event.crowd().join(node, wake, over); };
      explored::await(self, over, join, [&] { return over() || !join(self.wake()); });
      if (!node.idle()) event.crowd().leave(node);
    });
  }
  event.happen();
}

}  // namespace

TEST_CASE("explore: wake slot: the waiter or its wakers see each other") {
  support::model::explore("sync atomic_waker", two_wakers<ModelAtomics>);
}

TEST_CASE("explore: wake slot: relaxed, a wake is lost") {
  find_fault("sync atomic_waker relaxed", "deadlock", two_wakers<RelaxedAtomics>);
}

TEST_CASE("explore: wake slot: a waiter that changes, takes its wake back, leaves for good") {
  support::model::explore("sync atomic_waker change_waker", [] {
    rondeau::detail::BasicWakeSlot<ModelAtomics> slot;
    Atomic<int> arrived{0};
    const Thread waker([&] {
      arrived.fetch_add(1, std::memory_order_seq_cst);
      slot.wake();
    });
    {
      Self first;
      slot.set(first.wake());
    }
    wait_for<ModelAtomics>(arrived, slot, 1);
    {
      Self second;
      slot.set(second.wake());
      slot.clear();
      slot.set(second.wake());
    }
    slot.leave();
  });
}

TEST_CASE("explore: crowd: everyone who waits is woken, whoever comes late does not wait") {
  support::model::explore("sync event", [] { event<ModelAtomics>(2); });
}

TEST_CASE("explore: crowd: relaxed, one who joins is overlooked") {
  find_fault("sync event relaxed", "deadlock", [] { event<RelaxedAtomics>(1); });
}

TEST_CASE("explore: crowd: one leaves while all are woken") {
  support::model::explore("sync event leave", [] {
    rondeau::detail::BasicEvent<ModelAtomics> event;
    const Thread happens([&] { event.happen(); });
    const auto come_and_go = [&] {
      Self self;
      rondeau::detail::BasicWaitNode<ModelAtomics> node;
      static_cast<void>(event.crowd().join(node, self.wake(), [&] { return event.happened(); }));
      if (!node.idle()) event.crowd().leave(node);
    };
    const Thread other(come_and_go);
    come_and_go();
  });
}
