// CookieJar: what servers set, kept and sent back (RFC 6265).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/http/cookie.h>
#include <rondeau/http/headers.h>
#include <rondeau/url/url.h>

namespace rondeau::client {

struct CookieLimits {
  std::size_t per_domain = 50;
  std::size_t total = 3'000;
  std::size_t bytes = 4'096;  ///< of name and value together
};

/// A cookie as it is stored.
struct StoredCookie {
  std::string name;
  std::string value;
  std::string domain;  ///< in lower case, without a leading dot
  std::string path;
  std::optional<std::chrono::sys_seconds> expires = {};  ///< without it, as long as the jar
  std::chrono::sys_seconds created = {};
  bool host_only = true;  ///< for `domain` alone, not for its subdomains
  bool secure = false;    ///< over https only
  bool http_only = false;
  std::optional<http::SameSite> same_site = {};  ///< as the server said it; kept, not acted upon

  bool operator==(const StoredCookie&) const = default;
};

/// Keeps cookies by the rules of RFC 6265 §5.3 and gives them out by those of §5.4.
///
/// Ignored: what has no `=`, no name, a control character or no UTF-8; more than CookieLimits::bytes; a Domain that is
/// not the host's own or one above it, or that is a single label – public suffixes of several labels are not known, so
/// a server under `co.uk` could set a cookie for all of it; Secure from a plain connection, and what would replace a
/// Secure one from there; `__Host-` and `__Secure-` names without what they promise. Where there are too many, those
/// used longest ago go first.
///
/// A copyable handle; copies share their cookies. Thread safety: any thread. Never waits.
class CookieJar {
 public:
  explicit CookieJar(const CookieLimits& limits = {});

  /// Takes the value of a Set-Cookie field of a response from `url`. True: the jar has changed, which includes a cookie
  /// that was taken away.
  bool store(const url::Url& url, std::string_view set_cookie);
  /// The same for all Set-Cookie fields of a response.
  bool store(const url::Url& url, const http::Headers& response);
  /// The value of the Cookie field for a request to `url`; empty: there is none to send. Longer paths first, then the
  /// older ones.
  std::string header_for(const url::Url& url) const;

  /// Those that have not expired, in the order in which they were last used.
  std::vector<StoredCookie> cookies() const;
  std::size_t size() const;
  void clear();

  /// All cookies as JSON. They are credentials: keep them as such.
  std::string save() const;
  /// Adds what save() gave; what has expired, or is not as this jar would have taken it, is left out.
  ///
  /// Errors: InvalidData for text that save() does not make; then nothing has changed.
  Result<void> load(std::string_view saved);

 private:
  class Store;
  std::shared_ptr<Store> store_;
};

}  // namespace rondeau::client

namespace rondeau {
using client::CookieJar;
}  // namespace rondeau
