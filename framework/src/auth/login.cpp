#include <rondeau/auth/login.h>

#include <algorithm>
#include <charconv>

#include <rondeau/base/assert.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/crypto/digest.h>
#include <rondeau/crypto/random.h>
#include <rondeau/extract/cookies.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/base64.h>

namespace rondeau::auth {
namespace {

using std::chrono::seconds;

seconds now() {
  return std::chrono::floor<seconds>(base::wall_clock().time_since_epoch());
}

/// Whoever reads the store cannot log in with what is there.
std::string key_of(std::string_view id) {
  return "login:" + text::base64_encode(crypto::sha256(id), text::Base64Form::Url);
}

bool take_seconds(std::string_view& text, char end, seconds& value) {
  seconds::rep number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto read = static_cast<std::size_t>(at - text.data());
  if (error != std::errc() || read == text.size() || text[read] != end) return false;
  value = seconds(number);
  text.remove_prefix(read + 1);
  return true;
}

}  // namespace

/// One login, as it is kept: `<begun> <seen> <user>`.
struct LoginCore::Session {
  std::string id = {};  ///< in a store
  seconds begun;
  seconds seen;
  std::string user;
  Bytes kept = {};  ///< as it was read from a store

  std::string text() const {
    return std::to_string(begun.count()) + " " + std::to_string(seen.count()) + " " + user;
  }
};

void LoginState::log_in(Result<std::string> json) {
  change = Change::LogIn;
  failed = !json.has_value();
  user = json ? std::optional(*std::move(json)) : std::nullopt;
}

void LoginState::log_out() {
  change = Change::LogOut;
  failed = false;
  user.reset();
}

void LoginState::rotate() {
  if (change == Change::None) change = Change::Rotate;
}

bool Logins::changed() const noexcept {
  return std::ranges::any_of(all, [](const auto& state) { return state->change != LoginState::Change::None; });
}

bool LoginState::reject(Rejection& rejection) const {
  rejection.absent = true;
  rejection.headers.emplace_back(http::HeaderName::WwwAuthenticate,
                                 "Cookie cookie-name=\"" + std::string(cookie) + "\"");
  return rejection.reject(http::StatusCode::Unauthorized, "nobody is logged in");
}

LoginCore::LoginCore(std::shared_ptr<store::Store> store, LoginOptions options)
    : store_(std::move(store)), options_(std::move(options)) {
  RONDEAU_ASSERT(store_ != nullptr);
  RONDEAU_ASSERT(options_.idle > seconds(0) && options_.lifetime > seconds(0));
}

LoginCore::LoginCore(KeyRing keys, LoginOptions options) : keys_(std::move(keys)), options_(std::move(options)) {
  RONDEAU_ASSERT(options_.idle > seconds(0) && options_.lifetime > seconds(0));
}

void LoginCore::describe(schema::Operation& operation) const {
  operation.optional_security = true;
  operation.secured_by(
      {.kind = schema::SecurityScheme::Kind::Cookie, .name = "login", .parameter = options_.cookie, .scopes = {}});
}

task::Task<http::Response> LoginCore::around(http::Request request, handler::Next next, const Attach& attach) const {
  http::RequestBlock* const block = request.is_owned() ? nullptr : &request.block();
  const auto unavailable = [block] {
    const response::Problem problem(http::StatusCode::ServiceUnavailable, "logins cannot be looked up or kept now");
    return block != nullptr ? problem.into_response(http::Request(*block)) : http::Response(problem.status());
  };

  // What the cookie says is not trusted before the store or the key has confirmed it; a field that is malformed, or has
  // two of that name, says nothing.
  std::string_view cookie;
  Rejection ignored;
  std::optional<Session> session;
  if (extract::cookie_text(request, options_.cookie, cookie, ignored)) {
    auto opened = co_await open(std::string(cookie));
    if (!opened) co_return unavailable();
    session = *std::move(opened);
  }

  auto state = std::make_shared<LoginState>();
  state->cookie = options_.cookie;
  if (session) {
    state->user = session->user;
    http::mark_personal(request);
  }
  Logins* logins = request.extensions().get<Logins>();
  if (logins == nullptr) logins = &request.extensions().insert(Logins());
  logins->all.push_back(state);
  attach(request, state);
  http::Response response = co_await next(std::move(request));
  auto done = co_await carry_out(*state, std::move(session), response);
  if (!done) co_return unavailable();
  co_return response;
}

std::optional<LoginCore::Session> LoginCore::judge(std::string_view text) const {
  Session session{.begun = {}, .seen = {}, .user = {}};
  if (!take_seconds(text, ' ', session.begun) || !take_seconds(text, ' ', session.seen)) return std::nullopt;
  session.user = text;
  const seconds time = now();
  if (time >= session.begun + options_.lifetime || time >= session.seen + options_.idle) return std::nullopt;
  return session;
}

task::Task<Result<std::optional<LoginCore::Session>>> LoginCore::open(std::string cookie) const {
  if (keys_) {
    const auto text = keys_->open("login " + options_.cookie, cookie);
    co_return text ? judge(*text) : std::optional<Session>();
  }
  RONDEAU_TRY(const auto kept, co_await store_->get(key_of(cookie)));
  std::optional<Session> session = kept ? judge(kept->view()) : std::optional<Session>();
  if (session) {
    session->id = std::move(cookie);
    session->kept = *kept;
  }
  co_return session;
}

task::Task<Result<void>> LoginCore::carry_out(LoginState& state, std::optional<Session> session,
                                              http::Response& response) const {
  if (state.failed) co_return Error(Errc::InvalidData, "the user who logs in has no JSON text");
  const seconds time = now();
  switch (state.change) {
    case LoginState::Change::None:
      if (session) co_return co_await touch(*std::move(session), response);
      co_return Result<void>();
    case LoginState::Change::Rotate:
      if (!session) co_return Result<void>();
      RONDEAU_TRY_VOID(co_await keep({.begun = session->begun, .seen = time, .user = session->user}, response));
      co_return co_await forget(session->id);
    case LoginState::Change::LogIn:
      // Under a new id, so that nobody can have planted it (session fixation).
      RONDEAU_TRY_VOID(co_await keep({.begun = time, .seen = time, .user = *state.user}, response));
      if (session) co_return co_await forget(session->id);
      co_return Result<void>();
    case LoginState::Change::LogOut:
      if (session) RONDEAU_TRY_VOID(co_await forget(session->id));
      response.add_cookie({.name = options_.cookie,
                           .max_age = {},
                           .expires = std::chrono::sys_seconds(),
                           .secure = options_.secure,
                           .same_site = options_.same_site});
      response.header(http::HeaderName::CacheControl, "no-store");
      co_return Result<void>();
  }
  co_return Result<void>();
}

task::Task<Result<void>> LoginCore::keep(Session session, http::Response& response) const {
  if (keys_) {
    set_cookie(response, keys_->seal("login " + options_.cookie, session.text()), session);
    co_return Result<void>();
  }
  std::string id = crypto::random_token();
  const seconds left = std::min(options_.idle, session.begun + options_.lifetime - now());
  if (left > seconds(0)) RONDEAU_TRY_VOID(co_await store_->put(key_of(id), Bytes(session.text()), left));
  set_cookie(response, std::move(id), session);
  co_return Result<void>();
}

task::Task<Result<void>> LoginCore::forget(std::string id) const {
  if (store_) {
    auto erased = co_await store_->erase(key_of(id));
    if (!erased) co_return std::move(erased).error();
  }
  co_return Result<void>();
}

/// Says that it was used. Not at every request, and never over a change that happened meanwhile: who has logged out
/// elsewhere stays logged out.
task::Task<Result<void>> LoginCore::touch(Session session, http::Response& response) const {
  const seconds time = now();
  if (time - session.seen < std::max(options_.idle / 30, seconds(1))) co_return Result<void>();
  session.seen = time;
  if (keys_) co_return co_await keep(std::move(session), response);
  const seconds left = std::min(options_.idle, session.begun + options_.lifetime - time);
  if (left <= seconds(0)) co_return Result<void>();
  // Where that fails the answer is as good, and the login ends earlier.
  static_cast<void>(co_await store_->compare_and_put(key_of(session.id), session.kept, Bytes(session.text()), left));
  co_return Result<void>();
}

void LoginCore::set_cookie(http::Response& response, std::string value, const Session& session) const {
  response.add_cookie({.name = options_.cookie,
                       .value = std::move(value),
                       .max_age = std::max(session.begun + options_.lifetime - now(), seconds(1)),
                       .secure = options_.secure,
                       .same_site = options_.same_site});
  response.header(http::HeaderName::CacheControl, "no-store");
}

}  // namespace rondeau::auth
