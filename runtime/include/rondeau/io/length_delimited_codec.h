// LengthDelimitedCodec: items with their length in front.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <rondeau/io/codec.h>
#include <rondeau/io/read.h>

namespace rondeau::io {

/// How a length stands before its item. Sizes in bytes.
struct LengthField {
  std::size_t offset = 0;  ///< what stands before the length itself
  std::size_t size = 4;    ///< 1 to 8
  Endian order = Endian::big;
  std::int64_t length_adjustment = 0;                  ///< added to the length: -4 where it counts itself
  std::optional<std::size_t> num_skip = std::nullopt;  ///< dropped from the front; nullopt: up to and with the length
  std::size_t max_frame_length = 8 * 1024 * 1024;
};

/// Frames of a length that is sent first.
///
/// Memory grows with what came, not with what a length announces. Errors of decoding: TooLarge for a frame above the
/// limit, InvalidData for a length that is negative after the adjustment or ends before itself, UnexpectedEof for an
/// end inside a frame: each once, and whatever comes behind it is dropped, since nobody knows where the next frame
/// begins.
class LengthDelimitedCodec {
 public:
  using Item = Bytes;

  /// Aborts where `field.size` is not 1 to 8.
  explicit LengthDelimitedCodec(LengthField field = {});
  const LengthField& field() const noexcept { return field_; }

  Result<std::optional<Bytes>> decode(Buffer& in);
  Result<std::optional<Bytes>> decode_eof(Buffer& in);
  /// Writes the length and the item, whose first `offset` bytes go before the length and do not count.
  ///
  /// Errors: TooLarge above the limit or for the length's size, InvalidArgument for a length below 0 or an item of less
  /// than `offset` bytes.
  Result<void> encode(std::span<const std::byte> item, Buffer& out);
  Result<void> encode(std::string_view item, Buffer& out) { return encode(std::as_bytes(std::span(item)), out); }
  Result<void> encode(const Bytes& item, Buffer& out) { return encode(item.span(), out); }

 private:
  Result<std::size_t> frame_length(std::span<const std::byte> head) const noexcept;
  Error fail(Errc why, Buffer& in) noexcept;

  LengthField field_;
  std::optional<std::size_t> length_;  // of the frame at the front, once its head was taken
  bool failed_ = false;
};

}  // namespace rondeau::io
