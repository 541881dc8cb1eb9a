#include "messages.h"

#include <algorithm>
#include <utility>

#include <rondeau/base/wall_clock.h>
#include <rondeau/json/json.h>
#include <rondeau/text/utf8.h>

namespace chat {

Time now() {
  return std::chrono::floor<std::chrono::milliseconds>(rondeau::base::wall_clock());
}

bool IsName::holds(const std::string& text) {
  const std::size_t characters = rondeau::reflect::count_characters(text);
  return rondeau::text::is_utf8(text) && characters >= 1 && characters <= 32 &&
         std::ranges::none_of(text, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; });
}

rondeau::websocket::Message encode(const out::Event& event) {
  return rondeau::websocket::Message::text(rondeau::json::to_string(event).value());
}

std::string_view why_not_text(std::string_view text) noexcept {
  if (text.empty()) return "empty";
  return text.size() > kMostText ? "too_long" : "";
}

}  // namespace chat
