#include <rondeau/http/method.h>

#include <array>

namespace rondeau::http {

namespace {

constexpr std::array<std::string_view, kMethodCount> kNames = {
    "GET",    "HEAD",      "POST",     "PUT",    "DELETE",   "CONNECT",    "OPTIONS", "TRACE",      "PATCH",
    "ACL",    "BIND",      "CHECKOUT", "COPY",   "LINK",     "LOCK",       "MERGE",   "MKACTIVITY", "MKCALENDAR",
    "MKCOL",  "MOVE",      "M-SEARCH", "NOTIFY", "PROPFIND", "PROPPATCH",  "PURGE",   "REBIND",     "REPORT",
    "SEARCH", "SUBSCRIBE", "UNBIND",   "UNLINK", "UNLOCK",   "UNSUBSCRIBE"};

static_assert(kNames[static_cast<std::size_t>(Method::Patch)] == "PATCH");
static_assert(kNames[static_cast<std::size_t>(Method::MSearch)] == "M-SEARCH");
static_assert(kNames[static_cast<std::size_t>(Method::Unsubscribe)] == "UNSUBSCRIBE");

}  // namespace

std::string_view to_string(Method method) noexcept {
  return kNames[static_cast<std::size_t>(method)];
}

std::optional<Method> parse_method(std::string_view text) noexcept {
  if (text == "GET") return Method::Get;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Method>(i);
  }
  return std::nullopt;
}

bool is_safe(Method method) noexcept {
  switch (method) {
    case Method::Get:
    case Method::Head:
    case Method::Options:
    case Method::Trace:
    case Method::Propfind:
    case Method::Report:
    case Method::Search:
      return true;
    default:
      return false;
  }
}

bool is_idempotent(Method method) noexcept {
  switch (method) {
    case Method::Put:
    case Method::Delete:
    case Method::Acl:
    case Method::Bind:
    case Method::Copy:
    case Method::Link:
    case Method::Mkcalendar:
    case Method::Mkcol:
    case Method::Move:
    case Method::Proppatch:
    case Method::Rebind:
    case Method::Unbind:
    case Method::Unlink:
    case Method::Unlock:
      return true;
    default:
      return is_safe(method);
  }
}

}  // namespace rondeau::http
