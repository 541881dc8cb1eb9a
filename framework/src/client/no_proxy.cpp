#include "client/no_proxy.h"

#include <algorithm>
#include <charconv>

#include <rondeau/text/ascii.h>

namespace rondeau::client {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) noexcept {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

bool is_name(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

/// Whether the first `prefix` bits are the same.
bool shares_prefix(const base::IpAddress& left, const base::IpAddress& right, unsigned prefix) noexcept {
  if (left.is_v4() != right.is_v4()) return false;
  for (std::size_t i = 0; prefix > 0; ++i) {
    const unsigned bits = std::min(prefix, 8U);
    const unsigned mask = 0xFF00U >> bits & 0xFFU;
    if ((left.bytes()[i] & mask) != (right.bytes()[i] & mask)) return false;
    prefix -= bits;
  }
  return true;
}

std::uint8_t whole(const base::IpAddress& address) noexcept {
  return address.is_v4() ? 32 : 128;
}

std::string_view without_brackets(std::string_view host) noexcept {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

std::string_view without_last_dot(std::string_view name) noexcept {
  return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

}  // namespace

Result<NoProxy> NoProxy::parse(std::string_view list) {
  NoProxy made;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", \t"), list.size());
    const std::string_view text = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (text.empty()) continue;
    if (text == "*") {
      made.all_ = true;
    } else if (std::optional<Entry> entry = parse_entry(text)) {
      made.entries_.push_back(*std::move(entry));
    } else {
      return rondeau::Error(Errc::InvalidArgument, std::string("no_proxy: ").append(text));
    }
  }
  return made;
}

std::optional<NoProxy::Entry> NoProxy::parse_entry(std::string_view text) {
  Entry entry;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const auto address = base::IpAddress::parse(without_brackets(text.substr(0, slash)));
    const auto prefix = parse_number<std::uint8_t>(text.substr(slash + 1));
    if (!address || address->scope() != 0 || !prefix || *prefix > whole(*address)) return std::nullopt;
    entry.network = *address;
    entry.prefix = *prefix;
    return entry;
  }
  std::string_view host = text;
  // Of more than one colon outside of brackets none is before a port.
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && (text[0] == '[' ? text[colon - 1] == ']' : text.find(':') == colon)) {
    entry.port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!entry.port || *entry.port == 0) return std::nullopt;
    host = text.substr(0, colon);
  }
  if (const auto address = base::IpAddress::parse(without_brackets(host)); address && address->scope() == 0) {
    entry.network = address->unmapped();
    entry.prefix = whole(entry.network);
    return entry;
  }
  if (host.starts_with("*.")) host.remove_prefix(1);
  if (host.starts_with('.')) host.remove_prefix(1);
  host = without_last_dot(host);
  if (!is_name(host)) return std::nullopt;
  entry.name = text::to_lower(host);
  return entry;
}

bool NoProxy::matches(const url::Url& url) const noexcept {
  if (all_) return true;
  const auto address = base::IpAddress::parse(without_brackets(url.host()));
  const std::string_view name = without_last_dot(url.host());
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    if (entry.port && *entry.port != url.port()) return false;
    if (entry.name.empty()) return address && shares_prefix(address->unmapped(), entry.network, entry.prefix);
    return name.ends_with(entry.name) &&
           (name.size() == entry.name.size() || name[name.size() - entry.name.size() - 1] == '.');
  });
}

}  // namespace rondeau::client
