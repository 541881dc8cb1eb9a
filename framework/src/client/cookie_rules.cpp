#include "client/cookie_rules.h"

#include <algorithm>

#include <rondeau/base/ip_address.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>

namespace rondeau::client {
namespace {

using std::chrono::sys_seconds;

/// The last second that can be written down.
constexpr sys_seconds kForever = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - std::chrono::seconds(1);

/// As of an attribute; URLs may have longer ones.
constexpr std::size_t kLongestPath = 1024;

/// A public suffix, as far as can be told without a list of them: nobody's own domain.
bool is_single_label(std::string_view domain) noexcept {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return domain.find('.') == std::string_view::npos;
}

bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return text::equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

/// What the prefix of a name promises (RFC 6265bis §4.1.3). `names_root`: Path=/ was said.
bool keeps_promise(std::string_view name, bool secure, bool host_only, bool names_root) noexcept {
  if (has_prefix(name, "__Host-")) return secure && host_only && names_root;
  return secure || !has_prefix(name, "__Secure-");
}

/// False: the URL may not set cookies for that domain.
bool set_domain(StoredCookie& cookie, std::string_view host, std::optional<std::string_view> said) {
  cookie.domain = said ? text::to_lower(*said) : std::string(host);
  const bool alone = is_address(host) || is_single_label(cookie.domain);
  cookie.host_only = !said || alone;
  return alone ? cookie.domain == host : domain_matches(host, cookie.domain);
}

}  // namespace

bool is_address(std::string_view host) noexcept {
  // A name has a letter somewhere in its last label; see url::Url.
  return host.starts_with('[') || (!host.empty() && text::is_digit(host.back()) && base::IpAddress::parse(host));
}

bool domain_matches(std::string_view host, std::string_view domain) noexcept {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
         !is_address(host);
}

bool path_matches(std::string_view request, std::string_view cookie) noexcept {
  if (!request.starts_with(cookie)) return false;
  return request.size() == cookie.size() || cookie.ends_with('/') || request[cookie.size()] == '/';
}

std::string_view default_path(std::string_view request) noexcept {
  const std::size_t slash = request.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : request.substr(0, slash);
}

std::optional<StoredCookie> cookie_from(const url::Url& url, const SetCookieField& field, sys_seconds now) {
  StoredCookie cookie;
  if (!set_domain(cookie, url.host(), field.domain)) return std::nullopt;
  if (field.secure && !url.is_secure()) return std::nullopt;
  const std::string_view path = field.path && text::is_utf8(*field.path) ? *field.path : default_path(url.path());
  if (path.size() > kLongestPath) return std::nullopt;
  if (!keeps_promise(field.name, field.secure, !field.domain, field.path == "/")) return std::nullopt;
  cookie.name = field.name;
  cookie.value = field.value;
  cookie.path = path;
  cookie.created = now;
  cookie.secure = field.secure;
  cookie.http_only = field.http_only;
  cookie.same_site = field.same_site;
  cookie.expires = field.max_age ? std::optional(now + *field.max_age) : field.expires;
  if (cookie.expires) cookie.expires = std::min(*cookie.expires, kForever);
  return cookie;
}

bool is_lawful(const StoredCookie& cookie) {
  const auto url = url::Url::parse("https://" + cookie.domain + "/");
  if (!url || url->host() != cookie.domain) return false;
  if (!cookie.host_only && (is_address(cookie.domain) || is_single_label(cookie.domain))) return false;
  if (!cookie.path.starts_with('/') || cookie.path.find_first_of(";\r\n") != std::string::npos) return false;
  const std::string text = cookie.name + "=" + cookie.value;
  const auto field = parse_set_cookie(text);
  return field && field->name == cookie.name && field->value == cookie.value &&
         keeps_promise(cookie.name, cookie.secure, cookie.host_only, cookie.path == "/");
}

bool is_for(const StoredCookie& cookie, const url::Url& url) noexcept {
  if (cookie.secure && !url.is_secure()) return false;
  if (cookie.host_only ? url.host() != cookie.domain : !domain_matches(url.host(), cookie.domain)) return false;
  return path_matches(url.path(), cookie.path);
}

bool overlays_secure(const StoredCookie& incoming, const StoredCookie& kept) noexcept {
  return kept.secure && kept.name == incoming.name &&
         (domain_matches(kept.domain, incoming.domain) || domain_matches(incoming.domain, kept.domain)) &&
         path_matches(incoming.path, kept.path);
}

}  // namespace rondeau::client
