// GET /articles and GET /articles/feed.
#include <algorithm>
#include <utility>

#include "caller.h"
#include "requests.h"

namespace conduit {

using namespace rondeau;

namespace {

Task<Result<Json<ArticlesBody>, Failure>> list_articles(State<App> app, Depends<viewer> reader,
                                                        Query<ListQuery> query) {
  ArticleFilter filter{std::move(query->tag), std::move(query->author), std::move(query->favorited)};
  RONDEAU_TRY(auto page, co_await app->articles.list(reader->id, std::move(filter),
                                                     {std::min(*query->limit, kMostLimit), *query->offset}));
  co_return Json{std::move(page)};
}

Task<Result<Json<ArticlesBody>, Failure>> show_feed(State<App> app, Depends<current_user> caller,
                                                    Query<FeedQuery> query) {
  const Page page{std::min(*query->limit, kMostLimit), *query->offset};
  const bool is_first = page.limit == kUsualLimit && page.offset == 0;
  FeedCache& cache = app->feeds->cache();
  if (is_first) {
    if (auto kept = cache.find(caller->id)) co_return Json{*std::move(kept)};
  }
  const std::uint64_t stamp = cache.stamp();
  RONDEAU_TRY(auto feed, co_await app->articles.list(caller->id, {.followed_only = true}, page));
  if (is_first) cache.put(caller->id, feed, stamp);
  co_return Json{std::move(feed)};
}

}  // namespace

void add_article_lists(Router<App>& api) {
  api.get<"/articles">(list_articles).summary("List articles, the newest first").tag("articles");
  api.get<"/articles/feed">(show_feed).summary("List articles of followed users").tag("articles");
}

}  // namespace conduit
