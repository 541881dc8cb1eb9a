// Framed, FramedRead, FramedWrite: streams of items instead of bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/io/buffer.h>
#include <rondeau/io/codec.h>
#include <rondeau/io/concepts.h>
#include <rondeau/io/kept.h>
#include <rondeau/io/read_ahead.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

/// What FramedRead and Framed are made of: the bytes of items that are not whole yet.
class FrameReader {
 public:
  FrameReader() : buffer_(kBufferSize) {}
  explicit FrameReader(Buffer buffer) noexcept : buffer_(std::move(buffer)), undecoded_(!buffer_.empty()) {}

  Buffer& buffer() noexcept { return buffer_; }

  template <AsyncRead R, Decoder D>
  Task<std::optional<Result<typename D::Item>>> next(R& reader, D& decoder) {
    if (std::exchange(failed_, false)) co_return std::nullopt;
    for (;;) {
      if (undecoded_) {
        auto item = ended_ ? decode_eof(decoder, buffer_) : decoder.decode(buffer_);
        failed_ = !item;
        if (failed_) co_return std::move(item).error();
        if (*item) co_return *std::move(*item);
        undecoded_ = false;
        if (ended_) co_return std::nullopt;
      }
      buffer_.reserve(kLeastRoom);
      auto count = co_await reader.read_some(buffer_.spare());
      failed_ = !count;
      if (failed_) co_return std::move(count).error();
      if (*count == 0 && ended_) co_return std::nullopt;
      buffer_.commit(*count);
      ended_ = *count == 0;
      undecoded_ = true;
    }
  }

 private:
  static constexpr std::size_t kLeastRoom = 2 * 1024;

  Buffer buffer_;
  bool undecoded_ = false;  // the decoder has not seen all of it, or not the end
  bool ended_ = false;
  bool failed_ = false;  // the next call ends the stream
};

/// What FramedWrite and Framed are made of: the bytes of items that are not written yet.
class FrameWriter {
 public:
  FrameWriter() noexcept = default;
  explicit FrameWriter(Buffer buffer) noexcept : buffer_(std::move(buffer)) {}

  Buffer& buffer() noexcept { return buffer_; }
  std::size_t boundary() const noexcept { return boundary_; }
  void set_boundary(std::size_t bytes) noexcept { boundary_ = bytes; }

  template <AsyncWrite W, class E, class T>
  Task<Result<void>> feed(W& writer, E& encoder, T item) {
    if (buffer_.size() >= boundary_) RONDEAU_TRY_VOID(co_await flush(writer));
    co_return encode(encoder, std::move(item));
  }
  template <AsyncWrite W, class E, class T>
  Task<Result<void>> send(W& writer, E& encoder, T item) {
    if (buffer_.size() >= boundary_) RONDEAU_TRY_VOID(co_await flush(writer));
    RONDEAU_TRY_VOID(encode(encoder, std::move(item)));
    co_return co_await flush(writer);
  }
  template <AsyncWrite W>
  Task<Result<void>> flush(W& writer) {
    while (!buffer_.empty()) {
      RONDEAU_TRY(const std::size_t count, co_await writer.write_some(buffer_.bytes()));
      if (count == 0) co_return Errc::WriteZero;
      buffer_.consume(count);
    }
    co_return co_await writer.flush();
  }
  template <AsyncWrite W>
  Task<Result<void>> close(W& writer) {
    RONDEAU_TRY_VOID(co_await flush(writer));
    co_return co_await writer.shutdown();
  }

 private:
  template <class E, class T>
  Result<void> encode(E& encoder, T item) {
    const std::size_t before = buffer_.size();
    Result<void> encoded = encoder.encode(std::move(item), buffer_);
    if (!encoded) buffer_.truncate(before);
    return encoded;
  }

  Buffer buffer_;
  std::size_t boundary_ = kBufferSize;
};

/// A stream of the items that a decoder finds in what a reader gives.
///
/// `FramedRead items(stream, LinesCodec(1024))` borrows the reader, `FramedRead(std::move(stream), …)` owns it.
/// Thread safety: one task at a time. Lifetime: as the reader.
template <class R, Decoder D>
  requires AsyncRead<Kept<R>>
class FramedRead {
 public:
  using Item = typename D::Item;

  FramedRead(R reader, D decoder) : reader_(std::forward<R>(reader)), decoder_(std::move(decoder)) {}

  /// The next item; empty at the end.
  ///
  /// Errors: what the decoder and the reader report, UnexpectedEof for an end inside an item. After an error the next
  /// call gives nothing, which ends a loop; a later one goes on where the decoder can. Cancellation: safe.
  Task<std::optional<Result<Item>>> next() { return frames_.next(inner(), decoder_); }

  auto& inner() noexcept { return kept(reader_); }
  D& decoder() noexcept { return decoder_; }
  /// What was read and not yet decoded.
  Buffer& read_buffer() noexcept { return frames_.buffer(); }
  /// Gives the reader back; what was read and not yet decoded is lost.
  R release() && noexcept { return std::forward<R>(reader_); }

 private:
  R reader_;
  D decoder_;
  FrameReader frames_;
};

/// Takes items and writes the bytes that an encoder makes of them. Owns and borrows as FramedRead.
template <class W, class E>
  requires AsyncWrite<Kept<W>>
class FramedWrite {
 public:
  FramedWrite(W writer, E encoder) : writer_(std::forward<W>(writer)), encoder_(std::move(encoder)) {}

  /// Encodes the item; waits before that, until all is written, where backpressure_boundary() bytes or more are not.
  ///
  /// Errors: what the encoder and the writer report, WriteZero. Cancellation: the item was not taken.
  template <class T>
    requires Encoder<E, T>
  Task<Result<void>> feed(T item) {
    return frames_.feed(inner(), encoder_, std::move(item));
  }
  /// As feed(), then flushes. Cancellation: the item was taken, and is written by the next flush(), or not taken.
  template <class T>
    requires Encoder<E, T>
  Task<Result<void>> send(T item) {
    return frames_.send(inner(), encoder_, std::move(item));
  }
  /// Writes what was taken and flushes the writer. Cancellation: safe where the writer's write_some is.
  Task<Result<void>> flush() { return frames_.flush(inner()); }
  /// Flushes and shuts the writer down. Cancellation: as flush().
  Task<Result<void>> close() { return frames_.close(inner()); }

  /// In bytes; 8 KiB unless it is set.
  std::size_t backpressure_boundary() const noexcept { return frames_.boundary(); }
  void set_backpressure_boundary(std::size_t bytes) noexcept { frames_.set_boundary(bytes); }

  auto& inner() noexcept { return kept(writer_); }
  E& encoder() noexcept { return encoder_; }
  /// What was encoded and not yet written.
  Buffer& write_buffer() noexcept { return frames_.buffer(); }
  /// Gives the writer back; what was encoded and not yet written is lost.
  W release() && noexcept { return std::forward<W>(writer_); }

 private:
  W writer_;
  E encoder_;
  FrameWriter frames_;
};

/// What a Framed consists of: to go on with another codec, or with bytes.
template <class S, class C>
struct FramedParts {
  S stream;
  C codec;
  Buffer read_buffer;   ///< read and not yet decoded
  Buffer write_buffer;  ///< encoded and not yet written
};

/// FramedRead and FramedWrite in one, over a stream and a codec that is decoder and encoder. Owns and borrows as those.
///
/// Thread safety: one task at a time; io::split the stream for two.
template <class S, Decoder C>
  requires AsyncReadWrite<Kept<S>>
class Framed {
 public:
  using Item = typename C::Item;

  Framed(S stream, C codec) : stream_(std::forward<S>(stream)), codec_(std::move(codec)) {}
  explicit Framed(FramedParts<S, C> parts)
      : stream_(std::forward<S>(parts.stream)),
        codec_(std::move(parts.codec)),
        in_(std::move(parts.read_buffer)),
        out_(std::move(parts.write_buffer)) {}

  /// As in FramedRead.
  Task<std::optional<Result<Item>>> next() { return in_.next(inner(), codec_); }
  /// As in FramedWrite.
  template <class T>
    requires Encoder<C, T>
  Task<Result<void>> feed(T item) {
    return out_.feed(inner(), codec_, std::move(item));
  }
  template <class T>
    requires Encoder<C, T>
  Task<Result<void>> send(T item) {
    return out_.send(inner(), codec_, std::move(item));
  }
  Task<Result<void>> flush() { return out_.flush(inner()); }
  Task<Result<void>> close() { return out_.close(inner()); }
  std::size_t backpressure_boundary() const noexcept { return out_.boundary(); }
  void set_backpressure_boundary(std::size_t bytes) noexcept { out_.set_boundary(bytes); }

  auto& inner() noexcept { return kept(stream_); }
  C& codec() noexcept { return codec_; }
  Buffer& read_buffer() noexcept { return in_.buffer(); }
  Buffer& write_buffer() noexcept { return out_.buffer(); }
  FramedParts<S, C> release() && {
    return {std::forward<S>(stream_), std::move(codec_), std::move(in_.buffer()), std::move(out_.buffer())};
  }

 private:
  S stream_;
  C codec_;
  FrameReader in_;
  FrameWriter out_;
};

template <class R, class D>
FramedRead(R&&, D) -> FramedRead<R, D>;
template <class W, class E>
FramedWrite(W&&, E) -> FramedWrite<W, E>;
template <class S, class C>
Framed(S&&, C) -> Framed<S, C>;
template <class S, class C>
Framed(FramedParts<S, C>) -> Framed<S, C>;

}  // namespace rondeau::io
