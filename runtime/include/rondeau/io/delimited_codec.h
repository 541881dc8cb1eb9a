// LinesCodec, AnyDelimiterCodec: items with a delimiter behind each.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/io/codec.h>

namespace rondeau::io {

/// Finds the end of what is at the front of a buffer. Looks at each byte once.
class DelimiterSearch {
 public:
  /// More than `limit` bytes without a delimiter are too long.
  DelimiterSearch(std::string_view delimiters, std::size_t limit);

  /// How many bytes there are before the first delimiter; nullopt: it has not come yet.
  ///
  /// Errors: TooLarge as soon as it is certain; what is there is dropped, and what comes, up to the next delimiter.
  Result<std::optional<std::size_t>> find(Buffer& in);
  /// The same where no more will come: all that is left counts, unless it is nothing.
  Result<std::optional<std::size_t>> find_at_end(Buffer& in);
  /// The next search begins at the front again.
  void restart() noexcept { searched_ = 0; }

 private:
  std::bitset<256> delimiters_;
  std::size_t limit_;
  std::size_t searched_ = 0;
  bool dropping_ = false;
};

/// Lines of UTF-8 without `\n` or `\r\n`; a last line without end counts. Writes `\n` behind each.
///
/// Errors of decoding: TooLarge for a line of more than `max` bytes (its end not counted), InvalidData for one that is
/// not UTF-8; either is told once, and decoding goes on with the line behind it.
class LinesCodec {
 public:
  using Item = std::string;

  explicit LinesCodec(std::size_t max);
  std::size_t max() const noexcept { return max_; }

  Result<std::optional<std::string>> decode(Buffer& in);
  Result<std::optional<std::string>> decode_eof(Buffer& in);
  Result<void> encode(std::string_view line, Buffer& out);

 private:
  enum class End : bool { Missing, There };
  Result<std::optional<std::string>> take(Buffer& in, std::size_t size, End end);

  std::size_t max_;
  DelimiterSearch search_;
};

/// Bytes between delimiters, any one of a set; what follows the last one counts where it is not empty. Writes `written`
/// behind each item.
///
/// Errors of decoding: TooLarge for more than `max` bytes, once; decoding goes on behind the next delimiter.
class AnyDelimiterCodec {
 public:
  using Item = Bytes;

  /// `AnyDelimiterCodec(",;\n", 1024)` writes the first of the set, which is not empty.
  AnyDelimiterCodec(std::string_view set, std::size_t max);
  AnyDelimiterCodec(std::string_view set, std::size_t max, std::string written);

  Result<std::optional<Bytes>> decode(Buffer& in);
  Result<std::optional<Bytes>> decode_eof(Buffer& in);
  Result<void> encode(std::span<const std::byte> item, Buffer& out);
  Result<void> encode(std::string_view item, Buffer& out) { return encode(std::as_bytes(std::span(item)), out); }
  Result<void> encode(const Bytes& item, Buffer& out) { return encode(item.span(), out); }

 private:
  DelimiterSearch search_;
  std::string written_;
};

}  // namespace rondeau::io
