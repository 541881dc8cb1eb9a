#include <rondeau/response/disposition.h>

#include <algorithm>

#include <rondeau/text/percent.h>
#include <rondeau/text/utf8.h>

namespace rondeau::response {
namespace {

constexpr std::string_view kReplaced = "_";

/// Without what could make it a path or break a field.
std::string harmless(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::size_t good = text::valid_utf8_prefix(name);
    for (char c : name.substr(0, good)) {
      const bool bad = static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
      bad ? out += kReplaced : out += c;
    }
    name.remove_prefix(good);
    if (name.empty()) break;
    out += kReplaced;
    name.remove_prefix(1);
  }
  return out;
}

/// A quoted string (RFC 9110 §5.6.4), one `_` for each character that is not ASCII.
std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte < 0x80) out += c;
    if (byte >= 0xc0) out += kReplaced;  // the first byte of a character; the others are left out
  }
  return out += '"';
}

std::string disposition(std::string_view kind, std::string_view name) {
  const std::string clean = harmless(name);
  std::string out(kind);
  out.append("; filename=").append(quoted(clean));
  // Some browsers decode a percent sign in the plain form (RFC 6266, appendix D): the other one tells them what is
  // meant.
  const bool plain =
      std::ranges::all_of(clean, [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '%'; });
  if (!plain) out.append("; filename*=UTF-8''").append(text::percent_encode(clean));
  return out;
}

}  // namespace

std::string attachment(std::string_view name) {
  return disposition("attachment", name);
}
std::string inline_file(std::string_view name) {
  return disposition("inline", name);
}

}  // namespace rondeau::response
