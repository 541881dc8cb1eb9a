// SetOnce<T>: a value that comes later, once, and those who wait for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/crowd.h>
#include <rondeau/sync/set_error.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::sync {

/// Set once, by anyone; read and waited for by anyone. What computes its value itself is a OnceCell.
///
/// May be a global with static initialisation. Thread safety: any thread. Lifetime: must outlive those who wait.
template <class T>
class SetOnce {
 public:
  constexpr SetOnce() noexcept = default;
  /// Set from the beginning.
  explicit constexpr SetOnce(T value) : value_(std::move(value)), state_(State::Set) {}
  SetOnce(const SetOnce&) = delete;
  SetOnce& operator=(const SetOnce&) = delete;

  /// Sets the value and wakes all who wait. Errors: AlreadySet, BeingSet; the error holds the value.
  base::Result<void, SetError<T>> set(T value) {
    State now = State::Empty;
    if (!state_.compare_exchange_strong(now, State::BeingSet, std::memory_order_acquire)) {
      using Kind = typename SetError<T>::Kind;
      return base::Unexpected{SetError<T>(now == State::Set ? Kind::AlreadySet : Kind::BeingSet, std::move(value))};
    }
    try {
      value_.emplace(std::move(value));
    } catch (...) {
      state_.store(State::Empty, std::memory_order_release);  // pairs with the exchange above
      throw;
    }
    state_.store(State::Set, std::memory_order_seq_cst);  // pairs with get()
    waiters_.wake_all();
    return {};
  }

  /// The value, or null.
  const T* get() const noexcept {
    return state_.load(std::memory_order_seq_cst) == State::Set ? std::addressof(*value_)
                                                                : nullptr;  // pairs with set()
  }
  bool initialized() const noexcept { return get() != nullptr; }

  class [[nodiscard("wait does nothing until it is awaited")]] Wait final : public detail::CrowdAwaiter<Wait> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Wait(SetOnce& source) noexcept : detail::CrowdAwaiter<Wait>(source.waiters_), source_(&source) {}
    bool over() const noexcept { return source_->get() != nullptr; }
    const T* await_resume() noexcept {
      this->disarm();
      return source_->get();
    }

   private:
    SetOnce* source_;
  };
  /// Waits until it is set: `const Config& config = *co_await once.wait();` – never null. Cancellation: safe.
  Wait wait() noexcept { return Wait(*this); }

  /// Moves the value out, for its only owner; empty if it was never set.
  std::optional<T> release() && { return std::move(value_); }

 private:
  enum class State : std::uint8_t { Empty, BeingSet, Set };

  std::optional<T> value_;  // written by who made it BeingSet, constant from Set on
  std::atomic<State> state_{State::Empty};
  detail::Crowd waiters_;
};

}  // namespace rondeau::sync

namespace rondeau {
using sync::SetOnce;
}
