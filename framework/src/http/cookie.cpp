#include <rondeau/http/cookie.h>

#include <algorithm>

#include <rondeau/text/ascii.h>
#include <rondeau/text/date.h>

namespace rondeau::http {
namespace {

constexpr std::size_t kMaxPair = 4096;       // RFC 6265 §6.1: what clients keep at least; the usual ones drop more
constexpr std::size_t kMaxAttribute = 1024;  // RFC 6265bis §5.6: a longer one is ignored

/// cookie-octet (RFC 6265 §4.1.1).
bool is_octet(char c) noexcept {
  return c > ' ' && c < '\x7f' && c != '"' && c != ',' && c != ';' && c != '\\';
}

}  // namespace

bool is_cookie_value(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return std::ranges::all_of(text, is_octet);
}

bool CookiePairs::next(CookiePair& pair) noexcept {
  if (state_ != State::Pairs) return false;
  const std::size_t end = std::min(rest_.find(';'), rest_.size());
  const std::string_view item = rest_.substr(0, end);
  const std::size_t equals = item.find('=');
  if (equals == item.npos) return fail();
  pair = {item.substr(0, equals), item.substr(equals + 1)};
  if (!text::is_token(pair.name) || !is_cookie_value(pair.value)) return fail();
  rest_.remove_prefix(end);
  if (rest_.empty()) {
    state_ = State::End;
    return true;
  }
  if (!rest_.starts_with("; ")) return fail();
  rest_.remove_prefix(2);
  return true;
}

namespace {

bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return name.size() >= prefix.size() && text::equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

bool is_host_name(std::string_view domain) noexcept {
  if (domain.empty() || domain.size() > 253) return false;
  char before = '.';
  for (char c : domain) {
    if (c == '.' ? before == '.' : !text::is_alpha(c) && !text::is_digit(c) && c != '-') return false;
    before = c;
  }
  return before != '.';
}

bool is_path(std::string_view path) noexcept {
  return path.starts_with('/') && path.size() <= kMaxAttribute &&
         std::ranges::all_of(path, [](char c) { return c > ' ' && c < '\x7f' && c != ';'; });
}

bool is_year_of_cookies(std::chrono::sys_seconds time) noexcept {
  const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  return year >= std::chrono::year(1601) && year <= std::chrono::year(9999);  // RFC 6265 §5.1.1
}

/// Why this cookie cannot be set, or nothing.
std::string_view why_not(const SetCookie& cookie) noexcept {
  if (!is_cookie_value(cookie.value)) return "the value has a character that no cookie may have";
  if (cookie.name.size() + cookie.value.size() > kMaxPair) return "name and value are longer than 4096 bytes";
  if (!is_path(cookie.path)) return "the path does not begin with / or has a character that no path may have";
  if (!cookie.domain.empty() && !is_host_name(cookie.domain)) return "the domain is not the name of a host";
  if (cookie.max_age && cookie.max_age->count() <= 0) return "max_age is not above zero: use removal()";
  if (cookie.expires && !is_year_of_cookies(*cookie.expires)) return "expires is before 1601 or after 9999";
  const bool host_only = has_prefix(cookie.name, "__Host-");
  if ((host_only || has_prefix(cookie.name, "__Secure-")) && !cookie.secure) return "its prefix asks for secure";
  if (host_only && (cookie.path != "/" || !cookie.domain.empty())) return "__Host- asks for the path / and no domain";
  if (cookie.same_site == SameSite::None && !cookie.secure) return "SameSite=None asks for secure";
  return {};
}

std::string_view text_of(SameSite same_site) noexcept {
  switch (same_site) {
    case SameSite::Strict:
      return "Strict";
    case SameSite::Lax:
      return "Lax";
    case SameSite::None:
      return "None";
  }
  return "Strict";
}

}  // namespace

SetCookie SetCookie::removal(std::string name) {
  // Not Max-Age=0, which RFC 6265 §4.1.1 does not let a server send.
  return {.name = std::move(name), .expires = std::chrono::sys_seconds{}};
}

Result<std::string> SetCookie::to_string() const {
  if (!text::is_token(name)) return Error(Errc::InvalidArgument, "a cookie whose name is no token");
  if (const std::string_view reason = why_not(*this); !reason.empty()) {
    std::string context("cookie ");
    return Error(Errc::InvalidArgument, context.append(name, 0, 64).append(": ").append(reason));
  }
  std::string text = name + "=" + value;
  if (max_age) text.append("; Max-Age=").append(std::to_string(max_age->count()));
  if (expires) text.append("; Expires=").append(text::format_http_date(*expires));
  if (!domain.empty()) text.append("; Domain=").append(domain);
  text.append("; Path=").append(path);
  if (secure) text.append("; Secure");
  if (http_only) text.append("; HttpOnly");
  return text.append("; SameSite=").append(text_of(same_site));
}

}  // namespace rondeau::http
