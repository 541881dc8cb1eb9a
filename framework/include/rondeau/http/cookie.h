// Cookies (RFC 6265): the pairs of a Cookie field, read strictly, and the Set-Cookie field, checked before it is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>

namespace rondeau::http {

/// One pair of a Cookie field, as it was sent; quotes round a value belong to it.
struct CookiePair {
  std::string_view name;
  std::string_view value;
};

/// Walks a cookie-string (RFC 6265 §4.2.1): `name=value; name=value`. Lifetime: the text's.
///
///     CookiePairs pairs(text);
///     for (CookiePair pair; pairs.next(pair);) { … }
///     if (pairs.malformed()) …
///
/// A name is a token, a value visible ASCII without quote, comma, semicolon and backslash, pairs are apart by exactly
/// "; ". The walk ends where the text breaks a rule.
class CookiePairs {
 public:
  explicit CookiePairs(std::string_view text) noexcept : rest_(text) {}
  /// False at the end, and from the first mistake on.
  bool next(CookiePair& pair) noexcept;
  /// True when the walk ended at a mistake: then the pairs before it are not to be trusted either.
  bool malformed() const noexcept { return state_ == State::Malformed; }

 private:
  enum class State : std::uint8_t { Pairs, End, Malformed };

  bool fail() noexcept { return state_ = State::Malformed, false; }

  std::string_view rest_;
  State state_ = State::Pairs;
};

/// True for what may be a cookie's value, with quotes round it or without.
bool is_cookie_value(std::string_view text) noexcept;

/// Which requests from other sites carry the cookie.
enum class SameSite : std::uint8_t {
  Strict,  ///< none
  Lax,     ///< those that take the user there
  None,    ///< all
};

/// A cookie to set, safe unless told otherwise: over TLS only, hidden from scripts, not sent from other sites.
///
///     response.add_cookie({.name = "__Host-sid", .value = id, .max_age = std::chrono::hours(12)});
///
/// The value is sent as it is: text that is_cookie_value() refuses has to be encoded first.
struct SetCookie {
  std::string name;
  std::string value = {};
  std::optional<std::chrono::seconds> max_age = {};      ///< how long it is kept; without it and `expires`, a session
  std::optional<std::chrono::sys_seconds> expires = {};  ///< until when, for clients that do not know max_age
  std::string domain = {};                               ///< empty: of this host alone, without its subdomains
  std::string path = "/";
  bool secure = true;
  bool http_only = true;
  SameSite same_site = SameSite::Lax;

  /// Makes the client forget the cookie. Path and domain have to be those it was set with.
  static SetCookie removal(std::string name);

  /// The field's value.
  ///
  /// Errors: InvalidArgument where a client would drop the cookie, or the text would say something else than meant: a
  /// name that is no token, a value with CR, LF, `;` or another forbidden character, more than 4,096 bytes of both, a
  /// path not from `/` on, a domain that is no name, a max_age not above zero, `__Secure-` without secure, `__Host-`
  /// without it, with a domain or another path than `/` (RFC 6265bis §4.1.3), SameSite::None without secure.
  Result<std::string> to_string() const;
};

}  // namespace rondeau::http

namespace rondeau {
using http::SameSite;
using http::SetCookie;
}  // namespace rondeau
