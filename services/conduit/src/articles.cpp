// POST /articles; GET, PUT and DELETE /articles/{slug}.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "article_rows.h"
#include "caller.h"
#include "requests.h"

namespace conduit {

using namespace rondeau;

namespace {

/// Sorted by bytes, each once.
std::vector<std::string> in_order(std::vector<std::string> tags) {
  std::ranges::sort(tags);
  tags.erase(std::ranges::unique(tags).begin(), tags.end());
  return tags;
}

Task<Result<WithStatus<201, Json<ArticleBody>>, Failure>> publish(State<App> app, Depends<current_user> caller,
                                                                  Json<NewArticleBody> in) {
  NewArticle& wanted = in->article;
  Article article;
  article.title = std::move(wanted.title);
  article.description = std::move(wanted.description);
  article.body = std::move(wanted.body);
  article.tag_list = in_order(std::move(wanted.tag_list).value_or(std::vector<std::string>()));
  article.created_at = article.updated_at = now();
  article.author = {caller->username, nullable(caller->bio), nullable(caller->image), false};
  RONDEAU_TRY(article.slug, co_await app->articles.insert(caller->id, article));
  app->feeds->publish(ArticlePublished{caller->id});
  co_return WithStatus<201, Json<ArticleBody>>{Json{ArticleBody{std::move(article)}}};
}

Task<Result<Json<ArticleBody>, Failure>> show_article(State<App> app, Depends<viewer> reader,
                                                      Path<"slug", std::string> slug) {
  RONDEAU_TRY(auto found, co_await known_article(app->articles, reader->id, *slug));
  co_return Json{ArticleBody{std::move(found.article)}};
}

/// The caller's own article of that slug: 404, or 403 where it is somebody else's.
Task<Result<StoredArticle, Failure>> own_article(ArticleStore articles, std::int64_t caller, std::string slug) {
  RONDEAU_TRY(auto found, co_await known_article(std::move(articles), caller, std::move(slug)));
  if (found.author != caller) co_return forbidden("article is not yours");
  co_return found;
}

Task<Result<Json<ArticleBody>, Failure>> change_article(State<App> app, Depends<current_user> caller,
                                                        Path<"slug", std::string> slug, Json<ArticleChangeBody> in) {
  RONDEAU_TRY(auto found, co_await own_article(app->articles, caller->id, *slug));
  ArticleChange& change = in->article;
  Article& article = found.article;
  const bool new_title = change.title && *change.title != article.title;
  if (change.title) article.title = *std::move(change.title);
  if (change.description) article.description = *std::move(change.description);
  if (change.body) article.body = *std::move(change.body);
  article.updated_at = now();
  RONDEAU_TRY(auto changed, co_await app->articles.update(found, new_title));
  if (!changed) co_return not_found("article");
  article.slug = *std::move(changed);
  app->feeds->publish(ArticlePublished{caller->id});
  co_return Json{ArticleBody{std::move(article)}};
}

Task<Result<NoContent, Failure>> remove_article(State<App> app, Depends<current_user> caller,
                                                Path<"slug", std::string> slug) {
  RONDEAU_TRY(const auto found, co_await own_article(app->articles, caller->id, *slug));
  RONDEAU_TRY_VOID(co_await app->articles.remove(found.id));
  app->feeds->publish(ArticlePublished{caller->id});
  co_return NoContent{};
}

}  // namespace

void add_articles(Router<App>& api) {
  // A body of 1 MiB has room in JSON that escapes much of it.
  api.post<"/articles">(publish).summary("Publish an article").tag("articles").body_limit(8 * 1024 * 1024);
  api.get<"/articles/{slug}">(show_article).summary("Show an article").tag("articles").also(StatusCode::NotFound);
  api.put<"/articles/{slug}">(change_article)
      .summary("Change an article of the caller's")
      .tag("articles")
      .body_limit(8 * 1024 * 1024)
      .also(StatusCode::Forbidden)
      .also(StatusCode::NotFound);
  api.del<"/articles/{slug}">(remove_article)
      .summary("Delete an article of the caller's")
      .tag("articles")
      .also(StatusCode::Forbidden)
      .also(StatusCode::NotFound);
}

}  // namespace conduit
