// Permits, which stand behind Semaphore, Mutex and bounded channels: the real ones. Acquiring is a harness, written
// after PermitAwaiter.
#include <doctest/doctest.h>

#include "explore/await.h"
#include "support/model.h"
#include "sync/permits_inl.h"

using support::model::Cell;
using support::model::find_fault;
using support::model::Limits;
using support::model::ModelAtomics;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

template <class Atomics, bool Only = false>
class Acquire {
  using Permits = rondeau::detail::BasicPermits<Atomics>;
  using Waiter = rondeau::detail::BasicPermitWaiter<Atomics>;

 public:
  Acquire(Permits& permits, std::size_t count) : permits_(permits), waiter_(count) {}
  /// Gives back what it has, or its place.
  ~Acquire() {
    if (!waiter_.idle()) permits_.leave(waiter_);
  }
  /// False: closed.
  bool wait() {
    explored::await(
        self_, [&] { return try_now(); }, [&](auto wake) { return permits_.enqueue(waiter_, wake); },
        [&] { return waiter_.chosen(); });
    require(waiter_.chosen(), "woken without permits");
    waiter_.set(Waiter::Idle);
    return !waiter_.closed;
  }
  /// Queues, or has it at once; what becomes of it the destructor says.
  void begin() {
    if (!try_now()) static_cast<void>(permits_.enqueue(waiter_, self_.wake()));
  }

 private:
  bool try_now() {
    if (!waiter_.idle()) return waiter_.chosen();
    switch (Only ? permits_.try_take_only() : permits_.try_take(waiter_.wanted)) {
      case Permits::Take::Short: return false;
      case Permits::Take::Closed: waiter_.closed = true; break;
      case Permits::Take::Taken: break;
    }
    waiter_.set(Waiter::Chosen);
    return true;
  }
  Self self_;
  Permits& permits_;
  Waiter waiter_;
};

using Permits = rondeau::detail::BasicPermits<ModelAtomics>;

template <class Atomics>
bool acquire(rondeau::detail::BasicPermits<Atomics>& permits, std::size_t count) {
  return Acquire<Atomics>(permits, count).wait();
}

/// Three threads write to the same data, one permit. `Only`: by the guesses of a lock.
template <class Atomics, bool Only = false>
void basic() {
  rondeau::detail::BasicPermits<Atomics> permits(1);
  Cell<int> guarded{0};
  {
    const auto work = [&] {
      require(Acquire<Atomics, Only>(permits, 1).wait(), "closed");
      ++guarded;
      Only ? permits.give_only() : permits.give(1);
    };
    const Thread first(work);
    const Thread second(work);
    work();
  }
  require(guarded == 3 && permits.available() == 1, "permits were lost");
}

constexpr Limits kLimits{.preemptions = 2, .runs = 400'000};

}  // namespace

TEST_CASE("explore: semaphore: who has the permit is alone") {
  support::model::explore("semaphore basic", kLimits, basic<ModelAtomics>);
  support::model::explore("mutex basic", kLimits, basic<ModelAtomics, true>);
}

TEST_CASE("explore: semaphore: relaxed, two are there at once") {
  find_fault("semaphore relaxed", "data race", kLimits, basic<RelaxedAtomics>);
  find_fault("mutex relaxed", "data race", kLimits, basic<RelaxedAtomics, true>);
}

TEST_CASE("explore: semaphore: given while somebody queues") {
  support::model::explore("semaphore release", kLimits, [] {
    Permits permits(1);
    {
      const Thread other([&] {
        require(acquire(permits, 1), "closed");
        permits.give(1);
      });
      require(acquire(permits, 1), "closed");
      permits.give(1);
    }
    require(permits.available() == 1, "permits were lost");
  });
  support::model::explore("semaphore release_during_acquire", kLimits, [] {
    Permits permits(8);
    require(permits.try_take(8) == Permits::Take::Taken, "they are there");
    {
      const Thread other([&] { require(acquire(permits, 8), "closed"); });
      permits.give(1);
      permits.give(7);
    }
    require(permits.available() == 0, "permits were doubled");
  });
}

TEST_CASE("explore: semaphore: closed while one waits and one comes") {
  support::model::explore("semaphore closing", kLimits, [] {
    Permits permits(1);
    {
      const auto work = [&] {
        if (acquire(permits, 1)) permits.give(1);
      };
      const Thread first(work);
      const Thread second(work);
      permits.close();
    }
    require(permits.closed_with(1), "permits were lost");
  });
  support::model::explore("semaphore concurrent_close", kLimits, [] {
    Permits permits(1);
    {
      const auto work = [&] {
        if (acquire(permits, 1)) permits.give(1);
        permits.close();
      };
      const Thread first(work);
      const Thread second(work);
      work();
    }
    require(permits.closed_with(1), "permits were lost");
  });
}

TEST_CASE("explore: semaphore: one gives up its place while permits come") {
  support::model::explore("semaphore concurrent_cancel", kLimits, [] {
    Permits permits(0);
    {
      const auto begin = [&] { Acquire<ModelAtomics>(permits, 1).begin(); };
      const Thread first(begin);
      const Thread second(begin);
      permits.give(2);
    }
    require(permits.available() == 2, "permits were lost");
  });
  support::model::explore("semaphore cancel passes on", kLimits, [] {
    Permits permits(1);
    {
      const Thread cancels([&] { Acquire<ModelAtomics>(permits, 2).begin(); });
      const Thread waits([&] {
        require(acquire(permits, 1), "closed");
        permits.give(1);
      });
    }
    require(permits.available() == 1, "permits were lost");
  });
}

TEST_CASE("explore: semaphore: requests of several permits, given in pieces") {
  support::model::explore("semaphore batch", kLimits, [] {
    Permits permits(2);
    {
      const auto work = [&](std::size_t count) {
        return [&permits, count] {
          require(acquire(permits, count), "closed");
          permits.give(count);
        };
      };
      const Thread first(work(2));
      const Thread second(work(1));
      work(2)();
    }
    require(permits.available() == 2, "permits were lost");
  });
  support::model::explore("semaphore permit updates", kLimits, [] {
    Permits permits(2);
    std::size_t forgotten = 0;
    {
      const Thread other([&] {
        require(acquire(permits, 1), "closed");
        permits.give(1);
      });
      forgotten = permits.forget(1);
      permits.give(1);
    }
    require(permits.available() == 3 - forgotten, "permits were lost");
  });
}
