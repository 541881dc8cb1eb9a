#include <rondeau/text/base64.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include <rondeau/text/ascii.h>

namespace rondeau::text {

namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

constexpr auto kStandardValues = reverse(kStandard);
constexpr auto kUrlValues = reverse(kUrl);

Error bad_base64() {
  return Error(Errc::InvalidData, "base64");
}

}  // namespace

std::string base64_encode(std::string_view bytes, Base64Form form) {
  std::string_view alphabet = form == Base64Form::Standard ? kStandard : kUrl;
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t present = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < present ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k <= present; ++k) out.push_back(alphabet[group >> (18 - 6 * k) & 63]);
    if (form == Base64Form::Standard) out.append(3 - present, '=');
  }
  return out;
}

Result<std::string> base64_decode(std::string_view text, Base64Form form) {
  const auto& values = form == Base64Form::Standard ? kStandardValues : kUrlValues;
  if (form == Base64Form::Standard) {
    if (text.size() % 4 != 0) return bad_base64();
    for (int pads = 0; pads < 2 && text.ends_with('='); ++pads) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return bad_base64();
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (char c : text) {
    int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return bad_base64();
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>(bits >> held & 255));
    }
  }
  if ((bits & ((1u << held) - 1)) != 0) return bad_base64();
  return out;
}

std::string hex_encode(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

Result<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return Error(Errc::InvalidData, "hexadecimal text");
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int high = hex_value(text[i]);
    int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return Error(Errc::InvalidData, "hexadecimal text");
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

}  // namespace rondeau::text
