// What a stream is: any type with next(). The one loop to learn is `while (auto item = co_await stream.next())`.
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace rondeau::task {

/// What `co_await awaitable` gives, for awaiters, Tasks and types with operator co_await.
template <class A>
struct AwaitedOf;
template <class A>
  requires requires(A& awaiter) { awaiter.await_resume(); }
struct AwaitedOf<A> {
  using type = decltype(std::declval<A&>().await_resume());
};
template <class A>
  requires requires(A&& awaitable) { std::move(awaitable).operator co_await(); }
struct AwaitedOf<A> : AwaitedOf<decltype(std::declval<A>().operator co_await())> {};
template <class A>
  requires requires { typename A::promise_type; }
struct AwaitedOf<A> {
  using type = typename A::value_type;
};

template <class A>
using Awaited = typename AwaitedOf<std::remove_cvref_t<A>>::type;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// `next()` is awaited for an optional: the next item, empty at the end. Losing it must lose no item.
///
/// Channels' receivers, intervals, listeners, signals, directories, sets of tasks, framed readers and generators are
/// streams themselves.
template <class S>
concept Stream = requires(std::remove_reference_t<S>& stream) { requires is_optional<Awaited<decltype(stream.next())>>; };

/// What the items of a stream are.
template <class S>
using ItemOf = typename Awaited<decltype(std::declval<std::remove_reference_t<S>&>().next())>::value_type;

}  // namespace rondeau::task
