// The life of a task: the real state word. The task around it is a harness, written after run.cpp and JoinHandle: a
// queue entry is run at once by whoever was told to submit it, since any thread may be a worker.
#include <doctest/doctest.h>

#include <rondeau/detail/task_state.h>

#include <array>
#include <bit>
#include <utility>

#include "support/model.h"

using support::model::Atomic;
using support::model::Cell;
using support::model::explore;
using support::model::find_fault;
using support::model::Limits;
using support::model::LoadForNoChangeAtomics;
using support::model::ModelAtomics;
using support::model::RelaxedAtomics;
using support::model::require;
using support::model::Self;
using support::model::Thread;

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

/// What is left when the task's memory is gone.
struct Record {
  Cell<int> runs{0};
  Cell<int> destroyed_results{0};
  Cell<bool> completed{false};
  Cell<bool> cancelled{false};
};

/// Ends when all the events it waits for have come.
template <class Atomics>
class Task {
  using State = rondeau::detail::BasicTaskState<Atomics>;

 public:
  Task(Record& record, int events, bool yields = false) : record_(record), events_(events), yields_(yields) {}

  // ---- the scheduler's side

  void run() {
    switch (state_.to_running()) {
      case State::ToRunning::Drop: return;
      case State::ToRunning::Free: return free();
      case State::ToRunning::End: return end();
      case State::ToRunning::Run: break;
    }
    frame_ += 1;
    record_.runs += 1;
    if (!yields_ && arrived_.load(kRelaxed) == events_) {
      result_ = 1;
      record_.completed = true;
      return finish();
    }
    switch (state_.to_idle(std::exchange(yields_, false))) {
      case State::ToIdle::Idle: return;
      case State::ToIdle::Resubmit: return run();
      case State::ToIdle::Free: return free();
      case State::ToIdle::End: return end();
    }
  }

  // ---- wakers, which hold a reference; and the handle

  void add_reference() { state_.add_reference(); }
  void arrive() { arrived_.fetch_add(1, kRelaxed); }
  void wake_by_reference() { submit_if(state_.wake_by_reference()); }
  void wake_by_value() { submit_if(state_.wake_by_value()); }
  void abort() { submit_if(state_.abort()); }
  void drop() {
    if (state_.drop_reference()) free();
  }

  bool is_complete() const { return state_.is_complete(); }

  /// False: complete already. The wake is the slot's, or it is given back.
  bool set_join_waker(support::model::Wake wake) {
    join_waker_ = wake.counted();
    if (state_.set_join_waker()) return true;
    wake.drop();
    return false;
  }
  void unset_join_waker() {
    if (state_.unset_join_waker()) join_waker_.get().drop();
  }
  int take_result() {
    require(result_ == 1, "a result is missing");
    return std::exchange(result_, 0);
  }
  void detach() {
    if (state_.is_complete()) {
      destroy_result();
      if (state_.drop_completed_join_handle()) free();
      return;
    }
    if (state_.drop_join_handle_fast()) return;
    if (state_.unset_join_interest()) destroy_result();
    drop();
  }

 private:
  void submit_if(typename State::Wake what) {
    if (what == State::Wake::Submit) run();
    if (what == State::Wake::Free) free();
  }
  void end() {
    frame_ += 1;
    record_.cancelled = true;
    finish();
  }
  void finish() {
    frame_ = -1000;  // destroyed: whoever touches it now is late
    if (!state_.has_join_interest()) {
      destroy_result();
      if (state_.holds_all(2)) return free();
      state_.complete();
      if (state_.drop_references(2)) free();
      return;
    }
    const typename State::Completed completed = state_.complete();
    if (!completed.join_interest) {
      destroy_result();
    } else if (completed.join_waker) {
      join_waker_.get().wake_by_value();
    }
    // The owned list's, and the runner's own.
    if (state_.drop_references(2)) free();
  }
  void destroy_result() {
    record_.destroyed_results += 1;
    result_ = 0;
  }
  void free() { delete this; }

  State state_;
  Record& record_;
  const int events_;
  bool yields_;              // in its first run; the runner's own
  Atomic<int> arrived_{0};  // relaxed: that a wake orders it with the run it causes is what is explored
  Cell<int> frame_{0};      // only the holder of RUNNING may touch it
  Cell<int> result_{0};
  Cell<support::model::Wake> join_waker_;
};

/// Two wakers, each of which brings an event, while the first entry is run. All is seen by the last run.
template <class Atomics>
void wake_versus_run(bool by_value) {
  Record record;
  auto* task = new Task<Atomics>(record, 2);
  task->add_reference();
  task->add_reference();
  {
    const auto waker = [task, by_value] {
      task->arrive();
      if (by_value) return task->wake_by_value();
      task->wake_by_reference();
      task->drop();
    };
    const Thread first(waker);
    const Thread second(waker);
    task->run();
  }
  require(record.completed, "a wake was lost");
  require(record.runs <= 3, "it ran more often than it was woken");
  task->take_result();
  task->detach();
}

void join(Task<ModelAtomics>* task) {
  Self self;
  if (!task->is_complete() && task->set_join_waker(self.wake())) {
    self.park();
    require(task->is_complete(), "woken before it is complete");
  }
}

}  // namespace

TEST_CASE("explore: task: wakes by value, wakes by reference and runs: none is lost") {
  explore("task wake_by_value versus run", [] { wake_versus_run<ModelAtomics>(true); });
  explore("task wake_by_reference versus run", [] { wake_versus_run<ModelAtomics>(false); });
}

TEST_CASE("explore: task: a wake that writes nothing where it is due already is lost") {
  find_fault("task wake without write", "a wake was lost", [] { wake_versus_run<LoadForNoChangeAtomics>(false); });
}

TEST_CASE("explore: task: relaxed transitions are found out") {
  find_fault("task relaxed", "data race", [] { wake_versus_run<RelaxedAtomics>(true); });
}

TEST_CASE("explore: task: abort, wake and run: it ends once, completed or cancelled") {
  explore("task abort versus wake versus run", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 1);
    task->add_reference();
    task->add_reference();
    {
      const Thread waker([task] {
        task->arrive();
        task->wake_by_value();
      });
      const Thread aborter([task] {
        task->abort();
        task->drop();
      });
      task->run();
    }
    require(record.completed != record.cancelled, "it ended twice, or never");
    require(task->is_complete(), "an abort was lost");
    task->detach();
  });
}

TEST_CASE("explore: task: two aborts at once") {
  explore("task abort versus abort", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 1);
    task->add_reference();
    {
      const Thread aborter([task] {
        task->abort();
        task->drop();
      });
      task->abort();
      task->run();
    }
    require(record.cancelled && !record.completed, "an abort was lost");
    task->detach();
  });
}

TEST_CASE("explore: task: the handle waits while the task completes") {
  explore("task join_output", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 0);
    {
      const Thread worker([task] { task->run(); });
      join(task);
      require(task->take_result() == 1, "another result");
      task->detach();
    }
    require(record.completed && record.destroyed_results == 1, "the result was not destroyed once");
  });
}

TEST_CASE("explore: task: the handle waits, changes its mind, waits again, while the task completes") {
  explore("task poll_drop_handle_then_drop", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 0);
    {
      const Thread worker([task] { task->run(); });
      Self self;
      if (task->set_join_waker(self.wake())) task->unset_join_waker();
      join(task);
      task->detach();
    }
    require(record.destroyed_results == 1, "the result was not destroyed once");
  });
  explore("task unset_join_waker versus complete", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 0);
    {
      const Thread worker([task] { task->run(); });
      Self self;
      if (task->set_join_waker(self.wake())) task->unset_join_waker();
      task->detach();
    }
    require(record.destroyed_results == 1, "the result was not destroyed once");
  });
}

TEST_CASE("explore: task: the handle is dropped while the task is scheduled and runs") {
  explore("task drop_jh_during_schedule", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 1);
    task->add_reference();
    {
      const Thread worker([task] { task->run(); });
      const Thread waker([task] {
        task->arrive();
        task->wake_by_value();
      });
      task->detach();
    }
    require(record.completed && record.destroyed_results == 1, "the result was not destroyed once");
  });
}

TEST_CASE("explore: task: one that yields runs again, whoever wakes or aborts it meanwhile") {
  explore("task yield versus wake", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 1, true);
    task->add_reference();
    {
      const Thread waker([task] {
        task->arrive();
        task->wake_by_value();
      });
      task->run();
    }
    require(record.completed, "a wake was lost");
    require(record.runs >= 2, "it did not run again after it yielded");
    task->take_result();
    task->detach();
  });
  explore("task yield versus abort", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 1, true);
    task->add_reference();
    {
      const Thread aborter([task] {
        task->abort();
        task->drop();
      });
      task->run();
    }
    require(record.cancelled && !record.completed, "an abort was lost");
    task->detach();
  });
}

TEST_CASE("explore: task: nobody waits for it, but one that aborts and one that wakes know of it while it completes") {
  explore("task finish_unjoined", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 0);
    task->add_reference();
    task->add_reference();
    task->detach();
    {
      const Thread worker([task] { task->run(); });
      const Thread aborter([task] {
        task->abort();
        task->drop();
      });
      task->wake_by_value();
    }
    require(record.completed != record.cancelled, "it ended twice, or never");
    require(record.destroyed_results == 1, "the result was not destroyed once");
  });
}

TEST_CASE("explore: task: a wake that comes when the task is gone frees it at most once") {
  explore("task destroy versus wake in flight", [] {
    Record record;
    auto* task = new Task<ModelAtomics>(record, 0);
    task->add_reference();
    {
      const Thread worker([task] { task->run(); });
      const Thread waker([task] { task->wake_by_value(); });
      task->abort();
      task->detach();
    }
    require(record.completed != record.cancelled, "it ended twice, or never");
  });
}

// ---- several strands in one task, and tasks that are held: harnesses, written after fire(), ask_fired_slots() and
// end() in run.cpp, around the real state word

namespace {

enum class Order { FireFirst, WakeFirst };

/// A task with two branches, each of which waits for data that a waker writes without any lock.
class Branches {
  using State = rondeau::detail::BasicTaskState<ModelAtomics>;

 public:
  explicit Branches(Order order) : order_(order) {}

  void run() {
    for (;;) {
      switch (state_.to_running()) {
        case State::ToRunning::Run: break;
        default: return;
      }
      // Acquire: pairs with the fetch_or in wake(); the data behind the bit is seen by the branch that is asked.
      for (unsigned fired = fired_.exchange(0, std::memory_order_acquire); fired != 0; fired &= fired - 1) {
        require(data_[static_cast<std::size_t>(std::countr_zero(fired))] == 1,
                "a branch was asked before its data was there");
        ++done_;
      }
      if (state_.to_idle() != State::ToIdle::Resubmit) return;
    }
  }
  void wake(std::size_t slot) {
    data_[slot] = 1;
    if (order_ == Order::FireFirst) fired_.fetch_or(1u << slot, std::memory_order_release);
    const auto what = state_.wake_by_value();
    if (order_ == Order::WakeFirst) fired_.fetch_or(1u << slot, std::memory_order_release);
    if (what == State::Wake::Submit) run();
  }
  void add_reference() { state_.add_reference(); }
  int done() const { return done_; }

 private:
  const Order order_;
  State state_;
  Atomic<unsigned> fired_{0};
  std::array<Cell<int>, 2> data_{};
  Cell<int> done_{0};
};

void fired_mask_versus_run(Order order) {
  Branches task(order);
  for (int i = 0; i < 2; ++i) task.add_reference();
  {
    const Thread first([&] { task.wake(0); });
    const Thread second([&] { task.wake(1); });
    task.run();
  }
  require(task.done() == 2, "a branch was never asked");
}

/// A task with an open scope of one child: aborted, it ends when the child has.
class Held {
  using State = rondeau::detail::BasicTaskState<ModelAtomics>;

 public:
  void run() {
    switch (state_.to_running()) {
      case State::ToRunning::Run: break;
      case State::ToRunning::End: return end();
      default: return;
    }
    switch (state_.to_idle()) {
      case State::ToIdle::Resubmit: return run();
      case State::ToIdle::End: return end();
      default: return;
    }
  }
  void abort() { submit_if(state_.abort()); }
  void child_ends() {
    locals_ += 1;  // of the parent's frame: the child may use it to its end
    children_.fetch_sub(1, std::memory_order_acq_rel);
    submit_if(state_.wake_by_reference());
  }
  void add_reference() { state_.add_reference(); }
  bool ended() const { return ended_; }

 private:
  void submit_if(State::Wake what) {
    if (what == State::Wake::Submit) run();
  }
  void end() {
    if (children_.load(std::memory_order_acquire) > 0) {
      if (state_.to_idle_held() == State::ToIdle::Resubmit) run();
      return;
    }
    locals_ = -1;
    require(!ended_, "it ended twice");
    ended_ = true;
    static_cast<void>(state_.complete());
  }
  State state_;
  Atomic<int> children_{1};
  Cell<int> locals_{0};
  Cell<bool> ended_{false};
};

}  // namespace

TEST_CASE("explore: task: fired bits and runs: each branch is asked after its data is there") {
  explore("task fired mask versus run", [] { fired_mask_versus_run(Order::FireFirst); });
  find_fault("task fired mask after the wake", "a branch was never asked",
             [] { fired_mask_versus_run(Order::WakeFirst); });
}

TEST_CASE("explore: task: aborted with an open scope, it ends after its last child, and ends") {
  explore("task hold versus last child", [] {
    Held task;
    for (int i = 0; i < 2; ++i) task.add_reference();
    {
      const Thread child([&] { task.child_ends(); });
      const Thread aborter([&] { task.abort(); });
      task.run();
    }
    require(task.ended(), "it never ended");
  });
}
