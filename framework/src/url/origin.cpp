#include <rondeau/url/origin.h>

#include <rondeau/text/ascii.h>
#include <rondeau/url/authority.h>

namespace rondeau::url {
namespace {

constexpr std::uint16_t default_port(bool secure) noexcept {
  return secure ? 443 : 80;
}

}  // namespace

std::optional<Origin> parse_origin(std::string_view text) noexcept {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = text.substr(0, colon);
  const bool secure = text::equals_ignoring_case(scheme, "https");
  if (!secure && !text::equals_ignoring_case(scheme, "http")) return std::nullopt;
  const std::optional<Authority> authority = parse_authority(text.substr(colon + 3));
  if (!authority) return std::nullopt;
  return Origin{secure, authority->host, authority->port.value_or(default_port(secure))};
}

std::string Origin::to_string() const {
  std::string text = secure ? "https://" : "http://";
  text += text::to_lower(host);
  if (port != default_port(secure)) text.append(":").append(std::to_string(port));
  return text;
}

bool has_authority(std::string_view origin, std::string_view authority) noexcept {
  const std::optional<Origin> theirs = parse_origin(origin);
  const std::optional<Authority> ours = parse_authority(authority);
  return theirs && ours && text::equals_ignoring_case(theirs->host, ours->host) &&
         theirs->port == ours->port.value_or(default_port(theirs->secure));
}

}  // namespace rondeau::url
