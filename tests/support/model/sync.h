// Threads, and what they block on: a mutex, a condition, a parked thread.
#pragma once

#include <bit>
#include <cstddef>
#include <utility>

#include "support/model/engine.h"

namespace support::model {

/// Fails the run.
inline void require(bool holds, const char* what) {
  if (!holds) engine().fail(what);
}

/// Threads that wait, one bit each.
class Waiters {
 public:
  bool empty() const noexcept { return waiting_ == 0; }
  void block(const char* on) {
    waiting_ |= 1u << engine().self();
    engine().block(on);
  }
  /// Any one of them.
  void wake_one() {
    if (waiting_ == 0) return;
    unsigned chosen = waiting_;
    for (unsigned n = engine().choose(static_cast<unsigned>(std::popcount(waiting_))); n > 0; --n) chosen &= chosen - 1;
    wake(static_cast<ThreadId>(std::countr_zero(chosen)));
  }
  void wake_all() noexcept {
    while (waiting_ != 0) wake(static_cast<ThreadId>(std::countr_zero(waiting_)));
  }

 private:
  void wake(ThreadId thread) noexcept {
    waiting_ &= ~(1u << thread);
    engine().wake(thread);
  }
  unsigned waiting_ = 0;
};

class Mutex {
 public:
  constexpr Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex() {
    if (!alive_ || held_) engine().fail("a mutex is destroyed while it is held, or twice");
    if (!clock_.before(engine().clock())) engine().fail("a mutex is destroyed that another thread may be unlocking");
    alive_ = false;
  }

  void lock() {
    engine().point();
    check();
    while (held_) {
      waiters_.block("a mutex");
      check();
    }
    take();
  }
  bool try_lock() {
    engine().point();
    check();
    if (held_) return false;
    take();
    return true;
  }
  void unlock() {
    // No point: until somebody asks for the mutex it makes no difference when it becomes free. Who calls try_lock()
    // makes one (TriedMutex).
    check();
    if (!held_ || holder_ != engine().self()) engine().fail("a mutex is unlocked by a thread that does not hold it");
    held_ = false;
    clock_.join(engine().clock());
    engine().step();
    waiters_.wake_all();
    if (engine().telling()) engine().tell("a mutex is unlocked");
  }

 private:
  void check() const {
    if (!alive_) engine().fail("a mutex is used after it was destroyed");
  }
  void take() {
    held_ = true;
    holder_ = engine().self();
    engine().clock().join(clock_);
    if (engine().telling()) engine().tell("a mutex is locked");
  }
  Clock clock_;
  Waiters waiters_;
  bool held_ = false;
  bool alive_ = true;
  ThreadId holder_ = 0;
};

/// One whose try_lock() is called: others may run while it is held, even where its holder does nothing else.
class TriedMutex : public Mutex {
 public:
  void unlock() {
    engine().point();
    Mutex::unlock();
  }
};

class Condition {
 public:
  template <class Lock>
  void wait(Lock& lock) {
    lock.unlock();
    waiters_.block("a condition");
    lock.lock();
  }
  template <class Lock, class Predicate>
  void wait(Lock& lock, Predicate predicate) {
    while (!predicate()) wait(lock);
  }
  /// Perhaps its time is over at once, perhaps never before it is notified: as the explorer likes, at most `kTimeouts`
  /// times in a run.
  template <class Lock, class Time, class Predicate>
  bool wait_for(Lock& lock, Time, Predicate predicate) {
    while (!predicate()) {
      if (timeouts_ < kTimeouts && engine().choose(2) == 1) {
        ++timeouts_;
        lock.unlock();
        lock.lock();
        return predicate();
      }
      wait(lock);
    }
    return true;
  }
  void notify_one() {
    engine().point();
    waiters_.wake_one();
  }
  void notify_all() {
    engine().point();
    waiters_.wake_all();
  }

 private:
  static constexpr int kTimeouts = 2;
  int timeouts_ = 0;
  Waiters waiters_;
};

/// Lets one thread sleep until another unparks it; an unpark before that is remembered.
class Parking {
 public:
  void park() {
    engine().point();
    while (!unparked_) waiters_.block("an unpark");
    unparked_ = false;
    engine().clock().join(clock_);
    engine().step();
    if (engine().telling()) engine().tell("was parked, goes on");
  }
  void unpark() {
    engine().point();
    if (engine().telling()) engine().tell("unparks");
    unparked_ = true;
    clock_.join(engine().clock());
    engine().step();
    waiters_.wake_all();
  }
  bool unparked() const noexcept { return unparked_; }

 private:
  bool unparked_ = false;
  Clock clock_;
  Waiters waiters_;
};

/// Runs at once, in whatever order the explorer likes. Joined by join(), or by its destructor.
class Thread {
 public:
  template <class F>
  explicit Thread(F body) {
    auto* kept = new F(std::move(body));
    id_ = engine().start_thread(
        [](void* argument) {
          auto* own = static_cast<F*>(argument);
          (*own)();
          delete own;
        },
        kept);
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() { join(); }
  void join() {
    if (!std::exchange(joined_, true)) engine().join_thread(id_);
  }

 private:
  ThreadId id_;
  bool joined_ = false;
};

}  // namespace support::model
