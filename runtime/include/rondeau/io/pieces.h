// Pieces: cuts what a buffered reader gives into lines, or at another byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/base/result.h>
#include <rondeau/io/concepts.h>
#include <rondeau/task/task.h>

namespace rondeau::io {

/// The byte between two pieces: `'\0'`, `std::byte{0x1e}`.
class Delimiter {
 public:
  constexpr Delimiter(char character) noexcept  // NOLINT(google-explicit-constructor): a byte by another name
      : byte_(static_cast<std::byte>(character)) {}
  constexpr Delimiter(std::byte byte) noexcept : byte_(byte) {}  // NOLINT(google-explicit-constructor): as above
  constexpr std::byte byte() const noexcept { return byte_; }

 private:
  std::byte byte_;
};

/// Puts one piece together from what comes, however it was cut on the way.
class PieceCollector {
 public:
  enum class Ends : std::uint8_t { AtDelimiter, AtLine };  ///< a line's end may have `\r` before it

  PieceCollector(Delimiter delimiter, Ends ends, std::size_t max) noexcept
      : delimiter_(delimiter.byte()), ends_(ends), max_(max), limit_(max) {
    // A `\r` may turn out to be part of the end.
    if (ends == Ends::AtLine && max < std::numeric_limits<std::size_t>::max()) ++limit_;
  }

  /// Takes bytes from the front up to and with the delimiter; says how many.
  std::size_t take(std::span<const std::byte> bytes);
  /// finish() has something to tell.
  bool complete() const noexcept { return complete_ || (too_long_ && !told_); }
  /// The same where no more will come.
  bool complete_at_end() const noexcept { return begun_ && !told_; }
  /// The piece without its end. Errors: TooLarge, once, for one of more than `max` bytes, as soon as that is certain.
  Result<std::string> finish();

 private:
  void keep(std::span<const std::byte> bytes);
  void reset() noexcept;

  std::byte delimiter_;
  Ends ends_;
  std::size_t max_;
  std::size_t limit_;  // what is kept before the end is known
  std::string piece_;
  bool begun_ = false;     // a byte of it has come
  bool complete_ = false;  // its end has come
  bool too_long_ = false;  // what comes up to its end is dropped
  bool told_ = false;      // that it is too long
};

/// What lines() and split() return; `Item` is std::string or Bytes. R as in BufReader.
template <class R, class Item>
class [[nodiscard]] Pieces {
 public:
  Pieces(R reader, PieceCollector collector) : reader_(std::forward<R>(reader)), collector_(std::move(collector)) {}

  /// The next piece; empty at the end. A last piece without its end counts.
  ///
  /// Errors: TooLarge for a piece of more than the limit, InvalidData for a line that is not UTF-8: the next call goes
  /// on with the next piece. After an error of the reader there is no more. Cancellation: safe, half a piece stays
  /// here.
  Task<std::optional<Result<Item>>> next();

  auto& inner() noexcept { return reader_; }
  R release() && noexcept { return std::forward<R>(reader_); }

 private:
  Result<Item> finish();

  R reader_;
  PieceCollector collector_;
  bool ended_ = false;
};

/// Lines as text, without `\n` or `\r\n`: `while (auto line = co_await lines.next())`.
///
/// `max` bytes a line, its end not counted. Lifetime: an lvalue is borrowed, an rvalue owned.
template <class R>
  requires AsyncBufRead<std::remove_reference_t<R>>
Pieces<R, std::string> lines(R&& reader, std::size_t max) {
  return {std::forward<R>(reader), PieceCollector('\n', PieceCollector::Ends::AtLine, max)};
}

/// The bytes between delimiters: as lines(). What follows the last delimiter counts where it is not empty.
template <class R>
  requires AsyncBufRead<std::remove_reference_t<R>>
Pieces<R, Bytes> split(R&& reader, Delimiter delimiter, std::size_t max) {
  return {std::forward<R>(reader), PieceCollector(delimiter, PieceCollector::Ends::AtDelimiter, max)};
}

/// Appends to `out` up to and with the delimiter, or to the end; returns how many bytes that were, 0 at the end.
///
/// Errors: TooLarge where there are more than `max` bytes before the delimiter, which are then not read; what the
/// reader reports. Cancellation: what was read is in `out`. Lifetime: reader and `out` are borrowed.
template <AsyncBufRead R>
Task<Result<std::size_t>> read_until(R& reader, Delimiter delimiter, std::vector<std::byte>& out, std::size_t max);

/// Appends the next line to `out`, without `\n` or `\r\n`; returns how many bytes were read with its end: 0 at the end.
///
/// Errors: InvalidData where it is not UTF-8, and `out` is unchanged; as read_until. Cancellation, lifetime: as there.
template <AsyncBufRead R>
Task<Result<std::size_t>> read_line(R& reader, std::string& out, std::size_t max);

}  // namespace rondeau::io

#include <rondeau/io/pieces_inl.h>
