#include <rondeau/io/length_delimited_codec.h>

#include <algorithm>
#include <array>

#include <rondeau/base/assert.h>

namespace rondeau::io {
namespace {

/// `length + adjustment`; the error where that is no length.
Result<std::uint64_t> adjust(std::uint64_t length, std::int64_t adjustment, Errc negative) noexcept {
  std::uint64_t sum = 0;
  if (!__builtin_add_overflow(length, adjustment, &sum)) return sum;
  return adjustment < 0 ? negative : Errc::TooLarge;
}

}  // namespace

LengthDelimitedCodec::LengthDelimitedCodec(LengthField field) : field_(field) {
  if (field.size == 0 || field.size > sizeof(std::uint64_t)) base::fail("a length has 1 to 8 bytes");
  RONDEAU_ASSERT(field.length_adjustment != INT64_MIN);
}

Result<std::optional<Bytes>> LengthDelimitedCodec::decode(Buffer& in) {
  if (failed_) in.clear();
  if (!length_) {
    const std::size_t head = field_.offset + field_.size;
    const std::size_t skipped = field_.num_skip.value_or(head);
    if (in.size() < std::max(head, skipped)) return std::nullopt;
    auto length = frame_length(in.bytes().subspan(field_.offset, field_.size));
    if (!length) return fail(length.error().code(), in);
    // A frame that ends before its own length would be found again for ever.
    if (*length < head - std::min(head, skipped)) return fail(Errc::InvalidData, in);
    in.consume(skipped);
    length_ = *length;
  }
  if (in.size() < *length_) return std::nullopt;
  Bytes frame = in.split_to(*length_);
  length_.reset();
  return frame;
}

Result<std::optional<Bytes>> LengthDelimitedCodec::decode_eof(Buffer& in) {
  auto frame = decode(in);
  if (!frame || *frame || (in.empty() && !length_)) return frame;
  return fail(Errc::UnexpectedEof, in);
}

Result<std::size_t> LengthDelimitedCodec::frame_length(std::span<const std::byte> bytes) const noexcept {
  std::uint64_t sent = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::byte next = field_.order == Endian::big ? bytes[i] : bytes[bytes.size() - 1 - i];
    sent = sent << 8 | std::to_integer<std::uint64_t>(next);
  }
  RONDEAU_TRY_PLAIN(const std::uint64_t length, adjust(sent, field_.length_adjustment, Errc::InvalidData));
  if (length > field_.max_frame_length) return Errc::TooLarge;
  return static_cast<std::size_t>(length);
}

Error LengthDelimitedCodec::fail(Errc why, Buffer& in) noexcept {
  failed_ = true;
  length_.reset();
  in.clear();
  return why;
}

Result<void> LengthDelimitedCodec::encode(std::span<const std::byte> item, Buffer& out) {
  if (item.size() < field_.offset) return Errc::InvalidArgument;
  const std::span<const std::byte> frame = item.subspan(field_.offset);
  if (frame.size() > field_.max_frame_length) return Errc::TooLarge;
  RONDEAU_TRY_PLAIN(const std::uint64_t length, adjust(frame.size(), -field_.length_adjustment, Errc::InvalidArgument));
  const std::size_t bits = 8 * field_.size;
  if (bits < 64 && length >> bits != 0) return Errc::TooLarge;
  const auto sent = to_bytes(length, field_.order);
  const std::size_t unused = field_.order == Endian::big ? sent.size() - field_.size : 0;
  out.reserve(item.size() + field_.size);
  out.append(item.first(field_.offset));
  out.append(std::span(sent).subspan(unused, field_.size));
  out.append(frame);
  return {};
}

}  // namespace rondeau::io
