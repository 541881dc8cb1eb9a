#include <rondeau/io/utf8.h>

#include <cstdint>

namespace rondeau::io {
namespace {

struct Lead {
  std::size_t length;      // 0: cannot begin a character
  unsigned second_lowest;  // what the second byte may be; the others are 80..BF
  unsigned second_highest;
};

Lead lead_of(unsigned byte) noexcept {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xc2) return {0, 0, 0};
  if (byte < 0xe0) return {2, 0x80, 0xbf};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};
  if (byte == 0xed) return {3, 0x80, 0x9f};
  if (byte < 0xf0) return {3, 0x80, 0xbf};
  if (byte == 0xf0) return {4, 0x90, 0xbf};
  if (byte < 0xf4) return {4, 0x80, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const auto at = [&](std::size_t index) { return std::to_integer<unsigned>(bytes[index]); };
    const Lead lead = lead_of(at(0));
    if (lead.length == 0 || lead.length > bytes.size()) return false;
    if (lead.length > 1 && (at(1) < lead.second_lowest || at(1) > lead.second_highest)) return false;
    for (std::size_t i = 2; i < lead.length; ++i) {
      if (at(i) < 0x80 || at(i) > 0xbf) return false;
    }
    bytes = bytes.subspan(lead.length);
  }
  return true;
}

}  // namespace rondeau::io
