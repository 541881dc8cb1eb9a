// Request methods: those of RFC 9110, PATCH, and the registered ones of WebDAV and its kin.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rondeau::http {

enum class Method : std::uint8_t {
  Get,
  Head,
  Post,
  Put,
  Delete,
  Connect,
  Options,
  Trace,
  Patch,
  Acl,
  Bind,
  Checkout,
  Copy,
  Link,
  Lock,
  Merge,
  Mkactivity,
  Mkcalendar,
  Mkcol,
  Move,
  MSearch,
  Notify,
  Propfind,
  Proppatch,
  Purge,
  Rebind,
  Report,
  Search,
  Subscribe,
  Unbind,
  Unlink,
  Unlock,
  Unsubscribe,
};

inline constexpr std::size_t kMethodCount = 33;

/// "GET"; "M-SEARCH". Lifetime: the program's.
std::string_view to_string(Method method) noexcept;
/// The method of that name; methods are case-sensitive (RFC 9110 §9.1).
std::optional<Method> parse_method(std::string_view text) noexcept;

/// GET, HEAD, OPTIONS and TRACE, and the reading methods of WebDAV: nothing is changed on their behalf.
bool is_safe(Method method) noexcept;
/// Safe, or PUT or DELETE: doing it twice is as doing it once.
bool is_idempotent(Method method) noexcept;

}  // namespace rondeau::http

namespace rondeau {
using http::Method;
}  // namespace rondeau
