#include <rondeau/middleware/normalize_path.h>

#include <string>
#include <string_view>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>

namespace rondeau::middleware {

std::optional<http::Response> NormalizePath::before(http::Request& request) const {
  const std::string_view path = request.original_path();
  if (request.route().route != nullptr || path.find("//") == std::string_view::npos) return std::nullopt;
  // Never two slashes in front, which would name another host.
  std::string location;
  for (const char c : path) {
    if (c != '/' || !location.ends_with('/')) location += c;
  }
  if (!request.query().empty()) location.append("?").append(request.query());
  return http::Response::redirect(location, http::StatusCode::PermanentRedirect);
}

}  // namespace rondeau::middleware
