// Headers of the PROXY protocol, as a proxy writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace support {

/// Version and command, family and protocol, and what follows.
inline std::string proxy_v2(int command, int family, std::string_view addresses) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  header += static_cast<char>(addresses.size() >> 8);
  header += static_cast<char>(addresses.size() & 0xff);
  return header.append(addresses);
}

/// With the addresses of two of version 4 and a checksum, which is wrong by so much.
inline std::string with_checksum(std::string_view addresses, std::uint32_t wrong_by) {
  std::string header = proxy_v2(0x21, 0x11, std::string(addresses) + std::string("\x03\0\x04\0\0\0\0", 7));
  // By the polynomial, bit by bit from the highest of the mirrored byte on.
  std::uint32_t sum = 0xffffffff;
  for (const char c : header) {
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t in = (static_cast<std::uint8_t>(c) >> bit) & 1U;
      const bool out = ((sum >> 31) ^ in) != 0;
      sum = (sum << 1) ^ (out ? 0x1EDC6F41U : 0U);
    }
  }
  std::uint32_t mirrored = 0;
  for (int bit = 0; bit < 32; ++bit) mirrored |= ((~sum >> bit) & 1U) << (31 - bit);
  mirrored += wrong_by;
  for (int i = 0; i < 4; ++i) header[header.size() - 4 + static_cast<std::size_t>(i)] = static_cast<char>(mirrored >> (24 - 8 * i));
  return header;
}

}  // namespace support
