// RateLimit: so many requests of one client in a span of time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>
#include <rondeau/middleware/request_key.h>

namespace rondeau::middleware {

enum class RateAlgorithm : std::uint8_t {
  /// Fills evenly; who was quiet may send `burst` at once.
  TokenBucket,
  /// At most `quota` in any span of the window's length, as estimated from this window and the one before: that one's
  /// requests count as if they had come evenly.
  SlidingWindow,
};

struct RateLimitOptions {
  std::uint32_t quota = 100;                              ///< requests in a window, at most one a nanosecond
  std::chrono::seconds window = std::chrono::minutes(1);  ///< 1 s to 31 days
  RateAlgorithm algorithm = RateAlgorithm::TokenBucket;
  /// What a token bucket holds, the quota unless said; at most 1,000 quotas.
  std::optional<std::uint32_t> burst = std::nullopt;
  RequestKey key = RequestKey::by_client();
  /// Tells several limits apart in the fields: letters, digits, `-` and the like.
  std::string name = "default";
  /// How many clients are remembered. Above it who was not seen for longest begins anew.
  std::size_t max_keys = 65'536;
  /// Whether answers say what is left.
  bool announce = true;
};

/// Answers 429 with Retry-After to what is above the limit, before it costs more.
///
///     router.layer(RateLimit({.quota = 60}));                                       // by address
///     router.layer<Slot::IdentityRateLimit>(RateLimit({.quota = 1000, .key = …}));  // inside of authentication
///
/// Clients that can say what they are counted under are not limited: keys that come from a request's fields are for
/// Slot::IdentityRateLimit, behind a check of them; see RequestKey::by_header().
///
/// Answers carry `RateLimit-Policy: "default";q=100;w=60` and `RateLimit: "default";r=99;t=1`: left, and the seconds
/// until nothing is used any more (draft-ietf-httpapi-ratelimit-headers-10). Refused requests are not counted. The
/// counts are this process's; copies of a RateLimit share them.
///
/// Errors (of build()): InvalidArgument.
class RateLimit {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::RateLimit;

  explicit RateLimit(RateLimitOptions options);

  Result<void> check() const;
  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;
  void describe(schema::Operation& operation) const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::RateAlgorithm;
using middleware::RateLimit;
}  // namespace rondeau
