// The real ring, LIFO slot and inject queue, with rings of 4.
#include <doctest/doctest.h>

#include "explore/jobs.h"
#include "scheduler/inject_inl.h"
#include "scheduler/lifo_slot.h"
#include "scheduler/ring.h"
#include "scheduler/run_queues.h"
#include "support/model.h"

using explored::Job;
using explored::Jobs;
using support::model::find_fault;
using support::model::Limits;
using support::model::ModelAtomics;
using support::model::Mutex;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Thread;

namespace {

using Ring = rondeau::scheduler::Ring<4, ModelAtomics, Job>;
using Inject = rondeau::scheduler::BasicInject<ModelAtomics, Job, Mutex>;
template <class Atomics>
using LifoSlot = rondeau::scheduler::BasicLifoSlot<Atomics, Job>;

const auto overflow = explored::take_chain;

template <class Queue>
std::size_t take_all(Queue& ring) {
  std::size_t count = 0;
  for (Job* job = ring.pop(); job != nullptr; job = ring.pop(), ++count) job->take();
  return count;
}

/// Steals once, into a ring of its own, and runs what it got.
template <class Queue>
void steal(Queue& victim) {
  Queue own;
  const auto [first, count] = victim.steal_into(own);
  if (first != nullptr) first->take();
  require(take_all(own) + (first != nullptr ? 1 : 0) == count, "a thief has another number than it was told");
}

template <class Atomics>
void basic() {
  Jobs<4> jobs;
  rondeau::scheduler::Ring<4, Atomics, Job> ring;
  {
    const Thread thief([&] { steal(ring); });
    for (std::size_t i = 0; i < 4; ++i) jobs[i]->queue_next = nullptr;
    ring.push(jobs[0], overflow);
    ring.push(jobs[1], overflow);
    if (Job* job = ring.pop(); job != nullptr) job->take();
    ring.push(jobs[2], overflow);
    ring.push(jobs[3], overflow);
    take_all(ring);
  }
  take_all(ring);
}

template <class Atomics>
void other_band() {
  using rondeau::task::Priority;
  using Queues = rondeau::scheduler::BasicRunQueues<4, Atomics, Job>;
  Jobs<3> jobs;
  Queues queues;
  {
    const Thread thief([&] {
      Queues own;
      auto* ring = queues.find(Priority::Background);
      if (ring == nullptr) return;
      const auto [first, count] = ring->steal_into(own.of(Priority::Background));
      if (first != nullptr) first->take();
      require(take_all(own.of(Priority::Background)) + (first != nullptr ? 1 : 0) == count, "a thief has another number than it was told");
    });
    for (std::size_t i = 0; i < 3; ++i) jobs[i]->queue_next = nullptr;
    queues.of(Priority::Background).push(jobs[0], overflow);
    queues.normal().push(jobs[1], overflow);
    queues.of(Priority::Background).push(jobs[2], overflow);
    take_all(queues.of(Priority::Background));
  }
  take_all(queues.of(Priority::Background));
  take_all(queues.normal());
  require(queues.empty(), "something is left");
}

template <class Atomics>
void lifo() {
  Jobs<2> jobs;
  LifoSlot<Atomics> slot;
  const auto take = [&] {
    if (Job* job = slot.take(); job != nullptr) job->take();
  };
  {
    const Thread thief(take);
    jobs[0]->queue_next = nullptr;
    require(slot.put(jobs[0]) == nullptr, "an empty slot holds a task");
    jobs[1]->queue_next = nullptr;
    if (Job* before = slot.put(jobs[1]); before != nullptr) before->take();
    take();
  }
  take();
}

}  // namespace

TEST_CASE("explore: queue: each task is popped or stolen once") {
  support::model::explore("queue basic", basic<ModelAtomics>);
}

TEST_CASE("explore: queue: a ring whose operations are relaxed is found out") {
  find_fault("queue basic relaxed", "data race", basic<RelaxedAtomics>);
}

TEST_CASE("explore: queue: a full ring overflows while it is stolen from") {
  support::model::explore("queue steal_overflow", [] {
    Jobs<7> jobs;
    Ring ring;
    {
      const Thread thief([&] { steal(ring); });
      for (std::size_t i = 0; i < 3; ++i) ring.push(jobs[i], overflow);
      if (Job* job = ring.pop(); job != nullptr) job->take();
      for (std::size_t i = 3; i < 7; ++i) ring.push(jobs[i], overflow);
      take_all(ring);
    }
    take_all(ring);
  });
}

TEST_CASE("explore: queue: two thieves at once") {
  support::model::explore("queue multi_stealer", [] {
    Jobs<5> jobs;
    Ring ring;
    for (std::size_t i = 0; i < 3; ++i) ring.push(jobs[i], overflow);
    {
      const Thread first([&] { steal(ring); });
      const Thread second([&] { steal(ring); });
      ring.push(jobs[3], overflow);
      ring.push(jobs[4], overflow);
      take_all(ring);
    }
    take_all(ring);
  });
}

TEST_CASE("explore: queue: a thief is stolen from") {
  support::model::explore("queue chained_steal", [] {
    Jobs<5> jobs;
    Ring first;
    Ring second;
    for (std::size_t i = 0; i < 3; ++i) first.push(jobs[i], overflow);
    {
      const Thread other([&] {
        for (std::size_t i = 3; i < 5; ++i) second.push(jobs[i], overflow);
        if (Job* job = second.pop(); job != nullptr) job->take();
        steal(first);
        take_all(second);
      });
      if (const auto [job, count] = second.steal_into(first); job != nullptr) job->take();
      take_all(first);
    }
    take_all(first);
    take_all(second);
  });
}

TEST_CASE("explore: queue: a thief meets the ring of another band while its owner makes it") {
  support::model::explore("queue other_band", other_band<ModelAtomics>);
  find_fault("queue other_band relaxed", "may not know yet that it was made", other_band<RelaxedAtomics>);
}

TEST_CASE("explore: queue: the owner of a LIFO slot and a thief, one gets the task") {
  support::model::explore("queue lifo_steal", lifo<ModelAtomics>);
  find_fault("queue lifo_steal relaxed", "data race", lifo<RelaxedAtomics>);
}

TEST_CASE("explore: queue: what is put back into the inject queue is there for others") {
  support::model::explore("queue inject", [] {
    Jobs<3> jobs;
    Inject inject(1);
    const auto take_one = [&] {
      Inject::Chain chain = inject.take(0);
      if (chain.count == 0) return;
      Job* first = chain.first;
      if (--chain.count > 0) {
        chain.first = first->queue_next;
        inject.put_back(chain);
      }
      first->take();
    };
    {
      const Thread pusher([&] {
        inject.push_remotely(jobs[0]);
        inject.push_remotely(jobs[1]);
      });
      const Thread taker(take_one);
      inject.push(jobs[2], jobs[2], 1);
      take_one();
    }
    while (!inject.empty()) take_one();
    require(inject.pushed_remotely() == 2, "another number was counted");
  });
}
