#include "caller.h"

#include <utility>

namespace conduit {

using namespace rondeau;

Task<Result<Account, Failure>> current_user(State<App> app, AccessToken token) {
  const std::optional<std::int64_t> id = app->tokens.user_of(token.text);
  if (!id) co_return unauthorized("token is invalid or has expired");
  RONDEAU_TRY(auto account, co_await app->users.by_id(*id));
  if (!account) co_return unauthorized("token is of a user who does not exist");
  co_return *std::move(account);
}

Task<Result<Viewer, Failure>> viewer(State<App> app, std::optional<AccessToken> token) {
  if (!token) co_return Viewer();
  RONDEAU_TRY(const Account account, co_await current_user(std::move(app), *std::move(token)));
  co_return Viewer{account.id};
}

Task<Result<StoredArticle, Failure>> known_article(ArticleStore articles, std::int64_t reader, std::string slug) {
  RONDEAU_TRY(auto found, co_await articles.find(reader, std::move(slug)));
  if (!found) co_return not_found("article");
  co_return *std::move(found);
}

}  // namespace conduit
