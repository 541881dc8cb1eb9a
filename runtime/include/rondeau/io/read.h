// Whole values over readers and writers: numbers, and everything up to the end.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/io/reader.h>
#include <rondeau/io/writer.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

/// Reads to the end of the source and appends to `out`; returns how many bytes that were.
///
/// Errors: TooLarge for more than `max` bytes, what the source reports; `out` then has what was read, at most `max`.
/// Cancellation: loses what was read. Lifetime: reader and `out` are borrowed.
Task<Result<std::size_t>> read_to_end(Reader& reader, std::vector<std::byte>& out, std::size_t max);

/// As read_to_end, for text. Errors: InvalidData where it is not UTF-8. After an error `out` is unchanged.
Task<Result<std::size_t>> read_to_string(Reader& reader, std::string& out, std::size_t max);

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

/// Reads one number. Errors: UnexpectedEof where the source ends before. Cancellation: loses the bytes already read.
template <Number T>
Task<Result<T>> read_number(Reader& reader, Endian order) {
  std::array<std::byte, sizeof(T)> bytes;
  RONDEAU_TRY_VOID(co_await reader.read_exact(bytes));
  co_return from_bytes<T>(bytes, order);
}
template <std::integral T>
Task<Result<T>> read_int(Reader& reader, Endian order = Endian::big) {
  return read_number<T>(reader, order);
}
template <std::floating_point T>
Task<Result<T>> read_float(Reader& reader, Endian order = Endian::big) {
  return read_number<T>(reader, order);
}

/// Writes one number. Cancellation: an unknown part of it was written.
template <Number T>
Task<Result<void>> write_number(Writer& writer, T value, Endian order) {
  const std::array<std::byte, sizeof(T)> bytes = to_bytes(value, order);
  co_return co_await writer.write_all(bytes);
}
template <std::integral T>
Task<Result<void>> write_int(Writer& writer, T value, Endian order = Endian::big) {
  return write_number(writer, value, order);
}
template <std::floating_point T>
Task<Result<void>> write_float(Writer& writer, T value, Endian order = Endian::big) {
  return write_number(writer, value, order);
}

}  // namespace rondeau::io
