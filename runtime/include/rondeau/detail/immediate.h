// Immediate<T>: an awaitable whose result is there.
#pragma once

#include <utility>

#include <rondeau/detail/leaf.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::detail {

/// Still spends budget, as every operation.
template <class T>
class [[nodiscard]] Immediate final : public Awaiter<Immediate<T>> {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;

  explicit Immediate(T value) noexcept : value_(std::move(value)) {}

  bool try_now() noexcept { return true; }
  bool enqueue() noexcept { return false; }
  bool fired() noexcept { return true; }
  void disarm() noexcept {}
  T await_resume() noexcept { return std::move(value_); }

 private:
  T value_;
};

}  // namespace rondeau::detail
