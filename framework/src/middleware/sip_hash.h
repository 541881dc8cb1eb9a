// SipHash-2-4: a hash that a peer cannot aim, since it does not know the key (Aumasson and Bernstein, 2012).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rondeau::middleware {

struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

inline std::uint64_t sip_hash(const SipKey& key, std::string_view text) noexcept {
  std::uint64_t a = key.low ^ 0x736f6d6570736575;
  std::uint64_t b = key.high ^ 0x646f72616e646f6d;
  std::uint64_t c = key.low ^ 0x6c7967656e657261;
  std::uint64_t d = key.high ^ 0x7465646279746573;
  const auto rounds = [&](int count) {
    for (; count > 0; --count) {
      a += b, c += d;
      b = std::rotl(b, 13) ^ a, d = std::rotl(d, 16) ^ c;
      a = std::rotl(a, 32);
      c += b, a += d;
      b = std::rotl(b, 17) ^ c, d = std::rotl(d, 21) ^ a;
      c = std::rotl(c, 32);
    }
  };
  const auto absorb = [&](std::uint64_t word) {
    d ^= word;
    rounds(2);
    a ^= word;
  };
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (i % 8 * 8);
    if (i % 8 != 7) continue;
    absorb(word);
    word = 0;
  }
  absorb(word | std::uint64_t{text.size()} << 56);
  c ^= 0xff;
  rounds(4);
  return a ^ b ^ c ^ d;
}

}  // namespace rondeau::middleware
