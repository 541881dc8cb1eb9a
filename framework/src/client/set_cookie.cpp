#include "client/set_cookie.h"

#include <algorithm>
#include <array>

#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>

namespace rondeau::client {
namespace {

using namespace std::chrono;

/// Attributes beyond that are ignored (RFC 6265bis §5.6).
constexpr std::size_t kLongestAttribute = 1024;

bool is_control(char c) noexcept {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

bool is_delimiter(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x09 || (byte >= 0x20 && byte <= 0x2F) || (byte >= 0x3B && byte <= 0x40) ||
         (byte >= 0x5B && byte <= 0x60) || (byte >= 0x7B && byte <= 0x7E);
}

/// Takes `least` to `most` digits off the front; false where there are fewer, or another follows.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, unsigned& value) noexcept {
  std::size_t digits = 0;
  unsigned read = 0;
  while (digits < text.size() && text::is_digit(text[digits])) {
    if (++digits > most) return false;
    read = read * 10 + static_cast<unsigned>(text[digits - 1] - '0');
  }
  if (digits < least) return false;
  text.remove_prefix(digits);
  value = read;
  return true;
}

/// hms-time: behind the seconds anything may follow that is no digit.
bool read_time(std::string_view token, std::array<unsigned, 3>& time) noexcept {
  for (std::size_t i = 0; i < time.size(); ++i) {
    if (i > 0) {
      if (!token.starts_with(':')) return false;
      token.remove_prefix(1);
    }
    if (!take_number(token, 1, 2, time[i])) return false;
  }
  return true;
}

bool read_month(std::string_view token, unsigned& month) noexcept {
  constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (token.size() < 3) return false;
  for (std::size_t i = 0; i < kMonths.size(); i += 3) {
    if (text::equals_ignoring_case(token.substr(0, 3), kMonths.substr(i, 3))) {
      return month = static_cast<unsigned>(i / 3 + 1), true;
    }
  }
  return false;
}

std::optional<seconds> parse_max_age(std::string_view text) noexcept {
  // As long as any date that can be written down.
  constexpr std::int64_t kMost = 400LL * 366 * 86'400;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!text::is_digit(c)) return std::nullopt;
    value = std::min(kMost, value * 10 + (c - '0'));
  }
  return seconds(negative ? -value : value);
}

std::optional<http::SameSite> same_site_named(std::string_view name) noexcept {
  if (text::equals_ignoring_case(name, "strict")) return http::SameSite::Strict;
  if (text::equals_ignoring_case(name, "lax")) return http::SameSite::Lax;
  if (text::equals_ignoring_case(name, "none")) return http::SameSite::None;
  return std::nullopt;
}

/// One attribute; of a name that is repeated the last one counts.
void read_attribute(SetCookieField& field, std::string_view name, std::string_view value) noexcept {
  const auto is = [&](std::string_view other) { return text::equals_ignoring_case(name, other); };
  if (value.size() > kLongestAttribute) return;
  if (is("expires")) {
    if (const auto date = parse_cookie_date(value)) field.expires = date;
  } else if (is("max-age")) {
    if (const auto age = parse_max_age(value)) field.max_age = age;
  } else if (is("domain")) {
    if (value.starts_with('.')) value.remove_prefix(1);
    field.domain = value.empty() ? std::nullopt : std::optional(value);
  } else if (is("path")) {
    field.path = value.starts_with('/') ? std::optional(value) : std::nullopt;
  } else if (is("secure")) {
    field.secure = true;
  } else if (is("httponly")) {
    field.http_only = true;
  } else if (is("samesite")) {
    field.same_site = same_site_named(value);
  }
}

/// Up to the next `;`, which is taken off, too.
std::string_view take_item(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  const std::string_view item = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return item;
}

}  // namespace

std::optional<SetCookieField> parse_set_cookie(std::string_view text) noexcept {
  if (std::ranges::any_of(text, is_control)) return std::nullopt;
  std::string_view rest = text;
  const std::string_view pair = take_item(rest);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  SetCookieField field{};
  field.name = text::trim(pair.substr(0, equals));
  field.value = text::trim(pair.substr(equals + 1));
  // A tab inside of a cookie is what no server takes back.
  for (const std::string_view part : {field.name, field.value}) {
    if (part.find('\t') != std::string_view::npos || !text::is_utf8(part)) return std::nullopt;
  }
  if (field.name.empty()) return std::nullopt;
  while (!rest.empty()) {
    const std::string_view item = take_item(rest);
    const std::size_t sign = std::min(item.find('='), item.size());
    read_attribute(field, text::trim(item.substr(0, sign)), text::trim(item.substr(std::min(sign + 1, item.size()))));
  }
  return field;
}

std::optional<sys_seconds> parse_cookie_date(std::string_view text) noexcept {
  std::array<unsigned, 3> time{};
  unsigned day_number = 0, month_number = 0, year_number = 0;
  bool has_time = false, has_day = false, has_month = false, has_year = false;
  while (!text.empty()) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if(text, is_delimiter) - text.begin());
    std::string_view token = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (token.empty()) continue;
    if (!has_time && read_time(token, time)) {
      has_time = true;
    } else if (std::string_view day_token = token; !has_day && take_number(day_token, 1, 2, day_number)) {
      has_day = true;
    } else if (!has_month && read_month(token, month_number)) {
      has_month = true;
    } else if (!has_year && take_number(token, 2, 4, year_number)) {
      has_year = true;
    }
  }
  if (!has_time || !has_day || !has_month || !has_year) return std::nullopt;
  if (year_number <= 99) year_number += year_number < 70 ? 2000 : 1900;
  const year_month_day date{year(static_cast<int>(year_number)), month(month_number), day(day_number)};
  if (!date.ok() || year_number < 1601 || time[0] > 23 || time[1] > 59 || time[2] > 59) return std::nullopt;
  return sys_days(date) + hours(time[0]) + minutes(time[1]) + seconds(time[2]);
}

}  // namespace rondeau::client
