// Mutex<T>: a lock that may be held across co_await, first come, first served.
//
// For state that is never locked across an await a std::mutex is cheaper and simpler.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/detail/permits.h>
#include <rondeau/detail/thread_waiter.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

template <class T>
class Mutex;

/// The lock, and access to a part of what it guards. Unlocks when destroyed, on whatever thread.
template <class U>
class [[nodiscard("a guard that is not kept unlocks at once")]] MappedMutexGuard {
 public:
  MappedMutexGuard(detail::Permits* lock, U* part) noexcept : lock_(lock), part_(part) {}
  MappedMutexGuard(MappedMutexGuard&& other) noexcept
      : lock_(std::exchange(other.lock_, nullptr)), part_(other.part_) {}
  MappedMutexGuard& operator=(MappedMutexGuard&& other) noexcept {
    if (this != &other) {
      unlock();
      lock_ = std::exchange(other.lock_, nullptr);
      part_ = other.part_;
    }
    return *this;
  }
  ~MappedMutexGuard() { unlock(); }

  U& operator*() const noexcept { return *part_; }
  U* operator->() const noexcept { return part_; }
  /// The lock with access to a part only: `std::move(guard).map(&Session::cart)`, or a function of U& that returns a
  /// reference.
  template <class F>
  auto map(F&& part) && noexcept {
    auto& inner = std::invoke(std::forward<F>(part), *part_);
    return MappedMutexGuard<std::remove_reference_t<decltype(inner)>>(std::exchange(lock_, nullptr), &inner);
  }

 private:
  void unlock() noexcept {
    if (lock_ != nullptr) lock_->give_only();
  }
  detail::Permits* lock_;  // null once moved from
  U* part_;
};

/// The lock and access to what it guards. Unlocks when destroyed, on whatever thread.
template <class T>
using MutexGuard = MappedMutexGuard<T>;

/// The lock of a Mutex<void>.
template <>
class [[nodiscard("a guard that is not kept unlocks at once")]] MappedMutexGuard<void> {
 public:
  explicit MappedMutexGuard(detail::Permits* lock) noexcept : lock_(lock) {}
  MappedMutexGuard(MappedMutexGuard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  MappedMutexGuard& operator=(MappedMutexGuard&& other) noexcept {
    if (this != &other) {
      unlock();
      lock_ = std::exchange(other.lock_, nullptr);
    }
    return *this;
  }
  ~MappedMutexGuard() { unlock(); }

 private:
  void unlock() noexcept {
    if (lock_ != nullptr) lock_->give_only();
  }
  detail::Permits* lock_;  // null once moved from
};

/// A guard that keeps the mutex alive.
template <class T, class U = T>
class [[nodiscard("a guard that is not kept unlocks at once")]] OwnedMutexGuard {
 public:
  OwnedMutexGuard(std::shared_ptr<Mutex<T>> mutex, MappedMutexGuard<U> guard) noexcept
      : mutex_(std::move(mutex)), guard_(std::move(guard)) {}
  OwnedMutexGuard(OwnedMutexGuard&&) noexcept = default;
  OwnedMutexGuard& operator=(OwnedMutexGuard&& other) noexcept {
    guard_ = std::move(other.guard_);  // unlocks before the mutex may go
    mutex_ = std::move(other.mutex_);
    return *this;
  }
  ~OwnedMutexGuard() = default;

  auto& operator*() const noexcept
    requires(!std::is_void_v<U>)
  {
    return *guard_;
  }
  U* operator->() const noexcept
    requires(!std::is_void_v<U>)
  {
    return guard_.operator->();
  }
  /// As MutexGuard::map.
  template <class F>
  auto map(F&& part) && noexcept
    requires(!std::is_void_v<U>)
  {
    auto mapped = std::move(guard_).map(std::forward<F>(part));
    using Part = std::remove_reference_t<decltype(*mapped)>;
    return OwnedMutexGuard<T, Part>(std::move(mutex_), std::move(mapped));
  }

 private:
  std::shared_ptr<Mutex<T>> mutex_;
  MappedMutexGuard<U> guard_;
};

/// Guards a T, or nothing (Mutex<void>), so that one task at a time gets at it.
///
/// First in, first out: unlocking hands the lock to the oldest waiter. No poisoning: a guard that is destroyed, by
/// an exception or a cancelled task, unlocks. May be a global with static initialisation where T's constructor is
/// constexpr. Thread safety: any thread. Lifetime: must outlive borrowed guards and those who wait.
template <class T>
class Mutex {
  using Value = std::conditional_t<std::is_void_v<T>, char, T>;

 public:
  constexpr Mutex()
    requires std::is_void_v<T> || std::is_default_constructible_v<Value>
  = default;
  template <class... Args>
    requires(sizeof...(Args) > 0 && !std::is_void_v<T> && std::is_constructible_v<Value, Args...>)
  explicit constexpr Mutex(Args&&... args) : value_(std::forward<Args>(args)...) {}

  class [[nodiscard("lock does nothing until it is awaited")]] Lock final : public detail::PermitAwaiter<Lock, true> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Place;
    explicit Lock(Mutex& mutex) noexcept : detail::PermitAwaiter<Lock, true>(mutex.lock_, 1), mutex_(&mutex) {}
    MutexGuard<T> await_resume() noexcept {
      this->take_permits();
      return mutex_->guard(this->strand);
    }
    void describe_wait(detail::WaitDescription& wait) const noexcept { mutex_->describe(wait); }

   private:
    Mutex* mutex_;
  };

  class [[nodiscard("lock does nothing until it is awaited")]] LockOwned final
      : public detail::PermitAwaiter<LockOwned, true> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Place;
    explicit LockOwned(std::shared_ptr<Mutex> mutex) noexcept
        : detail::PermitAwaiter<LockOwned, true>(mutex->lock_, 1), mutex_(std::move(mutex)) {}
    ~LockOwned() { this->disarm(); }
    OwnedMutexGuard<T> await_resume() noexcept {
      this->take_permits();
      return OwnedMutexGuard<T>(mutex_, mutex_->guard(this->strand));
    }
    void describe_wait(detail::WaitDescription& wait) const noexcept { mutex_->describe(wait); }

   private:
    std::shared_ptr<Mutex> mutex_;
  };

  /// Waits for the lock: `auto guard = co_await mutex.lock(); guard->field = 1;`
  /// Cancellation: the place in the queue is lost.
  Lock lock() noexcept { return Lock(*this); }
  /// The same with a guard that keeps the mutex alive.
  static LockOwned lock_owned(std::shared_ptr<Mutex> mutex) noexcept { return LockOwned(std::move(mutex)); }

  /// Empty where the lock is held or waited for.
  std::optional<MutexGuard<T>> try_lock() noexcept {
    if (lock_.try_take_only() != detail::Permits::Take::Taken) return std::nullopt;
    return guard(nullptr);
  }
  static std::optional<OwnedMutexGuard<T>> try_lock_owned(std::shared_ptr<Mutex> mutex) noexcept {
    std::optional<MutexGuard<T>> guard = mutex->try_lock();
    if (!guard) return std::nullopt;
    return OwnedMutexGuard<T>(std::move(mutex), *std::move(guard));
  }

  /// As lock, for a plain thread; aborts inside a task.
  MutexGuard<T> blocking_lock(std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(lock(), where);
  }
  static OwnedMutexGuard<T> blocking_lock_owned(std::shared_ptr<Mutex> mutex,
                                                std::source_location where = std::source_location::current()) {
    return detail::wait_on_thread(lock_owned(std::move(mutex)), where);
  }

  /// What it guards, for its only owner: no lock is taken.
  Value& inner() noexcept
    requires(!std::is_void_v<T>)
  {
    return value_;
  }
  /// Moves the value out, for its only owner.
  Value release() &&
    requires(!std::is_void_v<T>)
  {
    return std::move(value_);
  }

 private:
  MutexGuard<T> guard(const detail::Strand* locker) noexcept {
    // Relaxed: for dumps only.
    holder_.store(locker == nullptr || locker->task == nullptr ? 0 : locker->task->id, std::memory_order_relaxed);
    if constexpr (std::is_void_v<T>) {
      return MutexGuard<T>(&lock_);
    } else {
      return MutexGuard<T>(&lock_, &value_);
    }
  }

  void describe(detail::WaitDescription& wait) const noexcept {
    wait.operation = "Mutex::lock";
    wait.object = this;
    wait.holder = holder_.load(std::memory_order_relaxed);
  }

  detail::Permits lock_{1};
  std::atomic<std::uint64_t> holder_{0};  ///< the task that locked it last; 0: no task, or one that used try_lock
  Value value_{};
};

template <class T>
Mutex(T) -> Mutex<T>;

}  // namespace rondeau::sync

namespace rondeau {
using sync::Mutex;
using sync::MutexGuard;
using sync::OwnedMutexGuard;
}  // namespace rondeau
