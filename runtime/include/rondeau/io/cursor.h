// Cursor, empty, sink, repeat: sources and sinks that need no peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/detail/immediate.h>
#include <rondeau/io/reader.h>
#include <rondeau/io/seek_from.h>
#include <rondeau/io/writer.h>

namespace rondeau::io {

/// A reader that never waits.
class ReadyReader : public Reader {
 public:
  bool start_wait(Waiter&) noexcept final { return false; }
  void end_wait(Waiter&) noexcept final {}
};

/// Reads bytes in memory, from where it is to their end.
class Cursor final : public ReadyReader {
 public:
  explicit Cursor(Bytes bytes) noexcept : bytes_(std::move(bytes)) {}

  /// What is left. Cancellation: safe.
  detail::Immediate<Result<std::span<const std::byte>>> fill_buf() noexcept {
    return detail::Immediate<Result<std::span<const std::byte>>>(rest());
  }
  Result<std::span<const std::byte>> try_fill_buf() noexcept { return rest(); }
  /// Takes `count` of the bytes that fill_buf() gave.
  void consume(std::size_t count) noexcept;
  /// Errors: InvalidArgument before the start; behind the end is allowed, and is the end. Cancellation: safe.
  detail::Immediate<Result<std::uint64_t>> seek(SeekFrom from) noexcept {
    return detail::Immediate<Result<std::uint64_t>>(move_to(from));
  }

  const Bytes& inner() const noexcept { return bytes_; }
  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;

 private:
  std::span<const std::byte> rest() const noexcept;
  Result<std::uint64_t> move_to(SeekFrom from) noexcept;

  Bytes bytes_;
  std::uint64_t position_ = 0;
};

/// Is at its end.
class Empty final : public ReadyReader {
 public:
  detail::Immediate<Result<std::span<const std::byte>>> fill_buf() noexcept {
    return detail::Immediate<Result<std::span<const std::byte>>>(std::span<const std::byte>());
  }
  void consume(std::size_t count) noexcept;
  Result<std::size_t> try_read(std::span<std::byte>) noexcept override { return std::size_t{0}; }
};
inline Empty empty() noexcept {
  return {};
}

/// Gives one byte for ever.
class Repeat final : public ReadyReader {
 public:
  explicit Repeat(std::byte byte) noexcept : byte_(byte) {}
  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;

 private:
  std::byte byte_;
};
inline Repeat repeat(std::byte byte) noexcept {
  return Repeat(byte);
}

/// Takes everything and keeps nothing.
class Sink final : public Writer {
 public:
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override { return bytes.size(); }
  Result<std::size_t> try_write_vectored(std::span<const ConstBuffer> buffers) noexcept override;
  Result<void> try_shutdown(How) noexcept override { return {}; }
  bool start_wait(Waiter&) noexcept override { return false; }
  void end_wait(Waiter&) noexcept override {}
};
inline Sink sink() noexcept {
  return {};
}

}  // namespace rondeau::io
