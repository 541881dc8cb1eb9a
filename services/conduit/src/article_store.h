// Articles, their tags and who likes them, in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "database.h"
#include "models.h"

namespace conduit {

/// An article, and what the API does not show of it.
struct StoredArticle {
  std::int64_t id = 0;
  std::int64_t author = 0;
  Article article;
};

struct ArticleFilter {
  std::optional<std::string> tag = {};
  std::optional<std::string> author = {};
  std::optional<std::string> favorited = {};  ///< by the user of that name
  bool followed_only = false;                 ///< of authors whom the reader follows
};
struct Page {
  std::int64_t limit = 20;
  std::int64_t offset = 0;
};

/// `reader` is whose view `favorited` and `following` are; 0: nobody's.
/// Errors: what the database says. Thread safety: any task. Copies are the same store.
class ArticleStore {
 public:
  explicit ArticleStore(sql::Database database) : database_(std::move(database)) {}

  /// Newest first. Three statements, however long the page.
  Task<Result<ArticlesBody>> list(std::int64_t reader, ArticleFilter filter, Page page) const;
  Task<Result<std::optional<StoredArticle>>> find(std::int64_t reader, std::string slug) const;
  /// Gives the slug: that of the title, or one like it that is free. Errors: also AlreadyExists after 5 tries.
  Task<Result<std::string>> insert(std::int64_t author, Article article) const;
  /// Title, description and body, by id; with a new title a new slug, which it gives; nothing where the article is
  /// gone.
  Task<Result<std::optional<std::string>>> update(StoredArticle changed, bool new_title) const;
  /// Its comments, tags and favourites go with it.
  Task<Result<void>> remove(std::int64_t id) const;

  /// Both are idempotent.
  Task<Result<void>> favorite(std::int64_t reader, std::int64_t id) const;
  Task<Result<void>> unfavorite(std::int64_t reader, std::int64_t id) const;

  /// Of existing articles, sorted by bytes.
  Task<Result<std::vector<std::string>>> tags() const;

 private:
  sql::Database database_;
};

}  // namespace conduit
