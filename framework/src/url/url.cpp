#include <rondeau/url/url.h>

#include <algorithm>
#include <array>
#include <optional>

#include <rondeau/base/ip_address.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>
#include <rondeau/url/authority.h>
#include <rondeau/url/query.h>

#include "url/dots.h"

namespace rondeau::url {
namespace {

Error refuse(std::string_view why) {
  return Error(Errc::InvalidArgument, std::string("URL: ").append(why));
}

/// What no part of a URL may have, the fragment included.
Result<void> check_characters(std::string_view text) {
  if (text.size() > Url::kMaxLength) return refuse("it is too long");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ') return refuse("a space has to be written as %20");
    if (byte < 0x20 || byte == 0x7F) return refuse("it has a control character");
    if (c == '\\') return refuse("it has a backslash");
  }
  return {};
}

std::string_view without_fragment(std::string_view text) noexcept {
  return text.substr(0, text.find('#'));
}

/// The scheme of an absolute URL, without the colon; nothing in a relative reference.
std::optional<std::string_view> scheme_of(std::string_view text) noexcept {
  const std::size_t end = text.find_first_of(":/?");
  if (end == std::string_view::npos || text[end] != ':' || end == 0 || !text::is_alpha(text[0])) return std::nullopt;
  const std::string_view scheme = text.substr(0, end);
  const bool valid = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  return valid ? std::optional(scheme) : std::nullopt;
}

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool is_name_character(char c) noexcept {
  return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_';
}

/// What resolvers of old take for an address: 10, 0x7f, 017.
bool is_number(std::string_view label) noexcept {
  const bool hexadecimal = label.starts_with("0x") || label.starts_with("0X");
  if (hexadecimal) label.remove_prefix(2);
  return std::all_of(label.begin(), label.end(),
                     [&](char c) { return hexadecimal ? text::hex_value(c) >= 0 : text::is_digit(c); });
}

Result<void> check_name(std::string_view host) {
  std::string_view rest = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  if (rest.empty()) return refuse("it has no host");
  if (rest.size() > kLongestName) return refuse("the host is too long");
  std::string_view label;
  for (bool last = false; !last;) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    last = end == rest.size();
    label = rest.substr(0, end);
    rest.remove_prefix(last ? end : end + 1);
    if (label.empty()) return refuse("the host has an empty label");
    if (label.size() > kLongestLabel) return refuse("a label of the host is too long");
    for (const char c : label) {
      if (static_cast<unsigned char>(c) >= 0x80) return refuse("the host is not ASCII; write its xn-- form");
      if (!is_name_character(c)) return refuse("the host has a character that no name has");
    }
  }
  // The system's resolver takes 127.1 and 0x7f000001, too, so what looks like an address has to be one (as WHATWG URL).
  if (is_number(label) && (host.ends_with('.') || !base::IpAddress::parse(host))) {
    return refuse("the host is not an IPv4 address of four decimal numbers");
  }
  return {};
}

/// Appends the host in its one spelling.
Result<void> append_host(std::string& out, std::string_view host) {
  if (host.starts_with('[')) {
    if (!is_valid_host(host)) return refuse("the host is not an IPv6 address in brackets");
    const auto address = base::IpAddress::parse(host.substr(1, host.size() - 2));
    if (!address || !address->is_v6()) return refuse("the host is not an IPv6 address in brackets");
    out.append("[").append(address->to_string()).append("]");
    return {};
  }
  RONDEAU_TRY_VOID_PLAIN(check_name(host));
  out += text::to_lower(host);
  return {};
}

std::optional<std::uint16_t> parse_port(std::string_view digits) noexcept {
  std::uint32_t value = 0;
  for (const char c : digits) {
    if (!text::is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
    if (value > 65535) return std::nullopt;
  }
  return value == 0 ? std::nullopt : std::optional(static_cast<std::uint16_t>(value));
}

/// What browsers take and RFC 3986 does not; encoding it is what they do with most of it, too.
bool has_to_be_encoded(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x80 || std::string_view("\"<>[]^`{|}").find(c) != std::string_view::npos;
}

/// Appends a path or query whose characters are checked, encoding what may not stand there raw.
Result<void> append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  if (!text::is_utf8(text)) return refuse("it is not UTF-8");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      const int high = text.size() - i > 2 ? text::hex_value(text[i + 1]) : -1;
      const int low = text.size() - i > 2 ? text::hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return refuse("a % is not followed by two hexadecimal digits");
      if (high + low == 0) return refuse("it has a %00");
    }
    if (has_to_be_encoded(c)) {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
    } else {
      out.push_back(c);
    }
  }
  return {};
}

/// Appends a path that begins with a slash (RFC 3986 §5.2.4).
void append_without_dots(std::string& out, std::string_view path) {
  const std::size_t root = out.size();
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    const int dots = dots_of(segment);
    if (dots == 0) out.append("/").append(segment);
    if (dots == 2 && out.size() > root) out.resize(out.rfind('/'));
    if (dots != 0 && path.empty()) out.push_back('/');
  }
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  RONDEAU_TRY_VOID_PLAIN(check_characters(text));
  text = without_fragment(text);
  const std::optional<std::string_view> scheme = scheme_of(text);
  if (!scheme) return refuse("it does not begin with http:// or https://");
  Url url;
  url.secure_ = text::equals_ignoring_case(*scheme, "https");
  if (!url.secure_ && !text::equals_ignoring_case(*scheme, "http")) return refuse("its scheme is not http or https");
  text.remove_prefix(scheme->size() + 1);
  if (!text.starts_with("//")) return refuse("it has no // behind its scheme");
  text.remove_prefix(2);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  RONDEAU_TRY_VOID_PLAIN(url.set_authority(text.substr(0, end)));
  text.remove_prefix(end);
  const std::size_t query = std::min(text.find('?'), text.size());
  RONDEAU_TRY_VOID_PLAIN(url.set_path_and_query(text.substr(0, query), text.substr(query)));
  return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
  RONDEAU_TRY_VOID_PLAIN(check_characters(reference));
  reference = without_fragment(reference);
  if (scheme_of(reference)) return parse(reference);
  if (reference.starts_with("//")) return parse(std::string(scheme()).append(":").append(reference));

  const std::size_t mark = std::min(reference.find('?'), reference.size());
  const std::string_view path = reference.substr(0, mark);
  if (path.substr(0, path.find('/')).find(':') != std::string_view::npos) {
    return refuse("it begins with a colon, or with what is neither a scheme nor a path");
  }
  std::string_view query = reference.substr(mark);
  std::string merged;
  if (path.empty()) {
    merged = this->path();
    if (query.empty()) query = part(query_, text_.size());
  } else if (path.starts_with('/')) {
    merged = path;
  } else {
    merged = this->path().substr(0, this->path().rfind('/') + 1);
    merged += path;
  }
  Url url(*this);
  RONDEAU_TRY_VOID_PLAIN(url.set_path_and_query(merged, query));
  return url;
}

Result<void> Url::set_authority(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) return refuse("it has user information; set credentials apart");
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return refuse("the host is not an IPv6 address in brackets");
  const std::size_t colon = std::min(authority.find(':', bracket), authority.size());
  text_ = secure_ ? "https://" : "http://";
  host_ = text_.size();
  RONDEAU_TRY_VOID_PLAIN(append_host(text_, authority.substr(0, colon)));
  host_end_ = text_.size();
  const std::uint16_t own = secure_ ? 443 : 80;
  port_ = own;
  if (const std::string_view digits = authority.substr(std::min(colon + 1, authority.size())); !digits.empty()) {
    const std::optional<std::uint16_t> port = parse_port(digits);
    if (!port) return refuse("the port is not a number from 1 to 65535");
    port_ = *port;
  }
  if (port_ != own) text_.append(":").append(std::to_string(port_));
  path_ = text_.size();
  return {};
}

/// The path is empty or begins with a slash, the query is empty or begins with its mark.
Result<void> Url::set_path_and_query(std::string_view path, std::string_view query) {
  std::string encoded;
  RONDEAU_TRY_VOID_PLAIN(append_encoded(encoded, path.empty() ? "/" : path));
  text_.resize(path_);
  append_without_dots(text_, encoded);
  query_ = text_.size();
  RONDEAU_TRY_VOID_PLAIN(append_encoded(text_, query));
  if (text_.size() > kMaxLength) return refuse("it is too long");
  return {};
}

std::string Url::redacted() const {
  std::string text(part(0, query_));
  if (!has_query()) return text;
  char separator = '?';
  std::string_view rest = query();
  for (bool last = false; !last; separator = '&') {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    last = end == rest.size();
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(last ? end : end + 1);
    text.push_back(separator);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos) text.append(pair.substr(0, equals + 1));
    if (!pair.empty()) text.append("***");
  }
  return text;
}

Result<Url> Url::with_query(std::string_view query) const {
  RONDEAU_TRY_VOID_PLAIN(check_characters(query));
  if (query.find('#') != std::string_view::npos) return refuse("a # in a query has to be written as %23");
  Url url(*this);
  RONDEAU_TRY_VOID_PLAIN(url.set_path_and_query(path(), query.empty() ? "" : std::string("?").append(query)));
  return url;
}

Result<void> Url::add_query_pair(std::string_view name, std::string_view value) {
  if (!text::is_utf8(name) || !text::is_utf8(value)) return refuse("a pair of its query is not UTF-8");
  std::string query(this->query());
  append_query_pair(query, name, value);
  RONDEAU_TRY_PLAIN(*this, with_query(query));
  return {};
}

}  // namespace rondeau::url
