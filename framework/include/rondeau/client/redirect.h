// RedirectPolicy: whether a client goes where a 3xx sends it (RFC 9110 §15.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include <rondeau/http/method.h>
#include <rondeau/http/status.h>
#include <rondeau/url/url.h>

namespace rondeau::client {

/// A step that a response asks for, and that the rules below allow.
struct RedirectHop {
  http::StatusCode status;
  http::Method method;  ///< of the request that would be made
  const url::Url& from;
  const url::Url& to;
  std::size_t number;  ///< 1 for the first

  bool same_origin() const noexcept { return from.origin() == to.origin(); }
};

enum class RedirectAction : std::uint8_t {
  Follow,
  Stop,    ///< the response is the result
  Refuse,  ///< the call ends with an error
};

/// What is followed. Whatever is said here:
///
/// 301, 302, 303, 307 and 308 with a Location are redirects, other 3xx are results. POST becomes GET after 301 and 302,
/// everything but GET and HEAD after 303; then body and content fields go. After 307 and 308 the body is sent again,
/// where it can be. Another origin sees no credentials, and none come back on the way home: Authorization, Cookie,
/// Proxy-Authorization, Origin, the caller's Secrets and its authority() are dropped for good; cookies of the jar are
/// chosen anew for each URL. Referer is never added. Only http and https are gone to, and the same method and URL not
/// twice unless cookies have changed.
///
/// Thread safety: `decide` may be called from several threads at once.
struct RedirectPolicy {
  std::size_t max_hops = 10;     ///< more are an error; 0: nothing is followed, redirects are results
  bool allow_downgrade = false;  ///< from https to http
  std::function<RedirectAction(const RedirectHop&)> decide = {};

  static RedirectPolicy none() { return {.max_hops = 0}; }
  static RedirectPolicy limited(std::size_t hops) { return {.max_hops = hops}; }
  static RedirectPolicy custom(std::function<RedirectAction(const RedirectHop&)> decide) {
    return {.decide = std::move(decide)};
  }
};

}  // namespace rondeau::client

namespace rondeau {
using client::RedirectPolicy;
}  // namespace rondeau
