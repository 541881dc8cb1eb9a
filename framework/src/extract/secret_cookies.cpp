#include <rondeau/extract/secret_cookies.h>

namespace rondeau::extract {
namespace {

std::string purpose_of(std::string_view name) {
  return std::string("cookie ").append(name);
}

}  // namespace

std::optional<std::string> SignedCookies::get(std::string_view name) const {
  const std::optional<std::string_view> text = cookies_.get(name);
  return text ? keys_.verify(purpose_of(name), *text) : std::nullopt;
}

SetCookie SignedCookies::sign(SetCookie cookie) const {
  cookie.value = keys_.sign(purpose_of(cookie.name), cookie.value);
  return cookie;
}

std::optional<std::string> PrivateCookies::get(std::string_view name) const {
  const std::optional<std::string_view> text = cookies_.get(name);
  return text ? keys_.open(purpose_of(name), *text) : std::nullopt;
}

SetCookie PrivateCookies::seal(SetCookie cookie) const {
  cookie.value = keys_.seal(purpose_of(cookie.name), cookie.value);
  return cookie;
}

}  // namespace rondeau::extract
