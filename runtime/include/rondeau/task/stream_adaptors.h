// Adaptors: `stream | filter(is_open) | map(name_of) | take(10)` is a stream again.
//
// Each is an AsyncGenerator, so what holds for those holds here: nothing is pulled ahead of next(), nothing runs between
// two calls, and a next() that is lost loses no item. A stream given as lvalue is borrowed, as rvalue owned. Functions are
// owned; those that return a Task may capture. The end is final.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/detail/next_of.h>
#include <rondeau/base/assert.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/select.h>
#include <rondeau/task/stream.h>

namespace rondeau::task {

/// What stands to the right of `stream |`: `apply` makes a stream of a stream.
template <class Apply>
struct Adaptor {
  Apply apply;
};
template <class Apply>
Adaptor(Apply) -> Adaptor<Apply>;

template <Stream S, class Apply>
auto operator|(S&& stream, Adaptor<Apply> adaptor) {
  return std::move(adaptor.apply)(std::forward<S>(stream));
}

/// What `f` makes of an item.
template <class F, class S>
using MappedBy = std::invoke_result_t<F&, ItemOf<S>>;

}  // namespace rondeau::task

namespace rondeau::detail {

using task::AsyncGenerator;
using task::ItemOf;
using task::MappedBy;

template <class S, class F>
AsyncGenerator<MappedBy<F, S>> mapped(S stream, F f) {
  while (auto item = co_await stream.next()) co_yield std::invoke(f, *std::move(item));
}
template <class S, class F>
AsyncGenerator<typename MappedBy<F, S>::value_type> mapped_while(S stream, F f) {
  while (auto item = co_await stream.next()) {
    auto mapped = std::invoke(f, *std::move(item));
    if (!mapped) break;
    co_yield *std::move(mapped);
  }
}
template <class S, class F>
AsyncGenerator<task::Awaited<MappedBy<F, S>>> then_mapped(S stream, F f) {
  while (auto item = co_await stream.next()) co_yield co_await std::invoke(f, *std::move(item));
}
template <class S, class F>
AsyncGenerator<ItemOf<S>> filtered(S stream, F keep) {
  while (auto item = co_await stream.next()) {
    if (std::invoke(keep, std::as_const(*item))) co_yield *std::move(item);
  }
}
template <class S, class F>
AsyncGenerator<typename MappedBy<F, S>::value_type> filter_mapped(S stream, F f) {
  while (auto item = co_await stream.next()) {
    if (auto mapped = std::invoke(f, *std::move(item))) co_yield *std::move(mapped);
  }
}
template <class S, class F>
AsyncGenerator<ItemOf<S>> taken_while(S stream, F keep) {
  while (auto item = co_await stream.next()) {
    if (!std::invoke(keep, std::as_const(*item))) break;
    co_yield *std::move(item);
  }
}
template <class S, class F>
AsyncGenerator<ItemOf<S>> skipped_while(S stream, F skip) {
  auto item = co_await stream.next();
  while (item && std::invoke(skip, std::as_const(*item))) item = co_await stream.next();
  for (; item; item = co_await stream.next()) co_yield *std::move(item);
}
template <class S>
AsyncGenerator<ItemOf<S>> taken(S stream, std::size_t count) {
  while (count-- > 0) {
    auto item = co_await stream.next();
    if (!item) break;
    co_yield *std::move(item);
  }
}
template <class S>
AsyncGenerator<ItemOf<S>> skipped(S stream, std::size_t count) {
  while (count-- > 0) {
    if (!co_await stream.next()) co_return;
  }
  while (auto item = co_await stream.next()) co_yield *std::move(item);
}
template <class S>
AsyncGenerator<ItemOf<S>> fused(S stream) {
  while (auto item = co_await stream.next()) co_yield *std::move(item);
}
template <class S, class F>
AsyncGenerator<ItemOf<S>> inspected(S stream, F look) {
  while (auto item = co_await stream.next()) {
    std::invoke(look, std::as_const(*item));
    co_yield *std::move(item);
  }
}
template <class S, class State, class F>
AsyncGenerator<typename std::invoke_result_t<F&, State&, ItemOf<S>>::value_type> scanned(S stream, State state, F f) {
  while (auto item = co_await stream.next()) {
    auto mapped = std::invoke(f, state, *std::move(item));
    if (!mapped) break;
    co_yield *std::move(mapped);
  }
}
template <class S>
AsyncGenerator<std::pair<std::size_t, ItemOf<S>>> enumerated(S stream) {
  for (std::size_t i = 0;; ++i) {
    auto item = co_await stream.next();
    if (!item) break;
    co_yield {i, *std::move(item)};
  }
}
template <class S>
AsyncGenerator<std::vector<ItemOf<S>>> in_chunks(S stream, std::size_t size) {
  for (bool more = true; more;) {
    std::vector<ItemOf<S>> chunk;
    while (chunk.size() < size && more) {
      auto item = co_await stream.next();
      more = item.has_value();
      if (more) chunk.push_back(*std::move(item));
    }
    if (!chunk.empty()) co_yield std::move(chunk);
  }
}
template <class S>
AsyncGenerator<ItemOf<ItemOf<S>>> flattened(S stream) {
  while (auto inner = co_await stream.next()) {
    while (auto item = co_await inner->next()) co_yield *std::move(item);
  }
}
template <class S, class Next>
AsyncGenerator<ItemOf<S>> chained(S stream, Next after) {
  while (auto item = co_await stream.next()) co_yield *std::move(item);
  while (auto item = co_await after.next()) co_yield *std::move(item);
}
template <class S, class Other>
AsyncGenerator<std::pair<ItemOf<S>, ItemOf<Other>>> zipped(S stream, Other other) {
  while (auto left = co_await stream.next()) {
    auto right = co_await other.next();
    if (!right) break;
    co_yield {*std::move(left), *std::move(right)};
  }
}

/// The next item of one of the two, `a` looked at first. Second: which one it was.
template <class A, class B>
task::Task<std::pair<std::optional<ItemOf<A>>, bool>> first_of(A& a, B& b) {
  auto won = co_await task::select(next_of(a), next_of(b)).biased();
  if (won.template is<0>()) co_return {std::move(won).template get<0>(), true};
  co_return {std::move(won).template get<1>(), false};
}
template <class A, class B>
AsyncGenerator<ItemOf<A>> merged(A a, B b) {
  static_assert(std::is_same_v<ItemOf<A>, ItemOf<B>>, "rondeau: merge takes two streams of the same items; map one of them");
  for (bool a_first = true;; a_first = !a_first) {
    // Not in one expression: which of the two coroutines is made depends on the turn.
    std::pair<std::optional<ItemOf<A>>, bool> found;
    if (a_first) {
      found = co_await first_of(a, b);
    } else {
      found = co_await first_of(b, a);
      found.second = !found.second;
    }
    if (found.first) {
      co_yield *std::move(found.first);
    } else if (found.second) {
      while (auto item = co_await b.next()) co_yield *std::move(item);
      break;
    } else {
      while (auto item = co_await a.next()) co_yield *std::move(item);
      break;
    }
  }
}

}  // namespace rondeau::detail

namespace rondeau::task {

/// `f(item)` for each item.
template <class F>
auto map(F f) {
  return Adaptor{[f = std::move(f)]<class S>(S&& stream) mutable {
    return detail::mapped<S, F>(std::forward<S>(stream), std::move(f));
  }};
}
/// `*f(item)`, until that is an empty optional.
template <class F>
auto map_while(F f) {
  return Adaptor{[f = std::move(f)]<class S>(S&& stream) mutable {
    return detail::mapped_while<S, F>(std::forward<S>(stream), std::move(f));
  }};
}
/// `co_await f(item)`, one after the other; buffered() has several under way.
template <class F>
auto then(F f) {
  return Adaptor{[f = std::move(f)]<class S>(S&& stream) mutable {
    return detail::then_mapped<S, F>(std::forward<S>(stream), std::move(f));
  }};
}
/// Items for which `keep(const item&)` is true.
template <class F>
auto filter(F keep) {
  return Adaptor{[keep = std::move(keep)]<class S>(S&& stream) mutable {
    return detail::filtered<S, F>(std::forward<S>(stream), std::move(keep));
  }};
}
/// `*f(item)`, where that is not an empty optional.
template <class F>
auto filter_map(F f) {
  return Adaptor{[f = std::move(f)]<class S>(S&& stream) mutable {
    return detail::filter_mapped<S, F>(std::forward<S>(stream), std::move(f));
  }};
}
/// Items until `keep(const item&)` is false for one, which is dropped.
template <class F>
auto take_while(F keep) {
  return Adaptor{[keep = std::move(keep)]<class S>(S&& stream) mutable {
    return detail::taken_while<S, F>(std::forward<S>(stream), std::move(keep));
  }};
}
/// Items from the first one on for which `skip(const item&)` is false.
template <class F>
auto skip_while(F skip) {
  return Adaptor{[skip = std::move(skip)]<class S>(S&& stream) mutable {
    return detail::skipped_while<S, F>(std::forward<S>(stream), std::move(skip));
  }};
}
/// The first `count` items; asks for no more than those.
inline auto take(std::size_t count) {
  return Adaptor{[count]<class S>(S&& stream) { return detail::taken<S>(std::forward<S>(stream), count); }};
}
/// All but the first `count` items.
inline auto skip(std::size_t count) {
  return Adaptor{[count]<class S>(S&& stream) { return detail::skipped<S>(std::forward<S>(stream), count); }};
}
/// Asks no more after the end, for streams that may go on after it, such as a JoinSet.
inline auto fuse() {
  return Adaptor{[]<class S>(S&& stream) { return detail::fused<S>(std::forward<S>(stream)); }};
}
/// `look(const item&)` for each item on its way.
template <class F>
auto inspect(F look) {
  return Adaptor{[look = std::move(look)]<class S>(S&& stream) mutable {
    return detail::inspected<S, F>(std::forward<S>(stream), std::move(look));
  }};
}
/// `*f(state, item)`, until that is an empty optional; `state` begins as given and may be changed.
template <class State, class F>
auto scan(State state, F f) {
  return Adaptor{[state = std::move(state), f = std::move(f)]<class S>(S&& stream) mutable {
    return detail::scanned<S, State, F>(std::forward<S>(stream), std::move(state), std::move(f));
  }};
}
/// Pairs of a number, from 0, and an item.
inline auto enumerate() {
  return Adaptor{[]<class S>(S&& stream) { return detail::enumerated<S>(std::forward<S>(stream)); }};
}
/// Vectors of `size` items (not 0), the last one of what is left.
inline auto chunks(std::size_t size, std::source_location where = std::source_location::current()) {
  if (size == 0) base::fail("chunks() of no items; a chunk has at least one", where);
  return Adaptor{[size]<class S>(S&& stream) { return detail::in_chunks<S>(std::forward<S>(stream), size); }};
}
/// The items of streams that are items, one stream after the other.
inline auto flatten() {
  return Adaptor{[]<class S>(S&& stream) { return detail::flattened<S>(std::forward<S>(stream)); }};
}
/// Then the items of `after`.
template <Stream Next>
auto chain(Next&& after) {
  return Adaptor{[kept = std::tuple<Next>(std::forward<Next>(after))]<class S>(S&& stream) mutable {
    return detail::chained<S, Next>(std::forward<S>(stream), std::get<0>(std::move(kept)));
  }};
}
/// Pairs of an item and one of `other`, until one of them ends.
template <Stream Other>
auto zip(Other&& other) {
  return Adaptor{[kept = std::tuple<Other>(std::forward<Other>(other))]<class S>(S&& stream) mutable {
    return detail::zipped<S, Other>(std::forward<S>(stream), std::get<0>(std::move(kept)));
  }};
}
/// The items of both as they come, the two taking turns in being looked at first; ends with the second one to end.
template <Stream Other>
auto merge(Other&& other) {
  return Adaptor{[kept = std::tuple<Other>(std::forward<Other>(other))]<class S>(S&& stream) mutable {
    return detail::merged<S, Other>(std::forward<S>(stream), std::get<0>(std::move(kept)));
  }};
}

/// A stream whose next item can be looked at: `stream | peekable()`.
template <class S>
class Peekable {
 public:
  using Item = ItemOf<S>;
  explicit Peekable(S stream) : stream_(std::forward<S>(stream)) {}

  /// The item that next() will give; null at the end. It lives until then. Cancellation: safe.
  Task<Item*> peek() {
    co_await look();
    co_return peeked_ && *peeked_ ? std::addressof(**peeked_) : nullptr;
  }
  /// Cancellation: safe.
  Task<std::optional<Item>> next() {
    co_await look();
    std::optional<Item> item = *std::move(peeked_);
    peeked_.reset();
    co_return item;
  }
  /// The next item, if `wanted(const item&)` is true; else it stays the next one. Cancellation: safe.
  template <class F>
  Task<std::optional<Item>> next_if(F wanted) {
    co_await look();
    if (!*peeked_ || !std::invoke(wanted, std::as_const(**peeked_))) co_return std::nullopt;
    std::optional<Item> item = *std::move(peeked_);
    peeked_.reset();
    co_return item;
  }

 private:
  Task<void> look() {
    if (!peeked_) peeked_.emplace(co_await stream_.next());
  }
  S stream_;
  std::optional<std::optional<Item>> peeked_;
};
inline auto peekable() {
  return Adaptor{[]<class S>(S&& stream) { return Peekable<S>(std::forward<S>(stream)); }};
}

}  // namespace rondeau::task
