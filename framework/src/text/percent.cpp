#include <rondeau/text/percent.h>

#include <rondeau/text/ascii.h>

namespace rondeau::text {

namespace {

bool stays(char c, EncodeSet set) noexcept {
  if (is_alpha(c) || is_digit(c)) return true;
  switch (set) {
    case EncodeSet::Component:
      return std::string_view("-._~").find(c) != std::string_view::npos;
    case EncodeSet::Path:
      return std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
    case EncodeSet::Form:
      return std::string_view("-._*").find(c) != std::string_view::npos;
  }
  return false;
}

}  // namespace

bool needs_decoding(std::string_view text, Plus plus) noexcept {
  return text.find('%') != std::string_view::npos || (plus == Plus::Space && text.find('+') != std::string_view::npos);
}

bool percent_decode_to(std::string& out, std::string_view text, Plus plus) {
  const std::size_t before = out.size();
  out.reserve(before + text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        out.resize(before);
        return false;
      }
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(c == '+' && plus == Plus::Space ? ' ' : c);
    }
  }
  return true;
}

Result<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  if (!percent_decode_to(out, text, plus)) return Error(Errc::InvalidData, "percent-encoding");
  return out;
}

void percent_encode_to(std::string& out, std::string_view text, EncodeSet set) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (char c : text) {
    if (stays(c, set)) {
      out.push_back(c);
    } else if (c == ' ' && set == EncodeSet::Form) {
      out.push_back('+');
    } else {
      auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    }
  }
}

std::string percent_encode(std::string_view text, EncodeSet set) {
  std::string out;
  percent_encode_to(out, text, set);
  return out;
}

}  // namespace rondeau::text
