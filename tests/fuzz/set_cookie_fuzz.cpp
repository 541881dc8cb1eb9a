// Cookies as servers set them, line by line, some from plain connections: what the jar keeps is lawful, fits its
// limits, goes out as one field and comes back from a file as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

#include <rondeau/client/cookie_jar.h>
#include <rondeau/http/headers.h>

#include "client/cookie_rules.h"

using namespace rondeau;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

const Url& place(std::size_t number) {
  static const Url kPlaces[] = {
      Url::parse("https://www.example.org/a/b").value(), Url::parse("http://www.example.org/a/").value(),
      Url::parse("https://example.org/").value(),        Url::parse("http://localhost:8080/a").value(),
      Url::parse("http://127.0.0.1/").value(),           Url::parse("https://[::1]/a/b/c").value(),
  };
  return kPlaces[number % std::size(kPlaces)];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  static_cast<void>(client::parse_cookie_date(input));
  constexpr client::CookieLimits kLimits{.per_domain = 4, .total = 8, .bytes = 100};
  CookieJar jar(kLimits);
  for (std::size_t line = 0; !input.empty(); ++line) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view text = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    const auto field = client::parse_set_cookie(text);
    if (field) {
      require(!field->name.empty() && field->name.find_first_of("=;") == std::string_view::npos);
      require(field->value.find(';') == std::string_view::npos);
    }
    if (jar.store(place(line), text)) require(field.has_value());
  }
  const auto cookies = jar.cookies();
  require(cookies.size() <= kLimits.total);
  for (const auto& cookie : cookies) {
    require(client::is_lawful(cookie));
    require(cookie.name.size() + cookie.value.size() <= kLimits.bytes);
  }
  for (std::size_t i = 0; i < 6; ++i) {
    const std::string header = jar.header_for(place(i));
    if (!header.empty()) require(http::is_valid_field_value(header));
    if (!place(i).is_secure()) require(("; " + header).find("; __Host-") == std::string::npos);
  }
  CookieJar again(kLimits);
  require(again.load(jar.save()).has_value());
  require(again.size() == cookies.size());
  return 0;
}
