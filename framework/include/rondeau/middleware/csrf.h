// Csrf: refuses what pages of other origins make a browser send, without tokens.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Answers 403 to a request that would change something and that a page of another origin has sent.
///
/// GET, HEAD and OPTIONS pass: it presumes that they change nothing. So does what says `Sec-Fetch-Site: same-origin` or
/// `none`; another value passes from trusted origins only. Without that field, a request without Origin passes, since no
/// browser sent it, and one whose Origin has the host and port of Host (and is of https, over TLS); all else is refused, `null` included. A field that is there
/// twice is refused, too. For routes that cookies, or anything else that browsers send by themselves, authenticate.
/// Errors (of build()): InvalidArgument naming a trusted origin that no browser sends.
struct Csrf {
  static constexpr handler::Slot kSlot = handler::Slot::Csrf;

  /// Whose pages may: "https://app.example.org", as browsers write it.
  std::vector<std::string> trusted_origins = {};

  Result<void> check() const;
  std::optional<http::Response> before(http::Request& request) const;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::Csrf;
}
