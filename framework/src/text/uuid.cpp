#include <rondeau/text/uuid.h>

#include <rondeau/text/ascii.h>

namespace rondeau::text {

namespace {

constexpr bool hyphen_at(std::size_t i) noexcept {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

Uuid from_words(std::uint64_t high, std::uint64_t low, unsigned version) noexcept {
  high = (high & ~0xF000ull) | static_cast<std::uint64_t>(version) << 12;
  low = (low & 0x3FFF'FFFF'FFFF'FFFFull) | 0x8000'0000'0000'0000ull;
  std::array<std::uint8_t, 16> bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return Uuid(bytes);
}

}  // namespace

Uuid Uuid::version7(std::chrono::sys_time<std::chrono::milliseconds> time, std::uint64_t random_high,
                    std::uint64_t random_low) noexcept {
  auto milliseconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
  return from_words(milliseconds << 16 | (random_high & 0xFFFF), random_low, 7);
}

Uuid Uuid::version4(std::uint64_t random_high, std::uint64_t random_low) noexcept {
  return from_words(random_high, random_low, 4);
}

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept {
  if (text.size() != kTextLength) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t digit = 0;
  for (std::size_t i = 0; i < kTextLength; ++i) {
    if (hyphen_at(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    bytes[digit / 2] = static_cast<std::uint8_t>(bytes[digit / 2] << 4 | value);
    ++digit;
  }
  return Uuid(bytes);
}

void Uuid::format_to(std::array<char, kTextLength>& out) const noexcept {
  constexpr std::string_view digits = "0123456789abcdef";
  std::size_t place = 0;
  for (std::uint8_t byte : bytes_) {
    if (hyphen_at(place)) out[place++] = '-';
    out[place++] = digits[byte >> 4];
    out[place++] = digits[byte & 15];
  }
}

std::string Uuid::to_string() const {
  std::array<char, kTextLength> text;
  format_to(text);
  return {text.data(), text.size()};
}

}  // namespace rondeau::text
