// Semaphore: so many at a time, in the order they came.
#pragma once

#include <cstddef>
#include <memory>
#include <source_location>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/permits.h>
#include <rondeau/detail/thread_waiter.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

class Semaphore;

/// One or more permits; given back when destroyed. `Owner` is Semaphore* or std::shared_ptr<Semaphore>.
///
/// Thread safety: one user at a time; may end on another thread than it began.
template <class Owner>
class [[nodiscard("a permit that is not kept is given back at once")]] BasicSemaphorePermit {
 public:
  BasicSemaphorePermit(Owner semaphore, std::size_t count) noexcept : semaphore_(std::move(semaphore)), count_(count) {}
  BasicSemaphorePermit(BasicSemaphorePermit&& other) noexcept
      : semaphore_(std::move(other.semaphore_)), count_(std::exchange(other.count_, 0)) {}
  BasicSemaphorePermit& operator=(BasicSemaphorePermit&& other) noexcept {
    BasicSemaphorePermit(std::move(other)).swap(*this);
    return *this;
  }
  ~BasicSemaphorePermit();

  /// How many permits this holds.
  std::size_t count() const noexcept { return count_; }
  /// Takes over the permits of `other`, which must be of the same semaphore.
  void merge(BasicSemaphorePermit other, std::source_location where = std::source_location::current()) noexcept {
    if (semaphore_ != other.semaphore_) base::fail("merge: these permits are of different semaphores", where);
    count_ += std::exchange(other.count_, 0);
  }
  /// Gives `count` of the permits to a permit of their own. At most count().
  BasicSemaphorePermit split(std::size_t count, std::source_location where = std::source_location::current()) noexcept {
    if (count > count_) base::fail("split: a permit cannot give more than it holds", where);
    count_ -= count;
    return BasicSemaphorePermit(semaphore_, count);
  }
  /// Takes the permits out of the semaphore for good.
  void forget() && noexcept { count_ = 0; }

 private:
  void swap(BasicSemaphorePermit& other) noexcept {
    std::swap(semaphore_, other.semaphore_);
    std::swap(count_, other.count_);
  }
  Owner semaphore_;
  std::size_t count_;
};

using SemaphorePermit = BasicSemaphorePermit<Semaphore*>;
using OwnedSemaphorePermit = BasicSemaphorePermit<std::shared_ptr<Semaphore>>;

/// Counts permits that tasks take and give back.
///
/// Strictly fair: who waits is served in order, never overtaken; a large request at the head gathers permits and
/// blocks smaller ones behind it. May be a global with static initialisation.
/// Thread safety: any thread. Lifetime: must outlive borrowed permits and those who wait; see the _owned functions.
class Semaphore {
 public:
  /// The most permits one can count.
  static constexpr std::size_t kMaxPermits = detail::Permits::kLimit;

  explicit constexpr Semaphore(std::size_t permits,
                               std::source_location where = std::source_location::current()) noexcept
      : permits_(checked(permits, where)) {}

  /// Waits for permits of a semaphore that `Owner` may keep alive. Derived has await_resume(), which calls take().
  template <class Derived, class Owner>
  class AcquireBase : public detail::PermitAwaiter<Derived> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Place;

   protected:
    AcquireBase(Owner semaphore, std::size_t count) noexcept
        : detail::PermitAwaiter<Derived>(semaphore->permits_, count), semaphore_(std::move(semaphore)), count_(count) {}
    ~AcquireBase() { this->disarm(); }
    base::Result<BasicSemaphorePermit<Owner>> take() noexcept {
      if (!this->take_permits()) return base::Errc::Closed;
      return BasicSemaphorePermit<Owner>(semaphore_, count_);
    }

   private:
    Owner semaphore_;
    std::size_t count_;
  };
  template <class Owner>
  class [[nodiscard("acquire does nothing until it is awaited")]] BasicAcquire final
      : public AcquireBase<BasicAcquire<Owner>, Owner> {
   public:
    BasicAcquire(Owner semaphore, std::size_t count) noexcept
        : AcquireBase<BasicAcquire, Owner>(std::move(semaphore), count) {}
    base::Result<BasicSemaphorePermit<Owner>> await_resume() noexcept { return this->take(); }
  };
  using Acquire = BasicAcquire<Semaphore*>;
  using Shared = std::shared_ptr<Semaphore>;
  using AcquireOwned = BasicAcquire<Shared>;

  /// Waits for a permit: `auto permit = co_await semaphore.acquire();`
  ///
  /// Errors: Closed. Cancellation: the place in the queue is lost, gathered permits return.
  Acquire acquire() noexcept { return acquire_many(1); }
  /// `count` permits at once; aborts above kMaxPermits.
  Acquire acquire_many(std::size_t count, std::source_location where = std::source_location::current()) noexcept {
    return Acquire(this, checked(count, where));
  }
  /// The same with a permit that keeps the semaphore alive.
  static AcquireOwned acquire_owned(Shared semaphore) noexcept { return acquire_many_owned(std::move(semaphore), 1); }
  static AcquireOwned acquire_many_owned(Shared semaphore, std::size_t count,
                                         std::source_location where = std::source_location::current()) noexcept {
    return AcquireOwned(std::move(semaphore), checked(count, where));
  }

  /// Takes a permit if one is free and nobody waits. Errors: WouldBlock, Closed.
  base::Result<SemaphorePermit> try_acquire() noexcept { return try_acquire_many(1); }
  base::Result<SemaphorePermit> try_acquire_many(std::size_t count) noexcept { return try_take(this, count); }
  static base::Result<OwnedSemaphorePermit> try_acquire_owned(Shared semaphore) noexcept {
    return try_acquire_many_owned(std::move(semaphore), 1);
  }
  static base::Result<OwnedSemaphorePermit> try_acquire_many_owned(Shared semaphore, std::size_t count) noexcept {
    return try_take(std::move(semaphore), count);
  }

  /// As acquire, for a plain thread; aborts inside a task. Errors: Closed.
  base::Result<SemaphorePermit> blocking_acquire(std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(acquire(), where);
  }
  base::Result<SemaphorePermit> blocking_acquire_many(std::size_t count,
                                                      std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(acquire_many(count, where), where);
  }
  static base::Result<OwnedSemaphorePermit> blocking_acquire_owned(
      Shared semaphore, std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(acquire_owned(std::move(semaphore)), where);
  }
  static base::Result<OwnedSemaphorePermit> blocking_acquire_many_owned(
      Shared semaphore, std::size_t count, std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(acquire_many_owned(std::move(semaphore), count, where), where);
  }

  /// Adds new permits; aborts above kMaxPermits.
  void add_permits(std::size_t count) noexcept { permits_.give(count); }
  /// Takes at most `count` free permits away for good; returns how many.
  std::size_t forget_permits(std::size_t count) noexcept { return permits_.forget(count); }
  /// From now on nobody gets a permit; who waits is told at once. Permits that are out stay valid.
  void close() noexcept { permits_.close(); }
  bool is_closed() const noexcept { return permits_.closed(); }
  std::size_t available_permits() const noexcept { return permits_.available(); }

 private:
  template <class Owner>
  friend class BasicSemaphorePermit;

  static constexpr std::size_t checked(std::size_t permits, std::source_location where) noexcept {
    if (permits > kMaxPermits) base::fail("a semaphore counts at most SIZE_MAX >> 3 permits", where);
    return permits;
  }
  template <class Owner>
  static base::Result<BasicSemaphorePermit<Owner>> try_take(Owner semaphore, std::size_t count) noexcept {
    switch (semaphore->permits_.try_take(count)) {
      case detail::Permits::Take::Closed:
        return base::Errc::Closed;
      case detail::Permits::Take::Short:
        return base::Errc::WouldBlock;
      case detail::Permits::Take::Taken:
        break;
    }
    return BasicSemaphorePermit<Owner>(std::move(semaphore), count);
  }

  detail::Permits permits_;
};

template <class Owner>
BasicSemaphorePermit<Owner>::~BasicSemaphorePermit() {
  if (count_ > 0) semaphore_->permits_.give(count_);
}

}  // namespace rondeau::sync

namespace rondeau {
using sync::OwnedSemaphorePermit;
using sync::Semaphore;
using sync::SemaphorePermit;
}  // namespace rondeau
