// BlockingOperation<T>: a blocking call that gives a Result itself, with what the pool has to say among its errors.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/task/blocking.h>

namespace rondeau::task {

/// Gives Result<T>: what the call returned; ShuttingDown where it never ran, Overloaded where no thread could be
/// started. What the call throws passes on.
///
/// Waits, in order, for room in the pool's queue, then for the result. Cancellation: a call that was not queued never
/// begins, one that runs goes on and its result is lost; one that is queued runs if it changes something.
template <class T>
class [[nodiscard("it does nothing until it is awaited")]] BlockingOperation final
    : public detail::Awaiter<BlockingOperation<T>> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  BlockingOperation(detail::Header* call, detail::PoolChoice where) noexcept { call_.emplace(call, where); }
  /// Fails without a call.
  BlockingOperation(base::Error error) noexcept  // NOLINT(google-explicit-constructor): as a Result
      : error_(std::move(error)) {}

  bool try_now() noexcept { return !call_ || call_->try_now(); }
  bool enqueue() noexcept {
    call_->strand = this->strand;
    return call_->enqueue();
  }
  bool fired() noexcept { return call_->fired(); }
  void disarm() noexcept {
    if (call_) call_->disarm();
  }
  base::Result<T> await_resume() {
    if (!call_) return std::move(error_);
    auto result = call_->await_resume();
    if (result) return *std::move(result);
    if (result.error().is_exception()) result.error().rethrow();
    return result.error().is_overloaded() ? base::Errc::Overloaded : base::Errc::ShuttingDown;
  }

 private:
  std::optional<Blocking<base::Result<T>>> call_;
  base::Error error_;
};

}  // namespace rondeau::task

namespace rondeau::detail {

/// `function(arguments…)` returns a Result<T>; gives a task::BlockingOperation<T>.
template <class F, class... Args>
auto blocking_operation(PoolChoice where, F&& function, Args&&... arguments) {
  auto [call, result] = make_blocking_cell(std::source_location::current(), std::forward<F>(function),
                                           std::forward<Args>(arguments)...);
  using Returned = typename decltype(result)::type;
  static_assert(base::is_result<Returned>, "rondeau: a blocking operation's function returns a Result");
  return task::BlockingOperation<typename Returned::value_type>(call, where);
}

}  // namespace rondeau::detail
