// buffered, buffer_unordered, for_each_concurrent: several tasks of a stream under way at once.
//
// They run inside the task of whoever asks, one at a time, as branches of a join do, so they may borrow what outlives the
// stream; between two calls of next() they are paused (async_generator.h says what that means). Where they are to run by
// themselves, and on other threads, let them spawn.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/detail/next_of.h>
#include <rondeau/base/assert.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/flight.h>
#include <rondeau/task/select.h>
#include <rondeau/task/stream_adaptors.h>

namespace rondeau::detail {

/// What a task of the stream gives; void becomes monostate.
template <class S>
using LandedOf = NoVoid<typename ItemOf<S>::value_type>;

/// Fills the flight to its limit and waits for one that ends. False: none is left, and none will come.
template <class S, class T, class Begin>
task::Task<bool> fly(S& stream, Flight<T>& flight, std::size_t limit, bool& open, FlightBase::Until until, Begin& begin) {
  while (open && flight.size() < limit) {
    std::optional<ItemOf<S>> item;
    if (flight.empty()) {
      item = co_await stream.next();
    } else {
      // The stream first: while it has tasks at once, those under way are not asked in between.
      auto won = co_await task::select(detail::next_of(stream), flight.wait(until)).biased();
      if (won.template is<1>()) co_return true;
      item = std::move(won).template get<0>();
    }
    open = item.has_value();
    if (open) flight.add(std::invoke(begin, *std::move(item)));
  }
  if (flight.empty()) co_return false;
  co_await flight.wait(until);
  co_return true;
}

template <class S>
AsyncGenerator<LandedOf<S>> landed(S stream, std::size_t limit, FlightBase::Until until) {
  Flight<typename ItemOf<S>::value_type> flight;
  bool open = true;
  auto begin = [](ItemOf<S>&& task) { return std::move(task); };
  while (co_await fly(stream, flight, limit, open, until, begin)) co_yield flight.take();
}

template <class S, class F, class R>
task::Task<R> called_for_each_concurrently(S stream, std::size_t limit, F f) {
  Flight<R> flight;
  bool open = true;
  while (co_await fly(stream, flight, limit, open, FlightBase::Until::Any, f)) {
    if constexpr (base::is_result<R>) {
      if (R result = flight.take(); !result) co_return result;
    } else {
      flight.take();
    }
  }
  if constexpr (base::is_result<R>) co_return R();
}

inline void check_limit(std::size_t limit, std::source_location where) noexcept {
  if (limit == 0) base::fail("at most 0 tasks under way would never end; at least one", where);
}

}  // namespace rondeau::detail

namespace rondeau::task {

/// The results of a stream of tasks, in its order, with at most `limit` (not 0) of them begun and not yet given:
/// `urls | map(fetch) | buffered(8)`. An exception of a task ends the others and the stream.
inline auto buffered(std::size_t limit, std::source_location where = std::source_location::current()) {
  detail::check_limit(limit, where);
  return Adaptor{[limit]<class S>(S&& stream) {
    static_assert(detail::is_task<ItemOf<S>>, "rondeau: buffered() is for streams of Tasks: stream | map(f) | buffered(n)");
    return detail::landed<S>(std::forward<S>(stream), limit, detail::FlightBase::Until::First);
  }};
}
/// The same, as they end.
inline auto buffer_unordered(std::size_t limit, std::source_location where = std::source_location::current()) {
  detail::check_limit(limit, where);
  return Adaptor{[limit]<class S>(S&& stream) {
    static_assert(detail::is_task<ItemOf<S>>,
                  "rondeau: buffer_unordered() is for streams of Tasks: stream | map(f) | buffer_unordered(n)");
    return detail::landed<S>(std::forward<S>(stream), limit, detail::FlightBase::Until::Any);
  }};
}
/// Awaits `f(item)` for all items, at most `limit` (not 0) at once. `f` returns Task<void>, or Task<Result<void>>: then the
/// first error ends the others and is the result. An exception does the same.
/// Cancellation: those under way are ended.
template <Stream S, class F>
auto for_each_concurrent(S&& stream, std::size_t limit, F f,
                         std::source_location where = std::source_location::current()) {
  using R = typename MappedBy<F, S>::value_type;
  static_assert(std::is_void_v<R> || base::is_result<R>,
                "rondeau: for_each_concurrent() takes a function that returns Task<void> or Task<Result<void>>");
  detail::check_limit(limit, where);
  return detail::called_for_each_concurrently<S, F, R>(std::forward<S>(stream), limit, std::move(f));
}

}  // namespace rondeau::task
