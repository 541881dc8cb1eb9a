// Field names that are known by number: parsing turns them into an enumerator, so that lookups compare an integer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rondeau::http {

/// A well-known field name; Other stands for every name that is not in the list.
enum class HeaderName : std::uint8_t {
  Other,
  Accept,
  AcceptCharset,
  AcceptEncoding,
  AcceptLanguage,
  AcceptRanges,
  AccessControlAllowCredentials,
  AccessControlAllowHeaders,
  AccessControlAllowMethods,
  AccessControlAllowOrigin,
  AccessControlExposeHeaders,
  AccessControlMaxAge,
  AccessControlRequestHeaders,
  AccessControlRequestMethod,
  Age,
  Allow,
  AltSvc,
  Authorization,
  CacheControl,
  Connection,
  ContentDisposition,
  ContentEncoding,
  ContentLanguage,
  ContentLength,
  ContentLocation,
  ContentRange,
  ContentSecurityPolicy,
  ContentType,
  Cookie,
  CrossOriginResourcePolicy,
  Date,
  Deprecation,
  Etag,
  Expect,
  Expires,
  Forwarded,
  From,
  GrpcTimeout,
  Host,
  IdempotencyKey,
  IfMatch,
  IfModifiedSince,
  IfNoneMatch,
  IfRange,
  IfUnmodifiedSince,
  KeepAlive,
  LastEventId,
  LastModified,
  Link,
  Location,
  MaxForwards,
  Origin,
  Pragma,
  Priority,
  ProxyAuthenticate,
  ProxyAuthorization,
  ProxyConnection,
  Range,
  RateLimit,
  RateLimitPolicy,
  Referer,
  ReferrerPolicy,
  RetryAfter,
  SecFetchDest,
  SecFetchMode,
  SecFetchSite,
  SecWebSocketAccept,
  SecWebSocketExtensions,
  SecWebSocketKey,
  SecWebSocketProtocol,
  SecWebSocketVersion,
  Server,
  ServerTiming,
  SetCookie,
  StrictTransportSecurity,
  Sunset,
  Te,
  Traceparent,
  Tracestate,
  Trailer,
  TransferEncoding,
  Upgrade,
  UpgradeInsecureRequests,
  UserAgent,
  Vary,
  Via,
  WwwAuthenticate,
  XAccelBuffering,
  XApiKey,
  XContentTypeOptions,
  XForwardedFor,
  XForwardedHost,
  XForwardedProto,
  XFrameOptions,
  XRealIp,
  XRequestId,
  XRequestTimeoutMs,
  XRequestedWith,
};

/// How many enumerators there are, Other included.
inline constexpr std::size_t kHeaderNameCount = 98;
/// Bytes of the longest of them.
inline constexpr std::size_t kLongestHeaderName = 32;

/// The usual spelling of each.
extern const std::array<std::string_view, kHeaderNameCount> kHeaderNames;

/// "Content-Type"; empty for Other. Lifetime: the program's.
inline std::string_view to_string(HeaderName name) noexcept {
  return *(kHeaderNames.data() + static_cast<std::size_t>(name));
}
/// The enumerator of a name in any case, or Other.
HeaderName find_header_name(std::string_view name) noexcept;

}  // namespace rondeau::http

namespace rondeau {
using http::HeaderName;
}  // namespace rondeau
