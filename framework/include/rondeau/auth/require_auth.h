// Layers that let in who shows credentials: bearer_auth(), basic_auth(), api_key_auth<"x-key">(), and require_role().
//
//     app.layer(bearer_auth([db](BearerToken token) -> Task<Result<Identity, Denied>> { … co_await db.… }));
//     app.layer(require_role("admin"));
//
// The check is a closure over what it needs; it may wait or not, and gives a T that handlers take as Extension<T>.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/auth/credentials.h>
#include <rondeau/handler/make_handler.h>
#include <rondeau/handler/make_layer.h>
#include <rondeau/http/personal.h>
#include <rondeau/response/problem.h>
#include <rondeau/task/task.h>

namespace rondeau::auth {

/// What a check gives: T of Result<T, Denied> or of a Task of it; void where it is neither.
template <class R>
struct CheckedType {
  using type = void;
};
template <class T>
struct CheckedType<Result<T, Denied>> {
  using type = T;
};
template <class R>
struct CheckedType<task::Task<R>> : CheckedType<R> {};

/// Reads the credentials, asks the check, and goes on with what it gave as an extension, or answers as the extractors
/// do. Cancellation: ends the check.
template <class Source, class F>
class RequireAuth {
  using Answer = std::invoke_result_t<const F&, typename Source::Credentials>;
  static_assert(!std::is_void_v<typename CheckedType<Answer>::type>,
                "rondeau: the check of an authentication layer returns Result<T, Denied>, or a Task of it");

 public:
  static constexpr handler::Slot kSlot = handler::Slot::Auth;
  using Provides = typename CheckedType<Answer>::type;

  RequireAuth(F check, std::string realm) : check_(std::move(check)), realm_(std::move(realm)) {}

  task::Task<http::Response> operator()(http::Request request, handler::Next next) const {
    typename Source::Credentials credentials;
    Rejection rejection;
    if (!Source::read(request, realm_, credentials, rejection)) co_return refuse(rejection, request);
    if constexpr (handler::is_task<Answer>) {
      Result<Provides, Denied> found = co_await check_(std::move(credentials));
      if (!let_in(std::move(found), request, rejection)) co_return refuse(rejection, request);
    } else {
      Result<Provides, Denied> found = check_(std::move(credentials));
      if (!let_in(std::move(found), request, rejection)) co_return refuse(rejection, request);
    }
    co_return co_await next(std::move(request));
  }

  void describe(schema::Operation& operation) const { Source::describe(operation); }

 private:
  bool let_in(Result<Provides, Denied> found, http::Request& request, Rejection& rejection) const {
    if (!found) return Source::deny(found.error(), realm_, rejection);
    http::mark_personal(request);
    request.extensions().insert(*std::move(found));
    return true;
  }
  static http::Response refuse(const Rejection& rejection, const http::Request& request) {
    return IntoProblem<Rejection>::into(rejection).into_response(request);
  }

  F check_;
  std::string realm_;
};

template <class F>
RequireAuth<BearerSource, F> bearer_auth(F check, std::string realm = {}) {
  return {std::move(check), std::move(realm)};
}
template <class F>
RequireAuth<BasicSource, F> basic_auth(F check, std::string realm = {}) {
  return {std::move(check), std::move(realm)};
}
template <reflect::FixedString Name, class F>
RequireAuth<ApiKeySource<Name>, F> api_key_auth(F check, std::string realm = {}) {
  return {std::move(check), std::move(realm)};
}

/// Lets in an Identity that has one of these roles; anybody else gets 403, as does a request without an Identity.
///
/// It stands inside of the layer that provides one: added after it, or in a router within.
struct RequireRole {
  static constexpr handler::Slot kSlot = handler::Slot::Auth;

  std::vector<std::string> any_of;

  std::optional<http::Response> before(http::Request& request) const;
  void describe(schema::Operation& operation) const;
};

inline RequireRole require_role(std::string role) {
  return RequireRole{{std::move(role)}};
}
inline RequireRole require_any_role(std::vector<std::string> roles) {
  return RequireRole{std::move(roles)};
}

}  // namespace rondeau::auth

namespace rondeau {
using auth::api_key_auth;
using auth::basic_auth;
using auth::bearer_auth;
using auth::require_any_role;
using auth::require_role;
}  // namespace rondeau
