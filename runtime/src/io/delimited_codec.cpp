#include <rondeau/io/delimited_codec.h>

#include <algorithm>
#include <limits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/io/utf8.h>

namespace rondeau::io {
namespace {

constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max();

}  // namespace

DelimiterSearch::DelimiterSearch(std::string_view delimiters, std::size_t limit) : limit_(limit) {
  if (delimiters.empty()) base::fail("a codec of delimited items needs a delimiter, such as \"\\n\"");
  for (const char delimiter : delimiters) delimiters_.set(static_cast<unsigned char>(delimiter));
}

Result<std::optional<std::size_t>> DelimiterSearch::find(Buffer& in) {
  for (;;) {
    const std::span<const std::byte> bytes = in.bytes();
    const auto is_delimiter = [&](std::byte byte) { return delimiters_[std::to_integer<std::size_t>(byte)]; };
    const auto unseen = bytes.begin() + static_cast<std::ptrdiff_t>(std::min(searched_, bytes.size()));
    const auto found = std::find_if(unseen, bytes.end(), is_delimiter);
    const auto size = static_cast<std::size_t>(found - bytes.begin());
    const bool too_long = !dropping_ && size > limit_;
    dropping_ = dropping_ || too_long;
    if (found == bytes.end()) {
      searched_ = dropping_ ? 0 : size;
      if (dropping_) in.clear();
      if (too_long) return Errc::TooLarge;
      return std::nullopt;
    }
    if (!dropping_) return size;
    in.consume(size + 1);
    searched_ = 0;
    dropping_ = false;
    if (too_long) return Errc::TooLarge;
  }
}

Result<std::optional<std::size_t>> DelimiterSearch::find_at_end(Buffer& in) {
  RONDEAU_TRY_PLAIN(const std::optional<std::size_t> size, find(in));
  if (size || in.empty()) return size;
  return in.size();
}

// A `\r` may turn out to be part of the end.
LinesCodec::LinesCodec(std::size_t max) : max_(max), search_("\n", max == kLargest ? max : max + 1) {}

Result<std::optional<std::string>> LinesCodec::decode(Buffer& in) {
  RONDEAU_TRY_PLAIN(const std::optional<std::size_t> size, search_.find(in));
  if (!size) return std::nullopt;
  return take(in, *size, End::There);
}

Result<std::optional<std::string>> LinesCodec::decode_eof(Buffer& in) {
  RONDEAU_TRY_PLAIN(const std::optional<std::size_t> size, search_.find_at_end(in));
  if (!size) return std::nullopt;
  return take(in, *size, *size == in.size() ? End::Missing : End::There);
}

Result<std::optional<std::string>> LinesCodec::take(Buffer& in, std::size_t size, End end) {
  std::string line(in.view().substr(0, size));
  in.consume(size + (end == End::There ? 1 : 0));
  search_.restart();
  if (end == End::There && line.ends_with('\r')) line.pop_back();
  if (line.size() > max_) return Errc::TooLarge;
  if (!is_utf8(std::as_bytes(std::span(line)))) return Errc::InvalidData;
  return line;
}

Result<void> LinesCodec::encode(std::string_view line, Buffer& out) {
  out.reserve(line.size() + 1);
  out.append(line);
  out.append("\n");
  return {};
}

AnyDelimiterCodec::AnyDelimiterCodec(std::string_view set, std::size_t max)
    : AnyDelimiterCodec(set, max, std::string(set.substr(0, 1))) {}

AnyDelimiterCodec::AnyDelimiterCodec(std::string_view set, std::size_t max, std::string written)
    : search_(set, max), written_(std::move(written)) {}

Result<std::optional<Bytes>> AnyDelimiterCodec::decode(Buffer& in) {
  RONDEAU_TRY_PLAIN(const std::optional<std::size_t> size, search_.find(in));
  if (!size) return std::nullopt;
  Bytes item = in.split_to(*size);
  in.consume(1);
  search_.restart();
  return item;
}

Result<std::optional<Bytes>> AnyDelimiterCodec::decode_eof(Buffer& in) {
  RONDEAU_TRY_PLAIN(const std::optional<std::size_t> size, search_.find_at_end(in));
  if (!size) return std::nullopt;
  const bool delimited = *size < in.size();
  Bytes item = in.split_to(*size);
  if (delimited) in.consume(1);
  search_.restart();
  return item;
}

Result<void> AnyDelimiterCodec::encode(std::span<const std::byte> item, Buffer& out) {
  out.reserve(item.size() + written_.size());
  out.append(item);
  out.append(written_);
  return {};
}

}  // namespace rondeau::io
