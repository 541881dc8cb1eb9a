// Numbers as the protocol writes them: the most significant byte first.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace rondeau::postgres {

/// `bytes` has at least sizeof(T).
template <std::integral T>
T load_big_endian(std::string_view bytes) noexcept {
  std::make_unsigned_t<T> value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<std::make_unsigned_t<T>>((std::uint64_t{value} << 8) | static_cast<unsigned char>(bytes[i]));
  }
  return static_cast<T>(value);
}

template <std::integral T>
void append_big_endian(std::string& out, T number) {
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    const std::size_t shift = 8 * (sizeof(T) - 1 - i);
    bytes[i] = static_cast<char>(static_cast<std::make_unsigned_t<T>>(number) >> shift & 0xff);
  }
  out.append(bytes, sizeof(T));
}

}  // namespace rondeau::postgres
