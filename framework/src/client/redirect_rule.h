// What becomes of a request after a 3xx: a function of what was asked and answered, without input or output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/client/redirect.h>
#include <rondeau/http/headers.h>

namespace rondeau::client {

/// The part of a request that a redirect may change.
struct RedirectedRequest {
  http::Method method = http::Method::Get;
  url::Url url;
  http::Headers headers;                        ///< the caller's: no Host, no cookies of the jar, no framing
  std::vector<std::string> secret_fields = {};  ///< names of those that the caller marked Secret
  std::optional<std::string> authority = {};    ///< instead of the URL's in Host
  bool has_body = false;
  bool body_replayable = false;
};

enum class RedirectVerdict : std::uint8_t {
  Result,             ///< the response is what the caller gets
  Follow,             ///< the request has been changed and is to be sent
  Refused,            ///< error `redirect`
  TooMany,            ///< error `too_many_redirects`
  BodyNotReplayable,  ///< error `body_not_replayable`, with the response
};

struct RedirectStep {
  RedirectVerdict verdict = RedirectVerdict::Result;
  std::string why = {};  ///< of an error: one line, the URLs redacted
};

/// The redirects of one call.
class RedirectRule {
 public:
  explicit RedirectRule(RedirectPolicy policy) noexcept : policy_(std::move(policy)) {}

  /// Judges a response to `request`, and on Follow makes it the next request. `cookies_changed`: by this response.
  RedirectStep step(RedirectedRequest& request, http::StatusCode status, const http::Headers& response,
                    bool cookies_changed);
  /// Followed so far.
  std::size_t hops() const noexcept { return hops_; }

 private:
  RedirectStep refuse(RedirectVerdict verdict, std::string_view why) const;

  const RedirectPolicy policy_;
  std::size_t hops_ = 0;
  std::vector<std::pair<http::Method, url::Url>> visited_;  // from the first redirect on: most calls have none
  std::size_t since_cookies_ = 0;  // the first of them that was asked since the cookies changed
};

}  // namespace rondeau::client
