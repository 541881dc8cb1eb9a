// What generic code asks of a source or sink. A type models these without inheriting from anything.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/io/seek_from.h>

namespace rondeau::io {

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

template <class A, class T>
concept AwaitableOf = std::same_as<typename AwaitedOf<std::remove_cvref_t<A>>::type, T>;

/// `read_some(span)` reads at most so many bytes; 0 is the end.
template <class S>
concept AsyncRead = requires(S& source, std::span<std::byte> out) {
  { source.read_some(out) } -> AwaitableOf<Result<std::size_t>>;
};

/// `write_some(span)` writes some of the bytes, `shutdown()` flushes and ends.
template <class S>
concept AsyncWrite = requires(S& sink, std::span<const std::byte> bytes) {
  { sink.write_some(bytes) } -> AwaitableOf<Result<std::size_t>>;
  { sink.flush() } -> AwaitableOf<Result<void>>;
  { sink.shutdown() } -> AwaitableOf<Result<void>>;
};

template <class S>
concept AsyncReadWrite = AsyncRead<S> && AsyncWrite<S>;

/// `fill_buf()` gives what was read ahead and not yet consumed, and reads where that is nothing; empty is the end.
template <class S>
concept AsyncBufRead = AsyncRead<S> && requires(S& source, std::size_t count) {
  { source.fill_buf() } -> AwaitableOf<Result<std::span<const std::byte>>>;
  { source.consume(count) };
};

/// `seek(from)` gives the new position, counted from the start.
template <class S>
concept AsyncSeek = requires(S& file, SeekFrom from) {
  { file.seek(from) } -> AwaitableOf<Result<std::uint64_t>>;
};

template <class A>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// `while (auto item = co_await stream.next())`.
template <class S>
concept AsyncItems = requires(S& stream) {
  requires is_optional<typename AwaitedOf<std::remove_cvref_t<decltype(stream.next())>>::type>;
};

}  // namespace rondeau::io
