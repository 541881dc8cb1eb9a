#include "client/http2/request_fields.h"

#include <charconv>
#include <iterator>

#include "http/field_check.h"
#include "http/request_encoder.h"

namespace rondeau::client::http2 {
namespace {

/// RFC 9113 §8.2.2, and what pseudo-header fields and frames say in their place.
bool is_of_the_connection(http::HeaderName name) noexcept {
  using http::HeaderName;
  switch (name) {
    case HeaderName::Connection:
    case HeaderName::ContentLength:
    case HeaderName::Host:
    case HeaderName::KeepAlive:
    case HeaderName::ProxyConnection:
    case HeaderName::Te:
    case HeaderName::Trailer:
    case HeaderName::TransferEncoding:
    case HeaderName::Upgrade:
      return true;
    default:
      return false;
  }
}

}  // namespace

void RequestFields::fill(const Attempt& attempt) {
  using http::HeaderName;
  fields_.clear();
  add(":method", http::to_string(attempt.method));
  add(":scheme", attempt.url.is_secure() ? "https" : "http");
  add(":authority", attempt.host);
  add(":path", attempt.url.path_and_query());
  for (const http::HeaderField field : attempt.fields) {
    if (is_of_the_connection(field.id)) continue;
    const bool secret = field.id == HeaderName::Authorization || field.id == HeaderName::Cookie;
    add(field.name, field.value, secret ? Secret::Yes : Secret::No);
  }
  const bool says_length =
      attempt.body.is_none() ? http::expects_body(attempt.method) : attempt.body.length().has_value();
  if (!says_length) return;
  const char* end = std::to_chars(std::begin(length_), std::end(length_), attempt.body.length().value_or(0)).ptr;
  add("content-length", {length_, static_cast<std::size_t>(end - length_)});
}

void RequestFields::fill_trailers(const http::Headers& trailers) {
  fields_.clear();
  for (const http::HeaderField field : trailers) {
    if (!is_of_the_connection(field.id) && !http::is_forbidden_trailer(field.id)) add(field.name, field.value);
  }
}

void RequestFields::add(std::string_view name, std::string_view value, Secret secret) {
  // nghttp2 makes the name lower-case in its copy, and changes neither of ours.
  auto* const name_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  auto* const value_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  // RFC 7541 §7.1.3: what is never indexed cannot be guessed by what it compresses to.
  const auto flag = secret == Secret::Yes ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
  fields_.push_back({name_bytes, value_bytes, name.size(), value.size(), static_cast<std::uint8_t>(flag)});
}

}  // namespace rondeau::client::http2
