// A pool of threads for blocking calls: the real counts of who rests and who is sent for. Queue and loop are harnesses,
// written after Pool::submit, call_for_help, serve and seal.
#include <doctest/doctest.h>

#include <deque>
#include <mutex>

#include "blocking/staff.h"
#include "support/model.h"

using rondeau::threads::Staff;
using support::model::Cell;
using support::model::Condition;
using support::model::explore;
using support::model::find_fault;
using support::model::Limits;
using support::model::Mutex;
using support::model::require;
using support::model::Thread;

namespace {

enum class SendsOn { Yes, No };

class Pool {
 public:
  /// `meeting`: so many calls wait for each other; 0: none.
  explicit Pool(std::size_t most, int meeting = 0, SendsOn sends_on = SendsOn::Yes)
      : staff_(most), meeting_(meeting), sends_on_(sends_on) {}

  void submit() {
    Lock lock(mutex_);
    ++queued_;
    call_for_help(lock);
  }
  /// Mandatory calls: what is queued still runs.
  void seal() {
    Lock lock(mutex_);
    sealed_ = true;
    lock.unlock();
    work_.notify_all();
  }
  /// Until so many have run.
  void wait_for(int calls) {
    Lock lock(mutex_);
    done_.wait(lock, [&] { return ran_ >= calls; });
  }
  /// After seal(): every thread leaves.
  void wait_for_end() {
    Lock lock(mutex_);
    done_.wait(lock, [&] { return staff_.threads() == 0; });
    require(queued_ == 0, "a call was left behind");
  }

 private:
  using Lock = std::unique_lock<Mutex>;

  void call_for_help(Lock& lock) {
    if (queued_ == 0) return;
    switch (staff_.send_for_one()) {
      case Staff::Help::None: return;
      case Staff::Help::Wake:
        lock.unlock();
        work_.notify_one();
        lock.lock();
        return;
      case Staff::Help::Start: threads_.emplace_back([this] { serve(); });
    }
  }
  void serve() {
    Lock lock(mutex_);
    staff_.begin();
    while (next_call(lock)) {
      if (sends_on_ == SendsOn::Yes) call_for_help(lock);
      lock.unlock();
      // Here the call runs.
      lock.lock();
      ran_ += 1;
      done_.notify_all();
      done_.wait(lock, [&] { return ran_ >= meeting_; });
    }
    staff_.leave();
    done_.notify_all();
  }
  bool next_call(Lock& lock) {
    for (;;) {
      if (queued_ > 0) {
        --queued_;
        return true;
      }
      if (sealed_) return false;
      if (!staff_.rest(work_, lock, {}, [this] { return bool{sealed_}; })) return false;
    }
  }

  Mutex mutex_;
  Condition work_;
  Condition done_;
  Staff staff_;
  const int meeting_;
  const SendsOn sends_on_;
  Cell<int> queued_{0};
  Cell<int> ran_{0};
  Cell<bool> sealed_{false};
  std::deque<Thread> threads_;
};

void two_submitters(std::size_t most) {
  Pool pool(most);
  {
    const Thread other([&] { pool.submit(); });
    pool.submit();
    pool.wait_for(1);
    pool.submit();
  }
  pool.wait_for(3);
  pool.seal();
  pool.wait_for_end();
}

void calls_that_meet(SendsOn sends_on) {
  Pool pool(2, 2, sends_on);
  {
    const Thread other([&] { pool.submit(); });
    pool.submit();
  }
  pool.wait_for(2);
  pool.seal();
  pool.wait_for_end();
}

constexpr Limits kLimits{.preemptions = 2, .runs = 400'000};

}  // namespace

TEST_CASE("explore: blocking: every call is taken, also when a thread gives up its rest just then") {
  explore("blocking idle_claim", kLimits, [] { two_submitters(1); });
  explore("blocking idle_claim two threads", kLimits, [] { two_submitters(2); });
}

TEST_CASE("explore: blocking: two calls that wait for each other get a thread each") {
  explore("blocking calls that meet", kLimits, [] { calls_that_meet(SendsOn::Yes); });
}

TEST_CASE("explore: blocking: who takes a call and does not send for the next leaves it behind") {
  find_fault("blocking no sending on", "deadlock", kLimits, [] { calls_that_meet(SendsOn::No); });
}

TEST_CASE("explore: blocking: at the cap the threads that are there do the work") {
  explore("blocking at_thread_cap_runs", kLimits, [] {
    Pool pool(1);
    {
      const Thread other([&] { pool.submit(); });
      pool.submit();
    }
    pool.wait_for(2);
    pool.seal();
    pool.wait_for_end();
  });
}

TEST_CASE("explore: blocking: mandatory calls run when the pool is sealed at once") {
  explore("blocking mandatory_always_runs", kLimits, [] {
    Pool pool(2);
    pool.submit();
    {
      const Thread sealer([&] { pool.seal(); });
      pool.wait_for(1);
    }
    pool.wait_for_end();
  });
}
