// OnceCell<T>: a value that is made when it is first needed, by an asynchronous initialiser.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/sync/set_error.h>
#include <rondeau/task/task.h>

namespace rondeau::sync {

/// Holds nothing until one of those who need it has made the value; the others wait for that one.
///
/// One initialiser runs at a time, inside the task that asked. If it fails, throws or is cancelled, the next waiter's
/// runs. An initialiser that asks for its own cell waits for itself, for ever.
/// May be a global with static initialisation. Thread safety: any thread, but for take(). Lifetime: must outlive those
/// who wait, and the pointers it gives.
template <class T>
class OnceCell {
 public:
  constexpr OnceCell() noexcept = default;
  /// Initialised from the beginning.
  explicit constexpr OnceCell(T value) : value_(std::move(value)), initialized_(true) {}
  OnceCell(const OnceCell&) = delete;
  OnceCell& operator=(const OnceCell&) = delete;

  bool initialized() const noexcept { return initialized_.load(std::memory_order_acquire); }  // pairs with store()
  /// The value, or null.
  const T* get() const noexcept { return initialized() ? std::addressof(*value_) : nullptr; }

  /// The value, made by `co_await initialise()` if there is none yet: `const Config* config = co_await
  /// cell.get_or_init(load);`
  ///
  /// `initialise` returns Task<T>; it is kept as long as its task runs, so a capturing lambda is safe. What it throws
  /// comes out. Never null. Cancellation: an initialiser that has begun is destroyed, and another one runs.
  template <class F>
  task::Task<const T*> get_or_init(F initialise) {
    if (const T* present = get()) co_return present;
    const auto turn = co_await turns_.acquire();
    if (!turn) co_return get();  // initialised meanwhile
    co_return store(co_await initialise());
  }

  /// As get_or_init, where `initialise` returns Task<Result<T, E>>; its error comes out, and the cell stays empty.
  template <class F, class Made = typename std::invoke_result_t<F&>::value_type>
    requires base::is_result<Made>
  task::Task<base::Result<const T*, typename Made::error_type>> get_or_try_init(F initialise) {
    if (const T* present = get()) co_return present;
    const auto turn = co_await turns_.acquire();
    if (!turn) co_return get();
    Made made = co_await initialise();
    if (!made) co_return base::Unexpected{std::move(made).error()};
    co_return store(*std::move(made));
  }

  /// Sets the value if there is none. Errors: AlreadySet; BeingSet, while an initialiser runs. The error holds the
  /// value.
  base::Result<void, SetError<T>> set(T value) {
    const auto turn = turns_.try_acquire();
    if (!turn || initialized()) {
      using Kind = typename SetError<T>::Kind;
      return base::Unexpected{SetError<T>(initialized() ? Kind::AlreadySet : Kind::BeingSet, std::move(value))};
    }
    static_cast<void>(store(std::move(value)));
    return {};
  }

  /// Moves the value out and leaves the cell empty, for its only owner: nobody else may use the cell meanwhile.
  std::optional<T> take() {
    if (!initialized()) return std::nullopt;
    std::optional<T> taken = std::exchange(value_, std::nullopt);
    initialized_.store(false, std::memory_order_relaxed);
    std::destroy_at(&turns_);
    std::construct_at(&turns_, std::size_t{1});
    return taken;
  }

 private:
  /// By who has the turn. Those who wait for theirs learn from the closed semaphore that it is not needed any more.
  const T* store(T value) {
    value_.emplace(std::move(value));
    initialized_.store(true, std::memory_order_release);  // pairs with initialized()
    turns_.close();
    return std::addressof(*value_);
  }

  std::optional<T> value_;  // written by who has the turn, constant once initialized_
  std::atomic<bool> initialized_{false};
  Semaphore turns_{1};
};

}  // namespace rondeau::sync

namespace rondeau {
using sync::OnceCell;
}
