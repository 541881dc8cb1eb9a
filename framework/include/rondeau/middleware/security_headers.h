// SecurityHeaders: the fields that tell browsers to be careful with our answers.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Strict-Transport-Security (RFC 6797).
struct Hsts {
  std::chrono::seconds max_age = std::chrono::hours(24) * 365;
  bool include_subdomains = false;
};

/// Sets each of these fields on every answer, the 404s and the 500s of Catch included, where the handler has not set it:
/// what a handler says counts. An empty text leaves a field out.
///
///     router.layer(SecurityHeaders{.hsts = Hsts{}});
///
/// An answer that sets cookies and has no Cache-Control gets `no-store`. A 304 has no Content-Security-Policy of ours: the
/// stored answer would take it over, whatever its type. Errors (of build()): InvalidArgument.
struct SecurityHeaders {
  static constexpr handler::Slot kSlot = handler::Slot::SecurityHeaders;
  static constexpr bool kAfterCaught = true;

  std::string content_type_options = "nosniff";
  std::string frame_options = "DENY";
  std::string content_security_policy = "default-src 'none'; frame-ancestors 'none'";
  /// Instead of that for text/html and application/xhtml+xml.
  std::string html_content_security_policy = "default-src 'self'; frame-ancestors 'none'";
  std::string referrer_policy = "no-referrer";
  std::string cross_origin_resource_policy = "same-origin";
  /// Over TLS only. A browser that has seen it speaks no plain HTTP to this host until it expires.
  std::optional<Hsts> hsts = std::nullopt;

  Result<void> check() const;
  void after(const http::Request& request, http::Response& response) const;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Hsts;
using middleware::SecurityHeaders;
}  // namespace rondeau
