#include <rondeau/auth/require_auth.h>

#include <algorithm>

#include <rondeau/http/personal.h>

namespace rondeau::auth {

std::optional<http::Response> RequireRole::before(http::Request& request) const {
  http::mark_personal(request);
  const Identity* const identity = request.extensions().get<Identity>();
  const auto has = [&](const std::string& role) { return identity->has_role(role); };
  if (identity != nullptr && std::ranges::any_of(any_of, has)) return std::nullopt;
  return response::Problem(http::StatusCode::Forbidden, "a role is needed that you do not have").into_response(request);
}

void RequireRole::describe(schema::Operation& operation) const {
  operation.problem(http::StatusCode::Forbidden);
}

}  // namespace rondeau::auth
