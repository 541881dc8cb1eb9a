#include "article_store.h"

#include "article_rows.h"
#include "slug.h"

namespace conduit {
namespace {

constexpr int kTries = 5;

/// The first slug is as the title says, unless nobody may have that.
std::string slug_for(const std::string& title, int attempt) {
  std::string slug = slug_of(title);
  return attempt > 1 || is_reserved(slug) ? with_suffix(std::move(slug)) : slug;
}

}  // namespace

Task<Result<std::optional<StoredArticle>>> ArticleStore::find(std::int64_t reader, std::string slug) const {
  RONDEAU_TRY(auto all,
              co_await database_.batch(
                  sql::maybe<ArticleRow>("select " CONDUIT_ARTICLE_COLUMNS
                                         "from articles a join users u on u.id = a.author where a.slug = $2",
                                         reader, slug),
                  sql::maybe<std::string>("select body from articles where slug = $1", slug),
                  sql::all<std::string>("select t.tag from article_tags t join articles a on a.id = t.article "
                                        "where a.slug = $1 order by t.tag",
                                        slug)));
  auto& [row, body, tags] = all;
  // A batch is one transaction, but on PostgreSQL each statement sees what was committed before it.
  if (!row || !body) co_return std::nullopt;
  StoredArticle found{row->id, row->author, {}};
  show(*std::move(row), found.article);
  found.article.body = *std::move(body);
  found.article.tag_list = std::move(tags);
  co_return found;
}

Task<Result<std::string>> ArticleStore::insert(std::int64_t author, Article article) const {
  for (int attempt = 1; attempt <= kTries; ++attempt) {
    article.slug = slug_for(article.title, attempt);
    auto inserted = co_await database_.transaction(
        [author, article](sql::Transaction& transaction) -> Task<Result<bool, sql::Error>> {
          RONDEAU_TRY(const auto id, co_await transaction.maybe<std::int64_t>(
                                         "insert into articles (slug, author, title, description, body, created_at, "
                                         "updated_at) values ($1, $2, $3, $4, $5, $6, $7) "
                                         "on conflict (slug) do nothing returning id",
                                         article.slug, author, article.title, article.description, article.body,
                                         article.created_at.milliseconds, article.updated_at.milliseconds));
          if (!id) co_return false;
          std::vector<sql::Item<std::int64_t>> tags;
          for (const std::string& tag : article.tag_list) {
            tags.push_back(sql::exec("insert into article_tags (article, tag) values ($1, $2)", *id, tag));
          }
          if (!tags.empty()) RONDEAU_TRY_VOID(co_await transaction.batch(std::move(tags)));
          co_return true;
        });
    if (!inserted) co_return rondeau::Error(inserted.error());
    if (*inserted) co_return article.slug;
  }
  co_return rondeau::Error(rondeau::Errc::AlreadyExists, "found no free slug");
}

Task<Result<std::optional<std::string>>> ArticleStore::update(StoredArticle changed, bool new_title) const {
  const Article& article = changed.article;
  for (int attempt = 1; attempt <= kTries; ++attempt) {
    const std::string slug = new_title ? slug_for(article.title, attempt) : article.slug;
    const auto rows = co_await database_.exec(
        "update articles set slug = $2, title = $3, description = $4, body = $5, updated_at = $6 "
        "where id = $1",
        changed.id, slug, article.title, article.description, article.body, article.updated_at.milliseconds);
    if (rows && *rows == 0) co_return std::nullopt;
    if (rows) co_return slug;
    if (!rows.error().is_unique_violation()) co_return rondeau::Error(rows.error());
  }
  co_return rondeau::Error(rondeau::Errc::AlreadyExists, "found no free slug");
}

Task<Result<void>> ArticleStore::remove(std::int64_t id) const {
  RONDEAU_TRY_VOID(co_await database_.exec("delete from articles where id = $1", id));
  co_return {};
}

Task<Result<void>> ArticleStore::favorite(std::int64_t reader, std::int64_t id) const {
  RONDEAU_TRY_VOID(co_await database_.exec(
      "insert into favorites (reader, article) select $1, id from articles where id = $2 on conflict do nothing",
      reader, id));
  co_return {};
}

Task<Result<void>> ArticleStore::unfavorite(std::int64_t reader, std::int64_t id) const {
  RONDEAU_TRY_VOID(co_await database_.exec("delete from favorites where reader = $1 and article = $2", reader, id));
  co_return {};
}

Task<Result<std::vector<std::string>>> ArticleStore::tags() const {
  RONDEAU_TRY(auto tags, co_await database_.all<std::string>("select distinct tag from article_tags order by tag"));
  co_return tags;
}

}  // namespace conduit
