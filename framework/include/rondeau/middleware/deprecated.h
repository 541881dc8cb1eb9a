// Deprecated: tells clients that what they use will be gone, and what to use instead.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>

namespace rondeau::middleware {

/// Sets Deprecation (RFC 9745), Sunset (RFC 8594) and Link on every answer.
///
///     using namespace std::chrono;
///     router.nest<"/v1">(v1(), middleware::Deprecated(sys_days(2026y / 6 / 1), "https://api.example.org/v2")
///                                  .sunset(sys_days(2027y / 1 / 1)));
///
/// `link` leads to what tells of it, as rel="deprecation"; empty: no Link. A value that cannot stand in a field makes
/// the answer faulty. Links of the handler's own stay.
class Deprecated {
 public:
  explicit Deprecated(std::chrono::sys_seconds since, std::string link = {});
  /// When it will stop to answer; not before `since`.
  Deprecated sunset(std::chrono::sys_seconds time) &&;

  void after(const http::Request& request, http::Response& response) const;

 private:
  std::string since_;  // as the field says it
  std::string link_;
  std::string sunset_;  // empty: not known
};

}  // namespace rondeau::middleware
