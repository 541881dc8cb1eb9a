// Decoder, Encoder: what turns bytes into items and items into bytes, for Framed.
#pragma once

#include <concepts>
#include <optional>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/io/buffer.h>

namespace rondeau::io {

/// `Result<std::optional<Item>> decode(Buffer& in)` takes one item from the front of `in`, or says that more is needed.
///
/// Optionally `decode_eof(in)`, the same where no more will come: asked until it gives nothing. Without one what is
/// left then is an error. Bytes may be taken before an item is whole; how they were cut on their way must not matter.
template <class D>
concept Decoder = requires(D& decoder, Buffer& in) {
  typename D::Item;
  { decoder.decode(in) } -> std::same_as<Result<std::optional<typename D::Item>>>;
};

/// `Result<void> encode(item, Buffer& out)` appends the item's bytes.
template <class E, class T>
concept Encoder = requires(E& encoder, T item, Buffer& out) {
  { encoder.encode(std::move(item), out) } -> std::same_as<Result<void>>;
};

/// Errors: UnexpectedEof for the beginning of an item, which is dropped.
template <Decoder D>
Result<std::optional<typename D::Item>> decode_eof(D& decoder, Buffer& in) {
  if constexpr (requires { decoder.decode_eof(in); }) {
    return decoder.decode_eof(in);
  } else {
    auto item = decoder.decode(in);
    if (!item || *item || in.empty()) return item;
    in.clear();
    return Errc::UnexpectedEof;
  }
}

}  // namespace rondeau::io
