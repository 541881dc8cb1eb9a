// stream_from_reader, reader_from_stream, sink_writer: between bytes that flow and items that are bytes.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/io/buffer.h>
#include <rondeau/io/concepts.h>
#include <rondeau/io/kept.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

inline constexpr std::size_t kItemSize = 4 * 1024;

/// What stream_from_reader() returns.
template <class R>
  requires AsyncRead<Kept<R>>
class ReaderItems {
 public:
  ReaderItems(R reader, std::size_t most) : reader_(std::forward<R>(reader)), most_(most) {}

  /// What one read gives; empty at the end, and after an error. Cancellation: safe.
  Task<std::optional<Result<Bytes>>> next() {
    if (ended_) co_return std::nullopt;
    buffer_.reserve(most_);
    const auto count = co_await inner().read_some(buffer_.spare().first(most_));
    ended_ = !count || *count == 0;
    if (!count) co_return count.error();
    if (ended_) co_return std::nullopt;
    buffer_.commit(*count);
    co_return buffer_.split_to(*count);
  }

  auto& inner() noexcept { return kept(reader_); }
  R release() && noexcept { return std::forward<R>(reader_); }

 private:
  R reader_;
  std::size_t most_;
  Buffer buffer_;
  bool ended_ = false;
};

/// A reader as a stream of Bytes, at most `most` each (not 0). An lvalue is borrowed, an rvalue owned.
template <class R>
  requires AsyncRead<Kept<R>>
ReaderItems<R> stream_from_reader(R&& reader, std::size_t most = kItemSize) {
  if (most == 0) base::fail("stream_from_reader() of no bytes an item; leave the size out for 4 KiB");
  return {std::forward<R>(reader), most};
}

/// An item, or the item of a Result.
template <class T>
struct ChunkOf {
  using type = T;
};
template <class T>
struct ChunkOf<Result<T>> {
  using type = T;
};

/// What reader_from_stream() returns: models AsyncRead and AsyncBufRead.
template <class S>
  requires AsyncItems<std::remove_reference_t<S>>
class StreamReader {
  using Item = typename AwaitedOf<std::remove_cvref_t<decltype(std::declval<S&>().next())>>::type::value_type;

 public:
  using Chunk = typename ChunkOf<Item>::type;

  explicit StreamReader(S stream) : stream_(std::forward<S>(stream)) {}

  /// What is left of the present item, or the next one. Errors: those among the items. Cancellation: as next().
  Task<Result<std::span<const std::byte>>> fill_buf() {
    while (rest().empty()) {
      std::optional<Item> item = co_await stream_.next();
      chunk_.reset();
      used_ = 0;
      if (!item) break;
      if constexpr (std::same_as<Item, Chunk>) {
        chunk_.emplace(*std::move(item));
      } else {
        RONDEAU_TRY(Chunk chunk, *std::move(item));
        chunk_.emplace(std::move(chunk));
      }
    }
    co_return rest();
  }
  /// Takes `count` of the bytes that fill_buf() gave.
  void consume(std::size_t count) noexcept {
    if (count > rest().size()) base::fail("consume() of more bytes than fill_buf() gave");
    used_ += count;
  }
  Task<Result<std::size_t>> read_some(std::span<std::byte> out) {
    if (out.empty()) co_return std::size_t{0};
    RONDEAU_TRY(const std::span<const std::byte> there, co_await fill_buf());
    const std::size_t count = std::min(out.size(), there.size());
    if (count > 0) std::memcpy(out.data(), there.data(), count);
    used_ += count;
    co_return count;
  }

  auto& inner() noexcept { return stream_; }
  /// Gives the stream back; what is left of the present item is lost.
  S release() && noexcept { return std::forward<S>(stream_); }

 private:
  std::span<const std::byte> rest() const noexcept {
    if (!chunk_) return {};
    return std::as_bytes(std::span(chunk_->data(), chunk_->size())).subspan(used_);
  }

  S stream_;
  std::optional<Chunk> chunk_;
  std::size_t used_ = 0;
};

/// A stream of Bytes, strings or vectors, or of Results of such, as a reader. An lvalue is borrowed, an rvalue owned.
template <class S>
StreamReader<S> reader_from_stream(S&& stream) {
  return StreamReader<S>(std::forward<S>(stream));
}

/// `send(Bytes)` or `feed(Bytes)` gives a Result: the sender of a channel, a FramedWrite.
template <class S>
concept BytesSink = requires(S& sink, Bytes item) { sink.send(std::move(item)); };

/// What sink_writer() returns: models AsyncWrite.
template <class S>
  requires BytesSink<std::remove_reference_t<S>>
class SinkWriter {
 public:
  explicit SinkWriter(S sink) : sink_(std::in_place, std::forward<S>(sink)) {}

  /// One item for each write. Errors: what the sink reports (Closed where nobody receives); BrokenPipe after
  /// shutdown(). Cancellation: safe where a destroyed send sends nothing.
  Task<Result<std::size_t>> write_some(std::span<const std::byte> bytes) {
    if (!sink_) co_return Errc::BrokenPipe;
    if (bytes.empty()) co_return std::size_t{0};
    if constexpr (requires(Bytes item) { inner().feed(std::move(item)); }) {
      RONDEAU_TRY_VOID(co_await inner().feed(Bytes::copy_of(bytes)));
    } else {
      RONDEAU_TRY_VOID(co_await inner().send(Bytes::copy_of(bytes)));
    }
    co_return bytes.size();
  }
  /// Flushes the sink where it can be. Cancellation: as the sink's.
  Task<Result<void>> flush() {
    if constexpr (requires { inner().flush(); }) {
      if (sink_) co_return co_await inner().flush();
    }
    co_return {};
  }
  /// Closes the sink where it can be, and destroys it where it is owned: the receiver of a channel sees the end.
  Task<Result<void>> shutdown() {
    if constexpr (requires { inner().close(); }) {
      if (sink_) RONDEAU_TRY_VOID(co_await inner().close());
    }
    sink_.reset();
    co_return {};
  }

  /// Not after shutdown().
  std::remove_reference_t<S>& inner() noexcept { return sink_->sink; }

 private:
  struct Holder {
    explicit Holder(S kept_sink) : sink(std::forward<S>(kept_sink)) {}
    S sink;
  };

  std::optional<Holder> sink_;
};

/// A sink of Bytes as a writer. An lvalue is borrowed, an rvalue owned.
template <class S>
SinkWriter<S> sink_writer(S&& sink) {
  return SinkWriter<S>(std::forward<S>(sink));
}

}  // namespace rondeau::io
