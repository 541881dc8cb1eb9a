#include <array>
#include <bit>
#include <cstdint>

#include <rondeau/text/utf8.h>

#include "json/output.h"

namespace rondeau::json {
namespace {

constexpr std::uint64_t repeat(std::uint8_t byte) {
  return 0x0101'0101'0101'0101U * byte;
}

// The high bit of each byte that cannot stand in a JSON string as it is: below 0x20, a quote, a backslash, 0x80 and
// above. Bits above the first one set may be false; the first is true.
std::uint64_t special_bytes(std::uint64_t eight) {
  constexpr std::uint64_t kHigh = repeat(0x80);
  const std::uint64_t quote = eight ^ repeat('"');
  const std::uint64_t backslash = eight ^ repeat('\\');
  const std::uint64_t below = (eight - repeat(0x20)) | (quote - repeat(0x01)) | (backslash - repeat(0x01));
  return (below | eight) & kHigh;
}

std::uint64_t load_eight(const char* at) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, at, 8);
  return eight;
}

std::size_t plain_prefix(std::string_view text) {
  constexpr bool kWords = std::endian::native == std::endian::little;
  const std::size_t size = text.size();
  std::size_t at = 0;
  if (kWords && size >= 8) {
    for (; size - at >= 8; at += 8) {
      if (const std::uint64_t special = special_bytes(load_eight(text.data() + at)); special != 0) {
        return at + static_cast<std::size_t>(std::countr_zero(special)) / 8;
      }
    }
    // The last word again, as far as it is new: all before `at` is plain.
    if (at == size || special_bytes(load_eight(text.data() + size - 8)) == 0) return size;
  }
  for (; at < size; ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
  }
  return at;
}

void put_escaped(Output& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      return out.put("\\\"");
    case '\\':
      return out.put("\\\\");
    case '\b':
      return out.put("\\b");
    case '\f':
      return out.put("\\f");
    case '\n':
      return out.put("\\n");
    case '\r':
      return out.put("\\r");
    case '\t':
      return out.put("\\t");
    default:
      out.put("\\u00");
      out.put(kHex[c >> 4]);
      out.put(kHex[c & 15]);
  }
}

}  // namespace

void put_string(Output& out, std::string_view text) {
  std::size_t plain = plain_prefix(text);
  if (plain == text.size()) return out.put_between('"', text, '"');
  out.put('"');
  for (;; plain = plain_prefix(text)) {
    out.put(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text[0]);
    if (c < 0x80) {
      put_escaped(out, c);
      text.remove_prefix(1);
      continue;
    }
    // A run of other characters ends where the next one below 0x80 stands.
    std::size_t run = 1;
    while (run < text.size() && static_cast<unsigned char>(text[run]) >= 0x80) ++run;
    const std::size_t valid = text::valid_utf8_prefix(text.substr(0, run));
    out.put(text.substr(0, valid));
    text.remove_prefix(valid);
    if (valid < run) {
      out.put("\xef\xbf\xbd");
      text.remove_prefix(text::invalid_utf8_prefix(text));
    }
  }
  out.put('"');
}

}  // namespace rondeau::json
