// What generic code asks of a source or sink. A type models these without inheriting from anything.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/io/seek_from.h>
#include <rondeau/task/stream.h>

namespace rondeau::io {

using task::AwaitedOf;

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

/// `while (auto item = co_await stream.next())`.
template <class S>
concept AsyncItems = task::Stream<S>;

}  // namespace rondeau::io
