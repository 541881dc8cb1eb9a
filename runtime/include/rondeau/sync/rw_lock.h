// RwLock<T>: many readers or one writer, across co_await, first come, first served.
//
// A semaphore of as many permits as there may be readers: a reader takes one, a writer takes them all. What the
// semaphore promises of its queue (strictly in order, nobody barges) holds for readers and writers alike.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/sync/rw_lock_guard.h>
#include <rondeau/sync/semaphore.h>

namespace rondeau::sync {

/// Guards a T, so that many read it or one changes it.
///
/// Fair: a writer that waits goes before readers that come later. So a task that holds a read guard and reads again may
/// wait for a writer that waits for it: read once, and pass the guard on.
/// No poisoning: a guard that is destroyed, by an exception or a cancelled task, unlocks. May be a global with static
/// initialisation where T's constructor is constexpr.
/// Thread safety: any thread; readers share a const T. Lifetime: must outlive borrowed guards and those who wait.
template <class T>
class RwLock {
  struct MaxReaders {
    std::size_t count;
  };

 public:
  /// How many may read at once, unless with_max_readers says fewer.
  static constexpr std::size_t kMaxReaders = (std::size_t{1} << 29) - 1;

  constexpr RwLock()
    requires std::is_default_constructible_v<T>
      : RwLock(MaxReaders{kMaxReaders}) {}
  template <class... Args>
    requires(sizeof...(Args) > 0 && std::is_constructible_v<T, Args...>)
  explicit constexpr RwLock(Args&&... args) : RwLock(MaxReaders{kMaxReaders}, std::forward<Args>(args)...) {}
  /// The same for at most `max_readers` at once, 1 to kMaxReaders; others wait.
  template <class... Args>
  static constexpr RwLock with_max_readers(std::size_t max_readers, Args&&... args) {
    return RwLock(MaxReaders{max_readers}, std::forward<Args>(args)...);
  }

  /// Waits for what its guard needs.
  template <class Owner, class Guard, class U>
  class [[nodiscard("a lock is waited for when this is awaited")]] Acquire final
      : public Semaphore::AcquireBase<Acquire<Owner, Guard, U>, Owner> {
   public:
    Acquire(Owner semaphore, std::size_t permits, RwLock* lock) noexcept
        : Semaphore::AcquireBase<Acquire, Owner>(std::move(semaphore), permits), lock_(lock) {}
    Guard await_resume() noexcept {
      lock_->note_holder(kWrites ? this->strand : nullptr);
      return Guard(*this->take(), &lock_->value_);
    }
    void describe_wait(detail::WaitDescription& wait) const noexcept {
      wait.operation = kWrites ? "RwLock::write" : "RwLock::read";
      wait.object = lock_;
      wait.holder = lock_->writer_.load(std::memory_order_relaxed);
    }

   private:
    static constexpr bool kWrites = !std::is_const_v<U>;
    RwLock* lock_;
  };
  using Shared = std::shared_ptr<Semaphore>;
  using Read = Acquire<Semaphore*, RwLockReadGuard<T>, const T>;
  using ReadOwned = Acquire<Shared, OwnedRwLockReadGuard<T>, const T>;
  using Write = Acquire<Semaphore*, RwLockWriteGuard<T>, T>;
  using WriteOwned = Acquire<Shared, OwnedRwLockWriteGuard<T>, T>;

  /// Waits until it may read: `auto guard = co_await lock.read(); use(guard->field);`
  /// Cancellation: the place in the queue is lost.
  Read read() noexcept { return Read(&semaphore_, 1, this); }
  /// The same with a guard that keeps the lock alive.
  static ReadOwned read_owned(std::shared_ptr<RwLock> lock) noexcept { return {shared(lock), 1, lock.get()}; }
  /// Waits until it alone may change it: `auto guard = co_await lock.write(); guard->field = 1;`
  /// Cancellation: the place in the queue is lost; readers that waited behind it go on.
  Write write() noexcept { return Write(&semaphore_, max_readers_, this); }
  /// The same with a guard that keeps the lock alive.
  static WriteOwned write_owned(std::shared_ptr<RwLock> lock) noexcept {
    return {shared(lock), lock->max_readers_, lock.get()};
  }

  /// Empty where the lock is held or waited for by a writer, or max_readers read.
  std::optional<RwLockReadGuard<T>> try_read() noexcept { return try_take<RwLockReadGuard<T>>(*this, &semaphore_, 1); }
  static std::optional<OwnedRwLockReadGuard<T>> try_read_owned(std::shared_ptr<RwLock> lock) noexcept {
    return try_take<OwnedRwLockReadGuard<T>>(*lock, shared(lock), 1);
  }
  /// Empty where the lock is held or waited for.
  std::optional<RwLockWriteGuard<T>> try_write() noexcept {
    return try_take<RwLockWriteGuard<T>>(*this, &semaphore_, max_readers_);
  }
  static std::optional<OwnedRwLockWriteGuard<T>> try_write_owned(std::shared_ptr<RwLock> lock) noexcept {
    return try_take<OwnedRwLockWriteGuard<T>>(*lock, shared(lock), lock->max_readers_);
  }

  /// As read, for a plain thread; aborts inside a task.
  RwLockReadGuard<T> blocking_read(std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(read(), where);
  }
  static OwnedRwLockReadGuard<T> blocking_read_owned(std::shared_ptr<RwLock> lock,
                                                     std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(read_owned(std::move(lock)), where);
  }
  /// As write, for a plain thread; aborts inside a task.
  RwLockWriteGuard<T> blocking_write(std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(write(), where);
  }
  static OwnedRwLockWriteGuard<T> blocking_write_owned(std::shared_ptr<RwLock> lock,
                                                       std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(write_owned(std::move(lock)), where);
  }

  /// What it guards, for its only owner: no lock is taken.
  T& inner() noexcept { return value_; }
  /// Moves the value out, for its only owner.
  T release() && { return std::move(value_); }

 private:
  template <class... Args>
  explicit constexpr RwLock(MaxReaders readers, Args&&... args)
      : semaphore_(checked(readers.count)), max_readers_(readers.count), value_(std::forward<Args>(args)...) {}

  static constexpr std::size_t checked(std::size_t max_readers) {
    if (max_readers == 0 || max_readers > kMaxReaders) base::fail("an RwLock has room for 1 to 2^29 - 1 readers");
    return max_readers;
  }
  static Shared shared(const std::shared_ptr<RwLock>& lock) noexcept { return Shared(lock, &lock->semaphore_); }

  template <class Guard, class Owner>
  static std::optional<Guard> try_take(RwLock& lock, Owner semaphore, std::size_t permits) noexcept {
    std::optional<Guard> guard;
    if constexpr (std::is_pointer_v<Owner>) {
      if (auto taken = semaphore->try_acquire_many(permits)) guard.emplace(*std::move(taken), &lock.value_);
    } else {
      if (auto taken = Semaphore::try_acquire_many_owned(std::move(semaphore), permits)) {
        guard.emplace(*std::move(taken), &lock.value_);
      }
    }
    if (guard) lock.note_holder(nullptr);
    return guard;
  }

  /// For dumps only, so relaxed. A reader only ever reads the word, but for the first one after a writer.
  void note_holder(const detail::Strand* writer) noexcept {
    const std::uint64_t id = writer == nullptr || writer->task == nullptr ? 0 : writer->task->id;
    if (writer_.load(std::memory_order_relaxed) != id) writer_.store(id, std::memory_order_relaxed);
  }

  Semaphore semaphore_;
  std::atomic<std::uint64_t> writer_{0};  ///< the task that locked it last, by write(); 0: readers, try_write, no task
  const std::size_t max_readers_;
  T value_;
};

template <class T>
RwLock(T) -> RwLock<T>;

}  // namespace rondeau::sync

namespace rondeau {
using sync::RwLock;
}
