// The Set-Cookie field as a client reads it (RFC 6265 §5.1, §5.2): lenient by rule, not by taste.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <rondeau/http/cookie.h>

namespace rondeau::client {

/// What a Set-Cookie field says. Lifetime: the field's.
struct SetCookieField {
  std::string_view name;
  std::string_view value;
  std::optional<std::string_view> domain;  ///< as sent, without one leading dot
  std::optional<std::string_view> path;    ///< begins with `/`; nothing: the default path is meant
  std::optional<std::chrono::sys_seconds> expires;
  std::optional<std::chrono::seconds> max_age;  ///< not above zero: remove
  bool secure = false;
  bool http_only = false;
  std::optional<http::SameSite> same_site;
};

/// Nothing for a field that has to be ignored: no `=` or no name, a control character, no UTF-8.
std::optional<SetCookieField> parse_set_cookie(std::string_view field) noexcept;

/// The date algorithm of RFC 6265 §5.1.1, which takes whatever has a time, a day, a month and a year.
std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) noexcept;

}  // namespace rondeau::client
