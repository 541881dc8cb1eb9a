// Login<User>: who has logged in, from one request to the next, by a cookie.
//
//     app.layer(login<Account>(store));                        // or login<Account>(keys): all of it in the cookie
//     app.post<"/login">([](Login<Account> login, …) { … login.log_in(account); … });
//     app.get<"/orders">([](LoggedIn<Account> account) { … account->id … });
//     app.post<"/logout">([](Login<Account> login) { login.log_out(); return NoContent{}; });
//
// With a store the cookie is a random id of 256 bits, which the store knows by its SHA-256. With keys the cookie is the
// User itself, sealed; nothing is kept here, so logging out makes the browser forget it and no more.
// User has a JSON form; what cannot be read as one any more is logged out.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/auth/credentials.h>
#include <rondeau/crypto/key_ring.h>
#include <rondeau/extract/connection.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/handler/layer.h>
#include <rondeau/http/cookie.h>
#include <rondeau/http/personal.h>
#include <rondeau/json/read.h>
#include <rondeau/json/write.h>
#include <rondeau/store/store.h>
#include <rondeau/task/task.h>

namespace rondeau::auth {

struct LoginOptions {
  /// A `__Host-` name is taken from nobody but this host, over TLS or from localhost; see http::SetCookie.
  std::string cookie = "__Host-login";
  std::chrono::seconds idle = std::chrono::minutes(30);    ///< without a request
  std::chrono::seconds lifetime = std::chrono::hours(12);  ///< in all
  SameSite same_site = SameSite::Lax;
  bool secure = true;
};

/// What the layer and the handlers of one request say to each other.
struct LoginState {
  enum class Change : std::uint8_t { None, LogIn, LogOut, Rotate };

  std::optional<std::string> user;  ///< as JSON
  Change change = Change::None;
  std::string_view cookie;  ///< its name; lifetime: the layer's
  bool failed = false;      ///< the user has no JSON text

  void log_in(Result<std::string> json);
  void log_out();
  void rotate();
  /// Fills the answer to a request that nobody is logged in for.
  bool reject(Rejection& rejection) const;
};
/// All of a request, of each layer around its handler one.
struct Logins {
  std::vector<std::shared_ptr<LoginState>> all;

  /// Whether the handler asked any of them for a change.
  bool changed() const noexcept;
};
template <class User>
struct LoginOf {
  std::shared_ptr<LoginState> state;
};

/// Who is logged in, and the means to change that. Never rejects. `if (login) … login->id …`
///
/// Changes are carried out when the handler has answered: an answer that could not be kept is a 503 instead.
/// Thread safety: one task at a time.
template <class User>
class Login {
 public:
  explicit Login(std::shared_ptr<LoginState> state) : state_(std::move(state)) {
    if (!state_->user) return;
    if (auto user = json::parse<User>(*state_->user)) user_ = *std::move(user);
  }

  explicit operator bool() const noexcept { return user_.has_value(); }
  const User& operator*() const noexcept { return *user_; }
  const User* operator->() const noexcept { return &*user_; }

  /// Logs in, under a new id; whoever was is logged out.
  void log_in(User user) {
    state_->log_in(json::to_string(user));
    user_ = std::move(user);
  }
  void log_out() {
    state_->log_out();
    user_.reset();
  }
  /// A new id for who is logged in, as after a change of what they may do. Times go on.
  void rotate() {
    if (user_) state_->rotate();
  }

 private:
  std::shared_ptr<LoginState> state_;
  std::optional<User> user_;
};

/// Who is logged in; else 401, or empty as std::optional<LoggedIn<User>>.
template <class User>
struct LoggedIn : extract::Extracted<User> {};

/// The part of the layer that knows no User.
class LoginCore {
 public:
  using Attach = std::function<void(http::Request&, std::shared_ptr<LoginState>)>;

  LoginCore(std::shared_ptr<store::Store> store, LoginOptions options);
  LoginCore(KeyRing keys, LoginOptions options);

  /// `attach` lives as long as this does.
  task::Task<http::Response> around(http::Request request, handler::Next next, const Attach& attach) const;
  void describe(schema::Operation& operation) const;

 private:
  struct Session;
  std::optional<Session> judge(std::string_view text) const;
  task::Task<Result<std::optional<Session>>> open(std::string cookie) const;
  task::Task<Result<void>> carry_out(LoginState& state, std::optional<Session> session, http::Response& response) const;
  task::Task<Result<void>> keep(Session session, http::Response& response) const;
  task::Task<Result<void>> forget(std::string id) const;
  task::Task<Result<void>> touch(Session session, http::Response& response) const;
  void set_cookie(http::Response& response, std::string value, const Session& session) const;

  std::shared_ptr<store::Store> store_;  // or
  std::optional<KeyRing> keys_;
  LoginOptions options_;
};

/// The layer. A request whose cookie cannot be looked up is a 503.
///
/// Cancellation: a change that a handler asked for may have happened or not.
template <class User>
class LoginLayer {
 public:
  static constexpr handler::Slot kSlot = handler::Slot::Auth;
  using Provides = LoginOf<User>;

  explicit LoginLayer(LoginCore core) : core_(std::move(core)), attach_(attach({})) {}

  /// Gives layers inside an Identity for who is logged in: require_role() and Idempotency ask for one.
  LoginLayer&& identified_by(std::function<Identity(const User&)> identify) && {
    attach_ = attach(std::move(identify));
    return std::move(*this);
  }

  task::Task<http::Response> operator()(http::Request request, handler::Next next) const {
    return core_.around(std::move(request), std::move(next), attach_);
  }
  void describe(schema::Operation& operation) const { core_.describe(operation); }

 private:
  static LoginCore::Attach attach(std::function<Identity(const User&)> identify) {
    return [identify = std::move(identify)](http::Request& request, std::shared_ptr<LoginState> state) {
      if (identify && state->user) {
        if (auto user = json::parse<User>(*state->user)) request.extensions().insert(identify(*user));
      }
      request.extensions().insert(LoginOf<User>{std::move(state)});
    };
  }

  LoginCore core_;
  LoginCore::Attach attach_;
};

template <class User>
LoginLayer<User> login(std::shared_ptr<store::Store> store, LoginOptions options = {}) {
  return LoginLayer<User>(LoginCore(std::move(store), std::move(options)));
}
template <class User>
LoginLayer<User> login(KeyRing keys, LoginOptions options = {}) {
  return LoginLayer<User>(LoginCore(std::move(keys), std::move(options)));
}

}  // namespace rondeau::auth

namespace rondeau {

using auth::LoggedIn;
using auth::Login;
using auth::login;
using auth::LoginOptions;

template <class User>
struct Extract<Login<User>> {
  static constexpr const void* extension = extract::type_key<auth::LoginOf<User>>();
  static bool extract(extract::Context& context, Login<User>* slot, Rejection& rejection) {
    const auto* const found = context.request().extensions().template get<auth::LoginOf<User>>();
    if (found == nullptr) return extract::reject_extension(rejection);
    http::mark_personal(context.request());
    std::construct_at(slot, found->state);
    return true;
  }
};

template <class User>
struct Extract<LoggedIn<User>> {
  static constexpr const void* extension = extract::type_key<auth::LoginOf<User>>();
  static bool extract(extract::Context& context, LoggedIn<User>* slot, Rejection& rejection) {
    const auto* const found = context.request().extensions().template get<auth::LoginOf<User>>();
    if (found == nullptr) return extract::reject_extension(rejection);
    http::mark_personal(context.request());
    Login<User> login(found->state);
    if (!login) return found->state->reject(rejection);
    std::construct_at(slot, LoggedIn<User>{{*login}});
    return true;
  }
  static void describe(schema::Operation& operation) {
    operation.problem(http::StatusCode::Unauthorized).header("WWW-Authenticate");
  }
};

}  // namespace rondeau
