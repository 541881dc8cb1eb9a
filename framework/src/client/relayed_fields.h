// Fields of a message that is handed on.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/http/header_name.h>
#include <rondeau/http/headers.h>
#include <rondeau/text/ascii.h>

#include "http/connection_fields.h"

namespace rondeau::client {

/// Of one connection, or ours to say anew.
inline bool stays_behind(http::HeaderName name) noexcept {
  using http::HeaderName;
  switch (name) {
    case HeaderName::Forwarded:
    case HeaderName::XForwardedFor:
    case HeaderName::XForwardedHost:
    case HeaderName::XForwardedProto:
    case HeaderName::XRealIp:
    case HeaderName::XRequestTimeoutMs:
      return true;
    default:
      return http::is_of_sender(name);
  }
}

/// The names that Connection lists, in lower case and in order.
template <class Fields>
std::vector<std::string> named_by_connection(const Fields& fields) {
  std::vector<std::string> names;
  for (const http::HeaderField field : fields) {
    if (field.id != http::HeaderName::Connection) continue;
    text::ListItems items(field.value);
    for (std::string_view item; items.next(item);) names.push_back(text::to_lower(item));
  }
  std::ranges::sort(names);
  return names;
}

/// The fields that pass on: not those above, nor those that Connection names (RFC 9110 §7.6.1).
template <class Fields>
http::Headers passing(const Fields& fields) {
  const std::vector<std::string> named = named_by_connection(fields);
  http::Headers out;
  for (const http::HeaderField field : fields) {
    if (stays_behind(field.id)) continue;
    if (!named.empty() && std::ranges::binary_search(named, text::to_lower(field.name))) continue;
    static_cast<void>(out.append(field.name, field.value));
  }
  return out;
}

/// That it came through here (RFC 9110 §7.6.3).
inline void add_via(http::Headers& fields, std::string_view version) {
  std::string via(fields.get(http::HeaderName::Via).value_or(""));
  if (!via.empty()) via += ", ";
  via += version;
  static_cast<void>(fields.set(http::HeaderName::Via, via + " rondeau"));
}

}  // namespace rondeau::client
