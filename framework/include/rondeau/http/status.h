// Status codes of the IANA registry, with their reason phrases.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondeau::http {

/// A status. Codes outside the list are values too: `StatusCode{299}`.
enum class StatusCode : std::uint16_t {
  Continue = 100,
  SwitchingProtocols = 101,
  Processing = 102,
  EarlyHints = 103,
  Ok = 200,
  Created = 201,
  Accepted = 202,
  NonAuthoritativeInformation = 203,
  NoContent = 204,
  ResetContent = 205,
  PartialContent = 206,
  MultiStatus = 207,
  AlreadyReported = 208,
  ImUsed = 226,
  MultipleChoices = 300,
  MovedPermanently = 301,
  Found = 302,
  SeeOther = 303,
  NotModified = 304,
  UseProxy = 305,
  TemporaryRedirect = 307,
  PermanentRedirect = 308,
  BadRequest = 400,
  Unauthorized = 401,
  PaymentRequired = 402,
  Forbidden = 403,
  NotFound = 404,
  MethodNotAllowed = 405,
  NotAcceptable = 406,
  ProxyAuthenticationRequired = 407,
  RequestTimeout = 408,
  Conflict = 409,
  Gone = 410,
  LengthRequired = 411,
  PreconditionFailed = 412,
  ContentTooLarge = 413,
  UriTooLong = 414,
  UnsupportedMediaType = 415,
  RangeNotSatisfiable = 416,
  ExpectationFailed = 417,
  MisdirectedRequest = 421,
  UnprocessableContent = 422,
  Locked = 423,
  FailedDependency = 424,
  TooEarly = 425,
  UpgradeRequired = 426,
  PreconditionRequired = 428,
  TooManyRequests = 429,
  RequestHeaderFieldsTooLarge = 431,
  UnavailableForLegalReasons = 451,
  InternalServerError = 500,
  NotImplemented = 501,
  BadGateway = 502,
  ServiceUnavailable = 503,
  GatewayTimeout = 504,
  HttpVersionNotSupported = 505,
  VariantAlsoNegotiates = 506,
  InsufficientStorage = 507,
  LoopDetected = 508,
  NotExtended = 510,
  NetworkAuthenticationRequired = 511,
};

constexpr unsigned code(StatusCode status) noexcept {
  return static_cast<unsigned>(status);
}
/// "Not Found"; empty for a code outside the registry. Lifetime: the program's.
std::string_view reason_phrase(StatusCode status) noexcept;

constexpr bool is_informational(StatusCode status) noexcept {
  return code(status) / 100 == 1;
}
constexpr bool is_success(StatusCode status) noexcept {
  return code(status) / 100 == 2;
}
constexpr bool is_redirection(StatusCode status) noexcept {
  return code(status) / 100 == 3;
}
constexpr bool is_client_error(StatusCode status) noexcept {
  return code(status) / 100 == 4;
}
constexpr bool is_server_error(StatusCode status) noexcept {
  return code(status) / 100 == 5;
}

/// False for 1xx, 204 and 304, whose messages end with their head (RFC 9112 §6.3).
constexpr bool allows_body(StatusCode status) noexcept {
  return !is_informational(status) && status != StatusCode::NoContent && status != StatusCode::NotModified;
}

}  // namespace rondeau::http

namespace rondeau {
using http::StatusCode;
}  // namespace rondeau
