// Vary: what an answer depends on, one name more.
#pragma once

#include <string_view>

#include <rondeau/http/response.h>
#include <rondeau/text/ascii.h>

namespace rondeau::middleware {

/// Unless the answer says it already, or `*`.
inline void add_vary(http::Response& response, std::string_view name) {
  for (const http::HeaderField& field : response.headers()) {
    if (field.id != http::HeaderName::Vary) continue;
    if (text::list_contains(field.value, name) || text::list_contains(field.value, "*")) return;
  }
  static_cast<void>(response.headers().append(http::HeaderName::Vary, name));  // a name of ours, which is valid
}

}  // namespace rondeau::middleware
