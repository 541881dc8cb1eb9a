// Feeds bytes to a decoder in pieces and writes down what it says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <rondeau/io/codec.h>

namespace support {

/// As Framed does it: decodes until more is needed, goes on after errors. "[item]", "error;", and at last what is left.
/// The first piece has `first` bytes, the others `step`.
template <class Codec>
std::string play_codec(Codec codec, std::string_view input, std::size_t first, std::size_t step) {
  rondeau::io::Buffer buffer;
  std::string told;
  const auto tell = [&told](auto item) {
    if (!item) return told += item.error().message() + ";", true;
    if (!*item) return false;
    told += "[";
    told += std::string_view((*item)->data(), (*item)->size());
    told += "]";
    return true;
  };
  for (std::size_t size = first; !input.empty(); size = step) {
    size = std::min(size, input.size());
    buffer.append(input.substr(0, size));
    input.remove_prefix(size);
    while (tell(codec.decode(buffer))) {
    }
  }
  while (tell(rondeau::io::decode_eof(codec, buffer))) {
  }
  if (!buffer.empty()) told += " left: " + std::string(buffer.view());
  return told;
}

}  // namespace support
