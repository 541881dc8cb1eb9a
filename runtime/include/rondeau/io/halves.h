// split, unsplit, join: one stream as two halves, two halves as one stream.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/io/kept.h>
#include <rondeau/io/stream.h>

namespace rondeau::io {

template <class S>
concept KeptStreamOf = std::derived_from<Kept<S>, Stream>;

/// The reading half of a stream that split() took. Thread safety: each half may be used from its own task.
template <KeptStreamOf S>
class ReadHalf final : public Reader {
 public:
  explicit ReadHalf(std::shared_ptr<S> stream) noexcept : stream_(std::move(stream)) {}
  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override { return inner().try_read(out); }
  bool start_wait(Waiter& waiter) noexcept override { return inner().start_wait(waiter); }
  void end_wait(Waiter& waiter) noexcept override { inner().end_wait(waiter); }

  auto& inner() const noexcept { return kept(*stream_); }
  std::shared_ptr<S> release() && noexcept { return std::move(stream_); }

 private:
  std::shared_ptr<S> stream_;
};

/// The writing half. Destroying it ends nothing: shutdown() does.
template <KeptStreamOf S>
class WriteHalf final : public Writer {
 public:
  explicit WriteHalf(std::shared_ptr<S> stream) noexcept : stream_(std::move(stream)) {}
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override { return inner().try_write(bytes); }
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override {
    return inner().try_write_vectored(buffers);
  }
  void forget_write() noexcept override { inner().forget_write(); }
  Result<void> try_flush() noexcept override { return inner().try_flush(); }
  Result<void> try_shutdown(How how) noexcept override { return inner().try_shutdown(how); }
  bool start_wait(Waiter& waiter) noexcept override { return inner().start_wait(waiter); }
  void end_wait(Waiter& waiter) noexcept override { inner().end_wait(waiter); }

  auto& inner() const noexcept { return kept(*stream_); }
  /// Were the two split from one stream?
  bool is_pair_of(const ReadHalf<S>& other) const noexcept { return &inner() == &other.inner(); }
  std::shared_ptr<S> release() && noexcept { return std::move(stream_); }

 private:
  std::shared_ptr<S> stream_;
};

/// Two halves of a stream, which lives until both are gone: `auto [reader, writer] = io::split(std::move(stream));`.
template <KeptStreamOf S>
  requires(!std::is_reference_v<S>)
std::pair<ReadHalf<S>, WriteHalf<S>> split(S stream) {
  auto shared = std::make_shared<S>(std::move(stream));
  return {ReadHalf<S>(shared), WriteHalf<S>(shared)};
}

/// The stream that was split; aborts where the halves are of two.
template <KeptStreamOf S>
S unsplit(ReadHalf<S> reader, WriteHalf<S> writer) {
  if (!writer.is_pair_of(reader)) {
    base::fail("unsplit of two halves that were not split from one stream; keep each pair together, or use io::join");
  }
  return std::move(*std::move(reader).release());
}

/// Reads from one, writes to the other.
template <class R, class W>
  requires(std::derived_from<Kept<R>, Reader> && std::derived_from<Kept<W>, Writer>)
class Joined final : public Stream {
 public:
  Joined(R reader, W writer) : reader_(std::forward<R>(reader)), writer_(std::forward<W>(writer)) {}

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override { return kept(reader_).try_read(out); }
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override {
    return kept(writer_).try_write(bytes);
  }
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override {
    return kept(writer_).try_write_vectored(buffers);
  }
  void forget_write() noexcept override { kept(writer_).forget_write(); }
  Result<void> try_flush() noexcept override { return kept(writer_).try_flush(); }
  Result<void> try_shutdown(How how) noexcept override { return kept(writer_).try_shutdown(how); }
  bool start_wait(Waiter& waiter) noexcept override {
    return reads(waiter) ? kept(reader_).start_wait(waiter) : kept(writer_).start_wait(waiter);
  }
  void end_wait(Waiter& waiter) noexcept override {
    reads(waiter) ? kept(reader_).end_wait(waiter) : kept(writer_).end_wait(waiter);
  }

  auto& reader() noexcept { return kept(reader_); }
  auto& writer() noexcept { return kept(writer_); }
  std::pair<R, W> release() && noexcept { return {std::forward<R>(reader_), std::forward<W>(writer_)}; }

 private:
  static bool reads(const Waiter& waiter) noexcept { return (waiter.interest & detail::kReadInterest) != 0; }

  R reader_;
  W writer_;
};

/// One stream of a reader and a writer; an lvalue is borrowed, an rvalue owned.
template <class R, class W>
Joined<R, W> join(R&& reader, W&& writer) {
  return {std::forward<R>(reader), std::forward<W>(writer)};
}

}  // namespace rondeau::io
