// POST and DELETE /articles/{slug}/favorite.
#include <string>
#include <utility>

#include "caller.h"

namespace conduit {

using namespace rondeau;

namespace {

Task<Result<Json<ArticleBody>, Failure>> favorite(State<App> app, Depends<current_user> caller,
                                                  Path<"slug", std::string> slug) {
  RONDEAU_TRY(const auto found, co_await known_article(app->articles, caller->id, *slug));
  RONDEAU_TRY_VOID(co_await app->articles.favorite(caller->id, found.id));
  app->feeds->publish(Favorited{found.author});
  RONDEAU_TRY(auto changed, co_await known_article(app->articles, caller->id, *slug));
  co_return Json{ArticleBody{std::move(changed.article)}};
}

Task<Result<Json<ArticleBody>, Failure>> unfavorite(State<App> app, Depends<current_user> caller,
                                                    Path<"slug", std::string> slug) {
  RONDEAU_TRY(const auto found, co_await known_article(app->articles, caller->id, *slug));
  RONDEAU_TRY_VOID(co_await app->articles.unfavorite(caller->id, found.id));
  app->feeds->publish(Favorited{found.author});
  RONDEAU_TRY(auto changed, co_await known_article(app->articles, caller->id, *slug));
  co_return Json{ArticleBody{std::move(changed.article)}};
}

}  // namespace

void add_favorites(Router<App>& api) {
  api.post<"/articles/{slug}/favorite">(favorite)
      .summary("Like an article")
      .tag("favorites")
      .also(StatusCode::NotFound);
  api.del<"/articles/{slug}/favorite">(unfavorite)
      .summary("Like an article no more")
      .tag("favorites")
      .also(StatusCode::NotFound);
}

}  // namespace conduit
