#include "client/words.h"

#include <chrono>

namespace rondeau::client {

std::string in_seconds(Duration span) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto count = duration_cast<milliseconds>(span).count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

std::string excerpt(std::string_view bytes, std::size_t most) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  if (bytes.size() > most) out += "...";
  return out;
}

std::string describe(http::StatusCode status) {
  std::string text = std::to_string(http::code(status));
  if (const std::string_view reason = http::reason_phrase(status); !reason.empty()) text.append(" ").append(reason);
  return text;
}

http::Headers own_fields(const http::ResponseHead& head) {
  http::Headers fields;
  for (const http::HeadField& field : head.fields) {
    // The parser has refused what cannot be set.
    static_cast<void>(fields.append(head.text(field.name), head.text(field.value)));
  }
  return fields;
}

}  // namespace rondeau::client
