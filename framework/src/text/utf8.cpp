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

std::size_t invalid_utf8_prefix(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  if (length == 1 || text.size() == 1) return 1;
  const auto second = static_cast<unsigned char>(text[1]);
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < least || second > most) return 1;
  std::size_t valid = 2;
  while (valid < length && valid < text.size() && (static_cast<unsigned char>(text[valid]) & 0xC0) == 0x80) ++valid;
  return valid;
}

void append_utf8_lossy(std::string& out, std::string_view text) {
  for (;;) {
    const std::size_t valid = valid_utf8_prefix(text);
    out += text.substr(0, valid);
    text.remove_prefix(valid);
    if (text.empty()) return;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(invalid_utf8_prefix(text));
  }
}

}  // namespace rondeau::text
