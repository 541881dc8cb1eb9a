// Pages of articles: one statement for the rows, one for how many there are, one for the tags of all of them.
#include <algorithm>
#include <unordered_map>

#include "article_rows.h"
#include "article_store.h"

namespace conduit {
namespace {

struct TagRow {
  std::int64_t article = 0;
  std::string tag;
};

// $1 reader, $2 tag, $3 author, $4 favorited, $5 whether only of followed authors. Casts, since a null has no type.
#define CONDUIT_ARTICLE_FILTER                                                                                       \
  "from articles a join users u on u.id = a.author "                                                                 \
  "where (cast($2 as text) is null or exists (select 1 from article_tags t where t.article = a.id and t.tag = $2)) " \
  "and (cast($3 as text) is null or u.username = $3) "                                                               \
  "and (cast($4 as text) is null or exists (select 1 from favorites l join users r on r.id = l.reader "              \
  "where l.article = a.id and r.username = $4)) "                                                                    \
  "and ($5 = 0 or exists (select 1 from follows o where o.follower = $1 and o.followee = a.author)) "

/// The two databases take a list each in its own way.
Task<Result<std::vector<TagRow>>> tags_of(sql::Database database, std::vector<std::int64_t> articles) {
  if (database.system() == "sqlite") {
    RONDEAU_TRY(auto rows, co_await database.all<TagRow>(
                               "select article, tag from article_tags "
                               "where article in (select value from json_each($1)) order by article, tag",
                               articles));
    co_return rows;
  }
  RONDEAU_TRY(auto rows,
              co_await database.all<TagRow>(
                  "select article, tag from article_tags where article = any($1) order by article, tag", articles));
  co_return rows;
}

}  // namespace

Task<Result<ArticlesBody>> ArticleStore::list(std::int64_t reader, ArticleFilter filter, Page page) const {
  const std::int64_t followed = filter.followed_only ? 1 : 0;
  RONDEAU_TRY(auto both, co_await database_.batch(
                             sql::all<ArticleRow>("select " CONDUIT_ARTICLE_COLUMNS CONDUIT_ARTICLE_FILTER
                                                  "order by a.created_at desc, a.id desc limit $6 offset $7",
                                                  reader, filter.tag, filter.author, filter.favorited, followed,
                                                  page.limit, page.offset),
                             sql::scalar<std::int64_t>("select count(*) " CONDUIT_ARTICLE_FILTER, reader, filter.tag,
                                                       filter.author, filter.favorited, followed)));
  auto& [rows, count] = both;
  ArticlesBody body{{}, count};
  if (rows.empty()) co_return body;
  std::vector<std::int64_t> ids;
  std::unordered_map<std::int64_t, std::size_t> places;
  for (ArticleRow& row : rows) {
    places.emplace(row.id, body.articles.size());
    ids.push_back(row.id);
    show(std::move(row), body.articles.emplace_back());
  }
  RONDEAU_TRY(auto tags, co_await tags_of(database_, std::move(ids)));
  for (TagRow& row : tags) body.articles[places.at(row.article)].tag_list.push_back(std::move(row.tag));
  co_return body;
}

#undef CONDUIT_ARTICLE_FILTER

}  // namespace conduit
