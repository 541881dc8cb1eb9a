// Which cookies a URL may set, and which it gets back (RFC 6265 §5.1.3, §5.1.4, §5.3; RFC 6265bis §5.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rondeau/client/cookie_jar.h>

#include "client/set_cookie.h"

namespace rondeau::client {

/// Whether `host` is `domain` or stands below it. Both in lower case; addresses have nothing below them.
bool domain_matches(std::string_view host, std::string_view domain) noexcept;
bool path_matches(std::string_view request, std::string_view cookie) noexcept;
/// Of a cookie that names none: the folder of the URL.
std::string_view default_path(std::string_view request) noexcept;
bool is_address(std::string_view host) noexcept;

/// The cookie that `field`, said by `url` at `now`, asks for; nothing where it may not. Its expiry may be over already.
std::optional<StoredCookie> cookie_from(const url::Url& url, const SetCookieField& field, std::chrono::sys_seconds now);
/// Whether cookie_from() could have given it.
bool is_lawful(const StoredCookie& cookie);
/// Whether a request to `url` gets the cookie, expiry apart.
bool is_for(const StoredCookie& cookie, const url::Url& url) noexcept;
/// Whether the plain `incoming` would hide or replace the secure `kept` (RFC 6265bis §5.7, step 16).
bool overlays_secure(const StoredCookie& incoming, const StoredCookie& kept) noexcept;

}  // namespace rondeau::client
