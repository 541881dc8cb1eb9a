// Cookies as a client sends them, and as we set them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondeau/http/cookie.h>
#include <rondeau/http/headers.h>

using namespace rondeau;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// What was read to the end is the whole text, pair by pair.
void check_pairs(std::string_view input) {
  http::CookiePairs pairs(input);
  std::string again;
  for (http::CookiePair pair; pairs.next(pair);) {
    require(!pair.name.empty() && http::is_cookie_value(pair.value));
    again.append(again.empty() ? "" : "; ").append(pair.name).append("=").append(pair.value);
  }
  if (!pairs.malformed()) require(again == input);
  http::CookiePair none;
  require(!pairs.next(none));
}

/// What may be set stays in its line and is one pair with attributes.
void check_set(std::string_view input) {
  const std::size_t half = input.size() / 2;
  const SetCookie cookie{.name = std::string(input.substr(0, half)), .value = std::string(input.substr(half))};
  const auto field = cookie.to_string();
  if (!field) return;
  require(http::is_valid_field_value(*field));
  const std::string pair = field->substr(0, field->find(';'));
  require(pair == cookie.name + "=" + cookie.value);
  http::CookiePairs sent_back(pair);
  http::CookiePair read;
  require(sent_back.next(read) && read.name == cookie.name && read.value == cookie.value);
  require(!sent_back.next(read) && !sent_back.malformed());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_pairs(input);
  check_set(input);
  return 0;
}
