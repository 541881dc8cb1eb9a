// GET /profiles/{username}, POST and DELETE /profiles/{username}/follow.
#include <string>
#include <utility>

#include "article_rows.h"
#include "caller.h"

namespace conduit {

using namespace rondeau;

namespace {

Json<ProfileBody> shown(Account account, bool following) {
  return Json{ProfileBody{
      {std::move(account.username), nullable(std::move(account.bio)), nullable(std::move(account.image)), following}}};
}

/// The user of that name, or the problem that answers.
Task<Result<Account, Failure>> known_user(UserStore users, std::string username) {
  RONDEAU_TRY(auto found, co_await users.by_username(std::move(username)));
  if (!found) co_return not_found("profile");
  co_return *std::move(found);
}

Task<Result<Json<ProfileBody>, Failure>> show_profile(State<App> app, Depends<viewer> reader,
                                                      Path<"username", std::string> username) {
  RONDEAU_TRY(auto account, co_await known_user(app->users, *username));
  bool following = false;
  if (reader->id != 0) {
    RONDEAU_TRY(following, co_await app->users.follows(reader->id, account.id));
  }
  co_return shown(std::move(account), following);
}

Task<Result<Json<ProfileBody>, Failure>> follow(State<App> app, Depends<current_user> caller,
                                                Path<"username", std::string> username) {
  RONDEAU_TRY(auto account, co_await known_user(app->users, *username));
  RONDEAU_TRY_VOID(co_await app->users.follow(caller->id, account.id));
  app->feeds->publish(Followed{caller->id});
  co_return shown(std::move(account), true);
}

Task<Result<Json<ProfileBody>, Failure>> unfollow(State<App> app, Depends<current_user> caller,
                                                  Path<"username", std::string> username) {
  RONDEAU_TRY(auto account, co_await known_user(app->users, *username));
  RONDEAU_TRY_VOID(co_await app->users.unfollow(caller->id, account.id));
  app->feeds->publish(Followed{caller->id});
  co_return shown(std::move(account), false);
}

}  // namespace

void add_profiles(Router<App>& api) {
  api.get<"/profiles/{username}">(show_profile).summary("Tell of a user").tag("profiles").also(StatusCode::NotFound);
  api.post<"/profiles/{username}/follow">(follow).summary("Follow a user").tag("profiles").also(StatusCode::NotFound);
  api.del<"/profiles/{username}/follow">(unfollow)
      .summary("Follow a user no more")
      .tag("profiles")
      .also(StatusCode::NotFound);
}

}  // namespace conduit
