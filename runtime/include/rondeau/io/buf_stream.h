// BufStream: a buffer for each direction of a stream.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

#include <rondeau/io/kept.h>
#include <rondeau/io/read_ahead.h>
#include <rondeau/io/stream.h>
#include <rondeau/io/write_behind.h>

namespace rondeau::io {

struct BufferSizes {
  std::size_t read = kBufferSize;
  std::size_t write = kBufferSize;
};

/// BufReader and BufWriter in one: `BufStream both(stream)` borrows, `BufStream(std::move(stream))` owns.
///
/// Thread safety: reading and writing from two tasks at once is allowed; readable() is for the one that reads,
/// writable() for the one that writes. Lifetime: as the stream.
template <class S>
  requires std::derived_from<Kept<S>, Stream>
class BufStream final : public Stream {
 public:
  explicit BufStream(S stream, BufferSizes sizes = {})
      : stream_(std::forward<S>(stream)), ahead_(sizes.read), behind_(sizes.write) {}
  BufStream(BufStream&&) noexcept = default;
  BufStream& operator=(BufStream&&) noexcept = default;
  ~BufStream() override {
    if (behind_.is_under_way()) behind_.let_go(inner());
  }

  /// As in BufReader.
  [[nodiscard]] ReadAhead::Fill fill_buf() noexcept { return ReadAhead::Fill(ahead_, inner()); }
  Result<std::span<const std::byte>> try_fill_buf() noexcept { return ahead_.try_fill(inner()); }
  void consume(std::size_t count) noexcept { ahead_.consume(count); }
  [[nodiscard]] ReadAhead::Exact read_exact(std::span<std::byte> out) { return ReadAhead::Exact(ahead_, inner(), out); }

  std::span<const std::byte> read_buffered() const noexcept { return ahead_.bytes(); }
  std::span<const std::byte> write_buffered() const noexcept { return behind_.bytes(); }
  auto& inner() noexcept { return kept(stream_); }
  /// Gives the stream back; what is buffered is lost.
  S release() && noexcept {
    behind_.let_go(inner());
    behind_.forget();
    return std::forward<S>(stream_);
  }

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override { return ahead_.try_read(inner(), out); }
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override {
    return behind_.try_write(inner(), bytes);
  }
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override {
    return behind_.try_write_vectored(inner(), buffers);
  }
  void forget_write() noexcept override { behind_.forget_write(inner()); }
  Result<void> try_flush() noexcept override { return behind_.try_flush(inner()); }
  Result<void> try_shutdown(How how) noexcept override { return behind_.try_shutdown(inner(), how); }
  bool start_wait(Waiter& waiter) noexcept override {
    if (!waiter.exclusive) {
      if ((waiter.interest & base::PollEvent::Readable) != 0 && !ahead_.empty()) return false;
      if ((waiter.interest & base::PollEvent::Writable) != 0 && behind_.room() > 0) return false;
    }
    return inner().start_wait(waiter);
  }
  void end_wait(Waiter& waiter) noexcept override { inner().end_wait(waiter); }

 private:
  S stream_;
  ReadAhead ahead_;
  WriteBehind behind_;
};

template <class S>
BufStream(S&&) -> BufStream<S>;
template <class S>
BufStream(S&&, BufferSizes) -> BufStream<S>;

}  // namespace rondeau::io
