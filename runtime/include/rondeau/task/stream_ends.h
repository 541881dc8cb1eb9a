// Where a stream ends: what is awaited for one value of all its items. `co_await collect(stream | filter(wanted))`.
//
// A stream given as lvalue is borrowed, and what is not asked for stays in it; as rvalue it is owned.
// Cancellation of all of these: what was taken from the stream so far is lost.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/task/stream.h>
#include <rondeau/task/task.h>

namespace rondeau::detail {

using task::ItemOf;
using task::Task;

/// The items of a stream; of Results, their values.
template <class Item>
struct Collected {
  using value = Item;
  template <class Container>
  using result = Container;
};
template <class T, class E>
struct Collected<base::Result<T, E>> {
  using value = T;
  template <class Container>
  using result = base::Result<Container, E>;
};

template <class Container, class S>
Task<typename Collected<ItemOf<S>>::template result<Container>> collected(S stream) {
  Container all;
  while (auto item = co_await stream.next()) {
    if constexpr (base::is_result<ItemOf<S>>) {
      if (!*item) co_return base::Unexpected{(*std::move(item)).error()};
      all.insert(all.end(), *std::move(*item));
    } else {
      all.insert(all.end(), *std::move(item));
    }
  }
  co_return all;
}
template <class S, class Value, class F>
Task<Value> folded(S stream, Value value, F f) {
  while (auto item = co_await stream.next()) value = std::invoke(f, std::move(value), *std::move(item));
  co_return value;
}
/// Whether an item is met for which `is` gives `sought`.
template <class S, class F>
Task<bool> searched(S stream, F is, bool sought) {
  while (auto item = co_await stream.next()) {
    if (static_cast<bool>(std::invoke(is, *std::move(item))) == sought) co_return sought;
  }
  co_return !sought;
}
template <class S, class F>
Task<void> called_for_each(S stream, F f) {
  while (auto item = co_await stream.next()) {
    if constexpr (is_task<std::invoke_result_t<F&, ItemOf<S>>>) {
      co_await std::invoke(f, *std::move(item));
    } else {
      std::invoke(f, *std::move(item));
    }
  }
}
template <class S>
Task<std::size_t> counted(S stream) {
  std::size_t count = 0;
  while (co_await stream.next()) ++count;
  co_return count;
}

}  // namespace rondeau::detail

namespace rondeau::task {

/// All items in a container, a vector where none is named: `co_await collect<std::set<int>>(ids)`.
///
/// Of a stream of Results a Result: the first error, where there is one, and then nothing more is asked for.
template <class Container = void, Stream S>
auto collect(S&& stream) {
  using Chosen = std::conditional_t<std::is_void_v<Container>,
                                    std::vector<typename detail::Collected<ItemOf<S>>::value>, Container>;
  return detail::collected<Chosen, S>(std::forward<S>(stream));
}
/// `value = f(value, item)` for all items.
template <Stream S, class Value, class F>
Task<Value> fold(S&& stream, Value value, F f) {
  return detail::folded<S, Value, F>(std::forward<S>(stream), std::move(value), std::move(f));
}
/// Whether `is(item)` is true for all items; asks no further than the first for which it is not.
template <Stream S, class F>
Task<bool> all(S&& stream, F is) {
  return detail::searched<S, F>(std::forward<S>(stream), std::move(is), false);
}
/// Whether `is(item)` is true for an item; asks no further than that.
template <Stream S, class F>
Task<bool> any(S&& stream, F is) {
  return detail::searched<S, F>(std::forward<S>(stream), std::move(is), true);
}
/// `f(item)` for all items, one after the other; awaited where it returns a Task.
template <Stream S, class F>
Task<void> for_each(S&& stream, F f) {
  return detail::called_for_each<S, F>(std::forward<S>(stream), std::move(f));
}
template <Stream S>
Task<std::size_t> count(S&& stream) {
  return detail::counted<S>(std::forward<S>(stream));
}
/// As `stream.next()`, with the Result outside, for RONDEAU_TRY: an optional, or the error. Cancellation: safe.
template <Stream S>
  requires base::is_result<ItemOf<S>>
auto try_next(S& stream) -> Task<base::Result<std::optional<typename ItemOf<S>::value_type>, typename ItemOf<S>::error_type>> {
  auto item = co_await stream.next();
  if (!item) co_return std::nullopt;
  if (!*item) co_return base::Unexpected{(*std::move(item)).error()};
  co_return std::optional(*std::move(*item));
}

}  // namespace rondeau::task
