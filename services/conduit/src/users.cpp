// POST /users, POST /users/login, GET and PUT /user.
#include <optional>
#include <string>
#include <utility>

#include <rondeau/text/ascii.h>

#include "article_rows.h"
#include "caller.h"
#include "requests.h"

namespace conduit {

using namespace rondeau;

namespace {

Result<Json<UserBody>, Failure> shown(const App& app, Account account) {
  RONDEAU_TRY_PLAIN(std::string token, app.tokens.issue(account.id));
  return Json{UserBody{{std::move(account.email), std::move(token), std::move(account.username),
                        nullable(std::move(account.bio)), nullable(std::move(account.image))}}};
}

Problem refused(const Taken& taken) {
  Problem problem = invalid("email or username has already been taken");
  if (taken.email) problem.error({"body", "/user/email", "taken", "has already been taken"});
  if (taken.username) problem.error({"body", "/user/username", "taken", "has already been taken"});
  return problem;
}

Task<Result<WithStatus<201, Json<UserBody>>, Failure>> sign_up(State<App> app, Json<NewUserBody> in) {
  NewUser& wanted = in->user;
  Account account{0, text::to_lower(wanted.email), wanted.username, "", std::nullopt, std::nullopt};
  // Before it costs a hash.
  RONDEAU_TRY(const Taken taken, co_await app->users.taken(account.email, account.username, 0));
  if (taken) co_return refused(taken);
  RONDEAU_TRY(account.password_hash, co_await app->passwords->hash(std::move(wanted.password)));
  const auto id = co_await app->users.insert(account);
  if (!id && id.error() == Errc::AlreadyExists) {
    RONDEAU_TRY(const Taken meanwhile, co_await app->users.taken(account.email, account.username, 0));
    co_return refused(meanwhile);
  }
  if (!id) co_return id.error();
  account.id = *id;
  RONDEAU_TRY(auto body, shown(*app, std::move(account)));
  co_return WithStatus<201, Json<UserBody>>{std::move(body)};
}

/// Whether an email is known cannot be told from the answer, nor from how long it takes.
Task<Result<Json<UserBody>, Failure>> log_in(State<App> app, Json<LoginBody> in, std::optional<ClientIp> client) {
  const std::string email = text::to_lower(in->user.email);
  if (const auto wait = app->logins->refuse(client ? (*client)->to_string() : "", email)) {
    co_return problem(StatusCode::TooManyRequests, "too many logins; try again later")
        .header(http::HeaderName::RetryAfter, std::to_string(wait->count()));
  }
  RONDEAU_TRY(auto account, co_await app->users.by_email(email));
  RONDEAU_TRY(const bool right,
              co_await app->passwords->verify(std::move(in->user.password),
                                              account ? std::optional(account->password_hash) : std::nullopt));
  if (!right) co_return unauthorized("email or password is invalid");
  co_return shown(*app, *std::move(account));
}

Task<Result<Json<UserBody>, Failure>> show_user(State<App> app, Depends<current_user> caller) {
  co_return shown(*app, *caller);
}

/// null and "" clear.
void set_or_clear(const Patch<std::string>& change, std::optional<std::string>& target) {
  change.apply_to(target);
  if (target && target->empty()) target.reset();
}

Task<Result<Json<UserBody>, Failure>> change_user(State<App> app, Depends<current_user> caller,
                                                  Json<UserChangeBody> in) {
  UserChange& change = in->user;
  Account account = *caller;
  if (change.email) account.email = text::to_lower(*change.email);
  if (change.username) account.username = *change.username;
  set_or_clear(change.bio, account.bio);
  set_or_clear(change.image, account.image);
  RONDEAU_TRY(const Taken taken, co_await app->users.taken(account.email, account.username, account.id));
  if (taken) co_return refused(taken);
  if (change.password) {
    RONDEAU_TRY(account.password_hash, co_await app->passwords->hash(Secret(*std::move(change.password))));
  }
  const auto changed = co_await app->users.update(account);
  if (!changed && changed.error() == Errc::AlreadyExists) {
    RONDEAU_TRY(const Taken meanwhile, co_await app->users.taken(account.email, account.username, account.id));
    co_return refused(meanwhile);
  }
  if (!changed) co_return changed.error();
  if (!*changed) co_return unauthorized("token is of a user who does not exist");
  app->feeds->publish(ArticlePublished{account.id});  // feeds show the author's name and image
  co_return shown(*app, std::move(account));
}

}  // namespace

void add_users(Router<App>& api) {
  api.post<"/users">(sign_up).summary("Register").tag("users").also(StatusCode::ServiceUnavailable);
  api.post<"/users/login">(log_in)
      .summary("Log in")
      .tag("users")
      .also(StatusCode::Unauthorized)
      .also(StatusCode::TooManyRequests)
      .also(StatusCode::ServiceUnavailable);
  api.get<"/user">(show_user).summary("Tell who the caller is").tag("users");
  api.put<"/user">(change_user).summary("Change the caller").tag("users").also(StatusCode::ServiceUnavailable);
}

}  // namespace conduit
