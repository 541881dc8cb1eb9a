// Timers that are armed, extended, moved and cancelled while their wheel fires: the real wheel with its real mutex, and
// the real entry. One thread plays the owner of the wheel.
#include <doctest/doctest.h>

#include <cstdint>
#include <memory>

#include "explore/await.h"
#include "support/model.h"
#include "timer/wheel_inl.h"

using rondeau::base::Instant;
using support::model::Cell;
using support::model::explore;
using support::model::find_fault;
using support::model::Limits;
using support::model::ModelAtomics;
using support::model::Parking;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

Instant at(std::int64_t milliseconds) {
  return Instant::from_nanoseconds(milliseconds * 1'000'000);
}

using Entry = rondeau::detail::BasicTimerEntry<ModelAtomics>;

template <class Atomics>
struct Home {
  Parking owner;
  rondeau::timer::BasicWheel<Atomics> wheel{at(0), [](void* self) { static_cast<Parking*>(self)->unpark(); }, &owner};
};

void wait(Entry& entry, Self& self) {
  while (!entry.fired()) self.park();
}

/// A wake that is counted after detach() would outlive the task whose memory it counts on.
template <class Atomics>
void detach() {
  Home<Atomics> home;
  auto task = std::make_unique<Self>();
  rondeau::detail::BasicTimerEntry<Atomics> entry;
  static_cast<void>(home.wheel.arm(entry, at(5), task->wake()));
  {
    const Thread owner([&] { home.wheel.advance(at(5)); });
    entry.detach();
    task.reset();
  }
  entry.cancel();
}

constexpr Limits kLimits{.preemptions = 2, .runs = 300'000};

}  // namespace

TEST_CASE("explore: time: a timer that is armed while its owner falls asleep fires") {
  explore("time single_timer", kLimits, [] {
    Home<ModelAtomics> home;
    const Thread owner([&] {
      // Asks, sleeps where there is nothing to do, is woken by what comes earlier.
      if (!home.wheel.next_deadline()) home.owner.park();
      require(home.wheel.advance(at(5)) == 1, "it did not fire");
    });
    Self self;
    Entry entry;
    require(home.wheel.arm(entry, at(5), self.wake()), "due already");
    wait(entry, self);
    entry.cancel();
  });
}

TEST_CASE("explore: time: a timer is destroyed while it fires") {
  explore("time drop_timer", kLimits, [] {
    Home<ModelAtomics> home;
    Self self;
    auto entry = std::make_unique<Entry>();
    static_cast<void>(home.wheel.arm(*entry, at(5), self.wake()));
    const Thread owner([&] { home.wheel.advance(at(5)); });
    const Thread helper([&] { home.wheel.help(at(5)); });
    entry->cancel();
    require(!entry->armed() && !entry->awaited(), "it is armed still");
    entry.reset();
  });
}

TEST_CASE("explore: time: the waker changes while the timer fires") {
  explore("time change_waker", kLimits, [] {
    Home<ModelAtomics> home;
    Self before;
    Self after;
    Entry entry;
    static_cast<void>(home.wheel.arm(entry, at(5), before.wake()));
    const Thread owner([&] { home.wheel.advance(at(5)); });
    entry.detach();
    // False: it fired, or is about to; no wake comes, since detach() has waited for one that was on its way.
    if (entry.attach(after.wake())) wait(entry, after);
    entry.cancel();
  });
}

TEST_CASE("explore: time: after detach nobody is woken") {
  explore("time detach", kLimits, detach<ModelAtomics>);
  find_fault("time detach relaxed", "a task that is gone", kLimits, detach<RelaxedAtomics>);
}

TEST_CASE("explore: time: a timer is extended, then moved earlier, while its time comes") {
  explore("time reset", kLimits, [] {
    Home<ModelAtomics> home;
    Self self;
    Entry entry;
    static_cast<void>(home.wheel.arm(entry, at(5), self.wake()));
    {
      const Thread owner([&] { home.wheel.advance(at(5)); });
      const bool later = entry.extend(at(9));
      require(later || !entry.armed() || !entry.extend(at(9)), "it was refused and is armed still");
      if (!later) wait(entry, self);
    }
    if (!entry.fired()) {
      require(home.wheel.advance(at(8)) == 0 && home.wheel.advance(at(9)) == 1, "not at its new time");
    }
    require(entry.fired(), "it never fired");
    entry.cancel();
  });
  explore("time reset earlier", kLimits, [] {
    Home<ModelAtomics> home;
    Self self;
    Entry entry;
    static_cast<void>(home.wheel.arm(entry, at(9), self.wake()));
    {
      const Thread owner([&] { home.wheel.advance(at(6)); });
      entry.move_to(at(5));
    }
    if (!entry.fired()) require(home.wheel.advance(at(6)) == 1, "it never fired");
    entry.cancel();
  });
}

TEST_CASE("explore: time: a timer moves down a level while it is cancelled, or extended") {
  explore("time levels cancel", kLimits, [] {
    Home<ModelAtomics> home;
    Self self;
    Entry entry;
    static_cast<void>(home.wheel.arm(entry, at(70), self.wake()));
    {
      const Thread owner([&] {
        home.wheel.advance(at(65));
        home.wheel.advance(at(70));
      });
      entry.cancel();
    }
    require(home.wheel.armed() == 0, "it is armed still");
  });
  explore("time levels extend", kLimits, [] {
    Home<ModelAtomics> home;
    Self self;
    Entry entry;
    static_cast<void>(home.wheel.arm(entry, at(70), self.wake()));
    {
      const Thread owner([&] { home.wheel.advance(at(65)); });
      require(entry.extend(at(200)), "it is not due yet");
    }
    require(home.wheel.advance(at(199)) == 0 && home.wheel.advance(at(200)) == 1, "not at its new time");
    entry.cancel();
  });
}

TEST_CASE("explore: time: a foreign worker turns the wheel while a timer is moved") {
  explore("time foreign turn versus reset", kLimits, [] {
    Home<ModelAtomics> home;
    Self self;
    Entry entry;
    static_cast<void>(home.wheel.arm(entry, at(5), self.wake()));
    {
      const Thread owner([&] { home.wheel.advance(at(6)); });
      const Thread helper([&] { home.wheel.help(at(6)); });
      entry.move_to(at(6));
    }
    if (!entry.fired()) require(home.wheel.advance(at(6)) == 1, "it never fired");
    entry.cancel();
  });
}
