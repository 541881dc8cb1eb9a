#include "comment_store.h"

#include "article_rows.h"

namespace conduit {
namespace {

struct CommentRow {
  std::int64_t id = 0;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  std::string body;
  std::string username;
  std::optional<std::string> bio;
  std::optional<std::string> image;
  std::int64_t following = 0;
};

Comment shown(CommentRow row) {
  return {row.id,
          {row.created_at},
          {row.updated_at},
          std::move(row.body),
          {std::move(row.username), nullable(std::move(row.bio)), nullable(std::move(row.image)), row.following != 0}};
}

}  // namespace

Task<Result<std::vector<Comment>>> CommentStore::of(std::int64_t article, std::int64_t reader) const {
  RONDEAU_TRY(auto rows,
              co_await database_.all<CommentRow>(
                  "select c.id, c.created_at, c.updated_at, c.body, u.username, u.bio, u.image, "
                  "(select count(*) from follows w where w.follower = $1 and w.followee = c.author) as following "
                  "from comments c join users u on u.id = c.author where c.article = $2 "
                  "order by c.created_at, c.id",
                  reader, article));
  std::vector<Comment> comments;
  comments.reserve(rows.size());
  for (CommentRow& row : rows) comments.push_back(shown(std::move(row)));
  co_return comments;
}

Task<Result<std::optional<std::int64_t>>> CommentStore::insert(std::int64_t article, std::int64_t author,
                                                               std::string body, Timestamp at) const {
  RONDEAU_TRY(const auto id, co_await database_.maybe<std::int64_t>(
                                 "insert into comments (article, author, body, created_at, updated_at) "
                                 "select id, $2, $3, $4, $4 from articles where id = $1 returning id",
                                 article, author, body, at.milliseconds));
  co_return id;
}

Task<Result<std::optional<std::int64_t>>> CommentStore::author_of(std::int64_t article, std::int64_t id) const {
  RONDEAU_TRY(const auto author, co_await database_.maybe<std::int64_t>(
                                     "select author from comments where id = $1 and article = $2", id, article));
  co_return author;
}

Task<Result<void>> CommentStore::remove(std::int64_t id) const {
  RONDEAU_TRY_VOID(co_await database_.exec("delete from comments where id = $1", id));
  co_return {};
}

}  // namespace conduit
