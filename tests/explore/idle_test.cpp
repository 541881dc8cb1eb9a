// Who sleeps and who is woken: the real idle word, inject queue and parker. The worker's loop is a harness, written
// after Worker::run, search and sleep: without ring, timers and reactor, whose wake is a doorbell here.
#include <doctest/doctest.h>

#include <deque>
#include <optional>

#include "explore/jobs.h"
#include "scheduler/idle.h"
#include "scheduler/inject_inl.h"
#include "scheduler/parker.h"
#include "support/model.h"

using explored::Job;
using explored::Jobs;
using support::model::find_fault;
using support::model::Limits;
using support::model::LoadForNoChangeAtomics;
using support::model::ModelAtomics;
using support::model::Parking;
using support::model::Thread;

namespace {

enum class Fault { None, NoFinalScan, NoWake, SleepsWithoutAsking };

template <class Atomics>
class Workers {
 public:
  Workers(std::size_t workers, int jobs, Fault fault) : idle_(workers), inject_(1), left_(jobs), fault_(fault) {
    for (std::size_t i = 0; i < workers; ++i) each_.emplace_back();
  }

  void submit(Job* job) {
    inject_.push_remotely(job);
    if (fault_ != Fault::NoWake) notify_one();
  }

  void run(std::size_t index) {
    bool searching = false;
    while (!ended()) {
      Job* job = next();
      if (job == nullptr && (searching || (searching = idle_.start_searching()))) job = next();
      if (job == nullptr) {
        searching = sleep(index, searching);
        continue;
      }
      if (searching && idle_.stop_searching()) notify_one();
      searching = false;
      job->take();
      if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        for (std::size_t i = 0; i < each_.size(); ++i) unpark(i);
      }
    }
  }

 private:
  struct Each {
    rondeau::scheduler::BasicParker<Atomics> parker;
    Parking doorbell;
  };

  bool ended() const noexcept { return left_.load(std::memory_order_acquire) == 0; }

  Job* next() {
    auto chain = inject_.take(0);
    if (chain.count == 0) return nullptr;
    Job* first = chain.first;
    if (--chain.count > 0) {
      chain.first = first->queue_next;
      inject_.put_back(chain);
      notify_one();
    }
    return first;
  }

  void notify_one() {
    if (const std::optional<std::size_t> worker = idle_.worker_to_wake(); worker) unpark(*worker);
  }
  void unpark(std::size_t worker) {
    if (each_[worker].parker.unpark()) each_[worker].doorbell.unpark();
  }

  /// True: it was woken, and searches.
  bool sleep(std::size_t index, bool searching) {
    const bool last = idle_.park(index, searching);
    if (last && fault_ != Fault::NoFinalScan && !inject_.empty()) notify_one();
    for (;;) {
      Each& own = each_[index];
      if (fault_ == Fault::SleepsWithoutAsking) {
        static_cast<void>(own.parker.prepare());
        own.doorbell.park();
        own.parker.finish();
      } else if (own.parker.prepare()) {
        own.doorbell.park();
        own.parker.finish();
      }
      if (ended()) return !idle_.unpark(index);
      if (!idle_.is_parked(index)) return true;
    }
  }

  rondeau::scheduler::BasicIdle<Atomics, support::model::Mutex> idle_;
  rondeau::scheduler::BasicInject<Atomics, Job, support::model::Mutex> inject_;
  typename Atomics::template Atomic<int> left_;
  std::deque<Each> each_;
  const Fault fault_;
};

/// The main thread pushes; no wake is lost where all workers come to their end.
template <std::size_t kWorkers, int kJobs, class Atomics = ModelAtomics>
void no_wake_lost(Fault fault = Fault::None) {
  Jobs<kJobs> jobs;
  Workers<Atomics> workers(kWorkers, kJobs, fault);
  std::deque<Thread> threads;
  for (std::size_t i = 0; i < kWorkers; ++i) threads.emplace_back([&workers, i] { workers.run(i); });
  for (std::size_t i = 0; i < kJobs; ++i) workers.submit(jobs[i]);
}

constexpr Limits kTwoWorkers{.preemptions = 2, .runs = 1'000'000};

}  // namespace

TEST_CASE("explore: idle: no wake is lost among two workers") {
  support::model::explore("pool idle_word_2", kTwoWorkers, [] { no_wake_lost<2, 1>(); });
  support::model::explore("pool idle_word_2 two tasks", kTwoWorkers, [] { no_wake_lost<2, 2>(); });
}

TEST_CASE("explore: idle: no wake is lost among three workers") {
  support::model::explore("pool idle_word_3", {.preemptions = 2, .runs = 2'000'000}, [] { no_wake_lost<3, 1>(); });
}

TEST_CASE("explore: idle: a plain load in the pusher loses a wake") {
  find_fault("pool idle_word plain load", "deadlock", kTwoWorkers,
             [] { no_wake_lost<2, 1, LoadForNoChangeAtomics>(); });
}

TEST_CASE("explore: idle: without the last scan a wake is lost") {
  find_fault("pool idle_word no final scan", "deadlock", kTwoWorkers, [] { no_wake_lost<2, 1>(Fault::NoFinalScan); });
}

TEST_CASE("explore: idle: a removed wake-up is found") {
  find_fault("pool idle_word no wake", "deadlock", kTwoWorkers, [] { no_wake_lost<2, 1>(Fault::NoWake); });
}

TEST_CASE("explore: idle: a worker that sleeps although it was notified is found") {
  find_fault("pool idle_word sleeps", "deadlock", kTwoWorkers, [] { no_wake_lost<2, 1>(Fault::SleepsWithoutAsking); });
}

TEST_CASE("explore: parker: an unpark before, during and after the sleep is noticed") {
  support::model::explore("parker", [] {
    rondeau::scheduler::BasicParker<ModelAtomics> parker;
    Parking doorbell;
    support::model::Cell<int> data{0};
    const Thread other([&] {
      data = 1;
      if (parker.unpark()) doorbell.unpark();
    });
    if (parker.prepare()) {
      doorbell.park();
      parker.finish();
    }
    support::model::require(data == 1, "what was done before the unpark is not seen");
  });
}
