// The core of Notify: the real one. Waiting is a harness, written after Notify::BasicNotified.
#include <doctest/doctest.h>

#include "explore/await.h"
#include "support/model.h"
#include "sync/notify_core_inl.h"

using support::model::Atomic;
using support::model::Cell;
using support::model::find_fault;
using support::model::Limits;
using support::model::ModelAtomics;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

template <class Atomics>
class Notified {
  using Core = rondeau::detail::BasicNotifyCore<Atomics>;
  using Node = typename Core::Node;

 public:
  explicit Notified(Core& notify) : notify_(notify), created_(notify.rounds()) {}
  /// Passes a notification on that it got and did not use.
  ~Notified() {
    if (!node_.idle()) notify_.leave(node_);
  }
  bool enable() { return try_now() || !notify_.enqueue(node_, created_, support::model::Wake()); }
  void wait() {
    explored::await(
        self_, [&] { return try_now(); }, [&](auto wake) { return notify_.enqueue(node_, created_, wake); },
        [&] { return node_.chosen(); });
    require(node_.chosen(), "woken without a notification");
    node_.set(Node::Idle);
  }
  /// Queues; true: notified.
  bool begin() { return try_now() || !notify_.enqueue(node_, created_, self_.wake()); }

 private:
  bool try_now() { return node_.idle() ? notify_.try_take(node_, created_) : node_.chosen(); }
  Self self_;
  Core& notify_;
  std::size_t created_;
  Node node_;
};

using Core = rondeau::detail::BasicNotifyCore<ModelAtomics>;
using By = Core::Node::By;
void wait(Core& notify) {
  Notified<ModelAtomics>(notify).wait();
}

template <class Atomics>
void one() {
  rondeau::detail::BasicNotifyCore<Atomics> notify;
  Cell<int> data{0};
  const Thread other([&] {
    data = 1;
    notify.notify(rondeau::detail::BasicNotifyCore<Atomics>::Node::By::One);
  });
  Notified<Atomics>(notify).wait();
  require(data == 1, "what was done before is not seen");
}

constexpr Limits kLimits{.preemptions = 2, .runs = 400'000};

}  // namespace

TEST_CASE("explore: notify: one notification wakes one, and shows what was done before") {
  support::model::explore("notify notify_one", one<ModelAtomics>);
  find_fault("notify notify_one relaxed", "data race", one<RelaxedAtomics>);
}

TEST_CASE("explore: notify: two notifiers, one permit: each one's work is seen by who takes it") {
  support::model::explore("notify notify_one twice", kLimits, [] {
    Core notify;
    Atomic<int> done{0};
    {
      const auto tell = [&] {
        done.fetch_add(1, std::memory_order_relaxed);
        notify.notify(By::One);
      };
      const Thread first(tell);
      const Thread second(tell);
      while (done.load(std::memory_order_relaxed) < 2) wait(notify);
    }
  });
}

TEST_CASE("explore: notify: all that were created are woken") {
  support::model::explore("notify notify_waiters", kLimits, [] {
    Core notify;
    Notified<ModelAtomics> first(notify);
    Notified<ModelAtomics> second(notify);
    const Thread other([&] { notify.notify_waiters(); });
    first.wait();
    second.wait();
  });
  support::model::explore("notify notify_waiters_is_atomic", kLimits, [] {
    Core notify;
    const Thread other([&] { notify.notify_waiters(); });
    Notified<ModelAtomics> first(notify);
    Notified<ModelAtomics> second(notify);
    // Created first, told first: there is no round that only the later one belongs to.
    if (second.enable()) require(first.enable(), "the later one was told and the earlier one was not");
  });
}

TEST_CASE("explore: notify: notify_waiters and notify_one at once") {
  support::model::explore("notify notify_waiters_and_one", kLimits, [] {
    Core notify;
    {
      Notified<ModelAtomics> first(notify);
      Notified<ModelAtomics> second(notify);
      const Thread all([&] { notify.notify_waiters(); });
      const Thread one_more([&] { notify.notify(By::One); });
      first.wait();
      second.wait();
    }
    // The round told both, so the one told nobody, or one of them twice over.
    Notified<ModelAtomics> third(notify);
    static_cast<void>(third.enable());
  });
}

TEST_CASE("explore: notify: a notification that is handed on reaches everyone") {
  support::model::explore("notify notify_multi", kLimits, [] {
    Core notify;
    const auto relay = [&] {
      wait(notify);
      notify.notify(By::Last);
    };
    const Thread first(relay);
    const Thread second(relay);
    notify.notify(By::One);
    relay();
  });
}

TEST_CASE("explore: notify: a notification that its waiter does not use passes to the next") {
  support::model::explore("notify notify_drop", kLimits, [] {
    Core notify;
    const Thread waits([&] { wait(notify); });
    const Thread drops([&] { static_cast<void>(Notified<ModelAtomics>(notify).begin()); });
    notify.notify(By::One);
  });
}

TEST_CASE("explore: notify: a waiter that asks again finds what it was given") {
  support::model::explore("notify poll_consistency", kLimits, [] {
    Core notify;
    const Thread other([&] { notify.notify(By::One); });
    Notified<ModelAtomics> waiter(notify);
    const bool before = waiter.enable();
    const bool after = waiter.enable();
    require(!before || after, "a notification went away");
    waiter.wait();
  });
}

TEST_CASE("explore: notify: one after the other") {
  support::model::explore("notify sequential", kLimits, [] {
    Core there;
    Core back;
    const Thread other([&] {
      for (int i = 0; i < 2; ++i) {
        wait(there);
        back.notify(By::One);
      }
    });
    for (int i = 0; i < 2; ++i) {
      there.notify(By::One);
      wait(back);
    }
  });
}
