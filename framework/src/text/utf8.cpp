#include <rondeau/text/utf8.h>

#include <cstdint>
#include <cstring>

namespace rondeau::text {

namespace {

/// The length of the sequence at the front of `text`, or 0 when it is invalid or cut (RFC 3629 §4).
std::size_t sequence_length(std::string_view text) noexcept {
  auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto continues = [&](std::size_t i) { return (at(i) & 0xC0) == 0x80; };
  unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return continues(1) ? 2 : 0;
  if (first < 0xF0) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && at(1) < 0xA0) return 0;   // overlong
    if (first == 0xED && at(1) >= 0xA0) return 0;  // surrogate
    return 3;
  }
  if (first < 0xF5) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xF0 && at(1) < 0x90) return 0;   // overlong
    if (first == 0xF4 && at(1) >= 0x90) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

}  // namespace

std::size_t valid_utf8_prefix(std::string_view text) noexcept {
  std::size_t done = 0;
  while (done < text.size()) {
    std::uint64_t word;
    if (text.size() - done >= sizeof word) {
      std::memcpy(&word, text.data() + done, sizeof word);
      if ((word & 0x8080'8080'8080'8080ull) == 0) {
        done += sizeof word;
        continue;
      }
    }
    std::size_t length = sequence_length(text.substr(done));
    if (length == 0) return done;
    done += length;
  }
  return done;
}

}  // namespace rondeau::text
