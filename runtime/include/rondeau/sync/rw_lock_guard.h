// The guards of an RwLock. `Owner` is Semaphore*, or std::shared_ptr<Semaphore> where the guard keeps the lock alive.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <rondeau/sync/semaphore.h>

namespace rondeau::sync {

/// Shared access to what a lock guards, or to a part of it. Ends when destroyed, on whatever thread.
template <class Owner, class U>
class [[nodiscard("a guard that is not kept unlocks at once")]] BasicRwLockReadGuard {
 public:
  using Permit = BasicSemaphorePermit<Owner>;

  BasicRwLockReadGuard(Permit permit, const U* part) noexcept : permit_(std::move(permit)), part_(part) {}

  const U& operator*() const noexcept { return *part_; }
  const U* operator->() const noexcept { return part_; }
  /// The same lock with access to a part only: `std::move(guard).map(&Config::limits)`, or a function of const U& that
  /// returns a reference.
  template <class F>
  auto map(F&& part) && {
    using Part = std::invoke_result_t<F, const U&>;
    static_assert(std::is_lvalue_reference_v<Part>,
                  "rondeau: map takes a member, or a function that returns a reference");
    auto& inner = std::invoke(std::forward<F>(part), *part_);
    return BasicRwLockReadGuard<Owner, std::remove_cvref_t<Part>>(std::move(permit_), &inner);
  }

 private:
  Permit permit_;
  const U* part_;
};

/// Sole access to what a lock guards, or to a part of it. Ends when destroyed, on whatever thread.
template <class Owner, class U>
class [[nodiscard("a guard that is not kept unlocks at once")]] BasicRwLockWriteGuard {
 public:
  using Permit = BasicSemaphorePermit<Owner>;

  BasicRwLockWriteGuard(Permit permit, U* part) noexcept : permit_(std::move(permit)), part_(part) {}

  U& operator*() const noexcept { return *part_; }
  U* operator->() const noexcept { return part_; }
  /// As for a read guard, with a function of U&.
  template <class F>
  auto map(F&& part) && {
    using Part = std::invoke_result_t<F, U&>;
    static_assert(std::is_lvalue_reference_v<Part>,
                  "rondeau: map takes a member, or a function that returns a reference");
    auto& inner = std::invoke(std::forward<F>(part), *part_);
    return BasicRwLockWriteGuard<Owner, std::remove_reference_t<Part>>(std::move(permit_), &inner);
  }

  /// Becomes a read guard without letting a writer in between. Readers at the head of the queue come in at once.
  BasicRwLockReadGuard<Owner, U> downgrade() && noexcept {
    static_cast<void>(permit_.split(permit_.count() - 1));
    return {std::move(permit_), part_};
  }
  /// Both in one step.
  template <class F>
  auto downgrade_map(F&& part) && {
    return std::move(*this).downgrade().map(std::forward<F>(part));
  }

 private:
  Permit permit_;
  U* part_;
};

template <class U>
using RwLockReadGuard = BasicRwLockReadGuard<Semaphore*, U>;
template <class U>
using RwLockWriteGuard = BasicRwLockWriteGuard<Semaphore*, U>;
/// Keeps the lock alive.
template <class U>
using OwnedRwLockReadGuard = BasicRwLockReadGuard<std::shared_ptr<Semaphore>, U>;
/// Keeps the lock alive.
template <class U>
using OwnedRwLockWriteGuard = BasicRwLockWriteGuard<std::shared_ptr<Semaphore>, U>;

}  // namespace rondeau::sync

namespace rondeau {
using sync::OwnedRwLockReadGuard;
using sync::OwnedRwLockWriteGuard;
using sync::RwLockReadGuard;
using sync::RwLockWriteGuard;
}  // namespace rondeau
