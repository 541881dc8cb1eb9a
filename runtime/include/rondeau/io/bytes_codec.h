// BytesCodec: bytes as they come.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <rondeau/io/codec.h>

namespace rondeau::io {

/// Each item is what one read gave.
class BytesCodec {
 public:
  using Item = Bytes;

  Result<std::optional<Bytes>> decode(Buffer& in) {
    if (in.empty()) return std::nullopt;
    return in.split_to(in.size());
  }

  Result<void> encode(std::span<const std::byte> bytes, Buffer& out) { return out.append(bytes), Result<void>(); }
  Result<void> encode(std::string_view text, Buffer& out) { return out.append(text), Result<void>(); }
  Result<void> encode(const Bytes& bytes, Buffer& out) { return out.append(bytes.view()), Result<void>(); }
};

}  // namespace rondeau::io
