// Whole values over readers and writers: numbers, and everything up to the end.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/io/concepts.h>
#include <rondeau/io/utf8.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

/// Reads to the end of the source and appends to `out`; returns how many bytes that were.
///
/// Errors: TooLarge for more than `max` bytes, what the source reports; `out` then has what was read, at most `max`.
/// Cancellation: loses what was read. Lifetime: reader and `out` are borrowed.
template <AsyncRead R>
Task<Result<std::size_t>> read_to_end(R& reader, std::vector<std::byte>& out, std::size_t max) {
  constexpr std::size_t kFirstChunk = 4 * 1024;
  constexpr std::size_t kLargestChunk = 64 * 1024;
  std::vector<std::byte> chunk(kFirstChunk);
  std::size_t total = 0;
  for (;;) {
    RONDEAU_TRY(const std::size_t count, co_await reader.read_some(chunk));
    if (count == 0) co_return total;
    const std::size_t kept = std::min(count, max - total);
    out.insert(out.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(kept));
    total += kept;
    if (kept < count) co_return Errc::TooLarge;
    if (count == chunk.size() && count < kLargestChunk) chunk.resize(2 * count);
  }
}

/// As read_to_end, for text. Errors: InvalidData where it is not UTF-8. After an error `out` is unchanged.
template <AsyncRead R>
Task<Result<std::size_t>> read_to_string(R& reader, std::string& out, std::size_t max) {
  std::vector<std::byte> bytes;
  RONDEAU_TRY(const std::size_t count, co_await read_to_end(reader, bytes, max));
  if (!is_utf8(bytes)) co_return Errc::InvalidData;
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  co_return count;
}

/// Fills the whole span from any source. Errors: UnexpectedEof where it ends before. Cancellation: as its read_exact
/// says; loses the bytes already read where it has none.
template <AsyncRead R>
Task<Result<void>> read_exact(R& reader, std::span<std::byte> out) {
  if constexpr (requires { reader.read_exact(out); }) {
    co_return co_await reader.read_exact(out);
  } else {
    while (!out.empty()) {
      RONDEAU_TRY(const std::size_t count, co_await reader.read_some(out));
      if (count == 0) co_return Errc::UnexpectedEof;
      out = out.subspan(count);
    }
    co_return {};
  }
}

/// Writes all of it to any sink. Errors: WriteZero where it takes nothing more. Cancellation: an unknown part was
/// written.
template <AsyncWrite W>
Task<Result<void>> write_all(W& writer, std::span<const std::byte> bytes) {
  if constexpr (requires { writer.write_all(bytes); }) {
    co_return co_await writer.write_all(bytes);
  } else {
    while (!bytes.empty()) {
      RONDEAU_TRY(const std::size_t count, co_await writer.write_some(bytes));
      if (count == 0) co_return Errc::WriteZero;
      bytes = bytes.subspan(count);
    }
    co_return {};
  }
}

/// Seeks to the start. Errors: what the file reports. Cancellation: the place may have changed.
template <AsyncSeek S>
Task<Result<void>> rewind(S& file) {
  RONDEAU_TRY_VOID(co_await file.seek(SeekFrom::start(0)));
  co_return {};
}
/// Where the file is, counted from its start.
template <AsyncSeek S>
Task<Result<std::uint64_t>> position(S& file) {
  if constexpr (requires { file.position(); }) {
    co_return co_await file.position();
  } else {
    co_return co_await file.seek(SeekFrom::current(0));
  }
}

using Endian = std::endian;

template <class T>
concept Number = std::integral<T> || std::floating_point<T>;

/// The bytes of a number as they go over a wire.
template <Number T>
std::array<std::byte, sizeof(T)> to_bytes(T value, Endian order = Endian::big) noexcept {
  auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  if (order != Endian::native) std::ranges::reverse(bytes);
  return bytes;
}
template <Number T>
T from_bytes(std::array<std::byte, sizeof(T)> bytes, Endian order = Endian::big) noexcept {
  if (order != Endian::native) std::ranges::reverse(bytes);
  return std::bit_cast<T>(bytes);
}

/// Reads one number. Errors: UnexpectedEof where the source ends before. Cancellation: loses the bytes already read; a
/// BufReader keeps them.
template <Number T, AsyncRead R>
Task<Result<T>> read_number(R& reader, Endian order) {
  std::array<std::byte, sizeof(T)> bytes;
  RONDEAU_TRY_VOID(co_await read_exact(reader, bytes));
  co_return from_bytes<T>(bytes, order);
}
template <std::integral T, AsyncRead R>
Task<Result<T>> read_int(R& reader, Endian order = Endian::big) {
  return read_number<T>(reader, order);
}
template <std::floating_point T, AsyncRead R>
Task<Result<T>> read_float(R& reader, Endian order = Endian::big) {
  return read_number<T>(reader, order);
}

/// Writes one number. Cancellation: an unknown part of it was written.
template <Number T, AsyncWrite W>
Task<Result<void>> write_number(W& writer, T value, Endian order) {
  const std::array<std::byte, sizeof(T)> bytes = to_bytes(value, order);
  co_return co_await write_all(writer, bytes);
}
template <std::integral T, AsyncWrite W>
Task<Result<void>> write_int(W& writer, T value, Endian order = Endian::big) {
  return write_number(writer, value, order);
}
template <std::floating_point T, AsyncWrite W>
Task<Result<void>> write_float(W& writer, T value, Endian order = Endian::big) {
  return write_number(writer, value, order);
}

}  // namespace rondeau::io
