// spawn_blocking and blocking: calls that block, on threads of their own.
#pragma once

#include <functional>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/cell.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/permits.h>
#include <rondeau/task/blocking_pool.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/join_handle.h>

namespace rondeau::detail {

/// Queues a prepared call, or ends it as overloaded.
void launch_blocking(Header* call, PoolChoice where) noexcept;

/// A prepared call that waits in order for room in its pool's queue.
class RoomForCall {
 public:
  RoomForCall(Header* call, PoolChoice where) noexcept;
  RoomForCall(const RoomForCall&) = delete;
  RoomForCall& operator=(const RoomForCall&) = delete;
  ~RoomForCall();

  bool launched() const noexcept { return launched_; }
  /// True: the call is on its way, or was refused because the pool is closed.
  bool try_launch() noexcept;
  /// Waits for room. False: launched meanwhile.
  bool enqueue(Wake wake) noexcept;
  /// After a wake; launches where there is room now.
  bool fired() noexcept;
  void leave() noexcept;

 private:
  void launch() noexcept;
  void refuse() noexcept;

  Header* call_;  // its owned-list and queue references, until launched
  threads::Pool* pool_;
  PermitWaiter waiter_;
  const Mandatory mandatory_;
  bool launched_ = false;
};

template <class F, class... Args>
concept BlockingFunction = std::invocable<std::decay_t<F>, std::decay_t<Args>...>;

/// The cell of the call and what it returns.
template <class F, class... Args>
auto make_blocking_cell(std::source_location where, F&& function, Args&&... arguments) {
  using Result = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  auto call = [function = std::decay_t<F>(std::forward<F>(function)),
               values = std::tuple<std::decay_t<Args>...>(std::forward<Args>(arguments)...)]() mutable -> Result {
    return std::apply(std::move(function), std::move(values));
  };
  auto* cell = BlockingCell<Result, decltype(call)>::make(&require_scheduler(where), std::move(call));
  return std::pair<Header*, std::type_identity<Result>>(cell, {});
}

}  // namespace rondeau::detail

namespace rondeau::task {

/// What blocking() returns: gives Result<T, JoinError>.
template <class T>
class [[nodiscard("blocking does nothing until it is awaited")]] Blocking final : public detail::Awaiter<Blocking<T>> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  Blocking(detail::Header* call, detail::PoolChoice where) noexcept
      : handle_(call), room_(call, where), join_(call), mandatory_(where.mandatory) {}
  ~Blocking() {
    disarm();
    if (mandatory_ == detail::Mandatory::No) handle_.abort();
  }

  bool try_now() noexcept { return room_.try_launch() && join_.try_now(); }
  bool enqueue() noexcept {
    if (!room_.launched() && room_.enqueue(this->strand->wake())) return true;
    return join();
  }
  bool fired() noexcept {
    if (joining_) return join_.fired();
    return room_.fired() && !join();
  }
  void disarm() noexcept {
    room_.leave();
    join_.disarm();
    joining_ = false;
  }
  base::Result<T, JoinError> await_resume() { return join_.await_resume(); }

 private:
  bool join() noexcept {
    join_.strand = this->strand;
    joining_ = join_.enqueue();
    return joining_;
  }

  JoinHandle<T> handle_;
  detail::RoomForCall room_;
  typename JoinHandle<T>::Join join_;
  const detail::Mandatory mandatory_;
  bool joining_ = false;
};

}  // namespace rondeau::task

namespace rondeau::detail {

/// What spawn_blocking does, wherever the call goes.
template <class F, class... Args>
auto spawn_blocking_on(std::source_location here, PoolChoice where, F&& function, Args&&... arguments) {
  auto [call, result] = make_blocking_cell(here, std::forward<F>(function), std::forward<Args>(arguments)...);
  task::JoinHandle<typename decltype(result)::type> handle(call);
  launch_blocking(call, where);
  return handle;
}

/// What blocking does, wherever the call goes.
template <class F, class... Args>
auto blocking_on(std::source_location here, PoolChoice where, F&& function, Args&&... arguments) {
  auto [call, result] = make_blocking_cell(here, std::forward<F>(function), std::forward<Args>(arguments)...);
  return task::Blocking<typename decltype(result)::type>(call, where);
}

}  // namespace rondeau::detail

namespace rondeau::task {

/// Runs `function(arguments…)` on a thread of the pool "blocking"; never waits.
///
/// Over the pool's queue limit, or where no thread can be started, the handle gives JoinError::Overloaded at once;
/// after shutdown JoinError::Cancelled. Abort works only before the call begins; afterwards it runs on and its result
/// is dropped. The call owns function and arguments. Code in it may spawn. Outside a runtime it aborts, and says where,
/// as far as the language can supply it: where there are no arguments. Thread safety: any thread of a runtime.
template <class F>
  requires detail::BlockingFunction<F>
auto spawn_blocking(F&& function, std::source_location here = std::source_location::current()) {
  return detail::spawn_blocking_on(here, BuiltInPool::Blocking, std::forward<F>(function));
}
template <class F, class... Args>
  requires(sizeof...(Args) > 0 && detail::BlockingFunction<F, Args...>)
auto spawn_blocking(F&& function, Args&&... arguments) {
  return detail::spawn_blocking_on(std::source_location::current(), BuiltInPool::Blocking,
                                   std::forward<F>(function), std::forward<Args>(arguments)...);
}
/// The same on another pool of the runtime.
template <class F, class... Args>
  requires detail::BlockingFunction<F, Args...>
auto spawn_blocking(BuiltInPool pool, F&& function, Args&&... arguments) {
  return detail::spawn_blocking_on(std::source_location::current(), pool, std::forward<F>(function),
                                   std::forward<Args>(arguments)...);
}
/// The same on a pool of one's own.
template <class F, class... Args>
  requires detail::BlockingFunction<F, Args...>
auto spawn_blocking(BlockingPool& pool, F&& function, Args&&... arguments) {
  return detail::spawn_blocking_on(std::source_location::current(), pool, std::forward<F>(function),
                                   std::forward<Args>(arguments)...);
}

/// Waits, in order, for room in the pool's queue, then for the result: `auto size = co_await blocking(read_all, path);`
///
/// Gives Result<T, JoinError>: Overloaded only where no thread can be started, Cancelled at shutdown.
/// Cancellation: a call that waits never begins; one that runs goes on and its result is lost.
template <class F>
  requires detail::BlockingFunction<F>
auto blocking(F&& function, std::source_location here = std::source_location::current()) {
  return detail::blocking_on(here, BuiltInPool::Blocking, std::forward<F>(function));
}
template <class F, class... Args>
  requires(sizeof...(Args) > 0 && detail::BlockingFunction<F, Args...>)
auto blocking(F&& function, Args&&... arguments) {
  return detail::blocking_on(std::source_location::current(), BuiltInPool::Blocking,
                             std::forward<F>(function), std::forward<Args>(arguments)...);
}
/// The same on another pool of the runtime.
template <class F, class... Args>
  requires detail::BlockingFunction<F, Args...>
auto blocking(BuiltInPool pool, F&& function, Args&&... arguments) {
  return detail::blocking_on(std::source_location::current(), pool, std::forward<F>(function),
                             std::forward<Args>(arguments)...);
}
/// The same on a pool of one's own.
template <class F, class... Args>
  requires detail::BlockingFunction<F, Args...>
auto blocking(BlockingPool& pool, F&& function, Args&&... arguments) {
  return detail::blocking_on(std::source_location::current(), pool, std::forward<F>(function),
                             std::forward<Args>(arguments)...);
}

}  // namespace rondeau::task

namespace rondeau {
using task::blocking;
using task::spawn_blocking;
}
