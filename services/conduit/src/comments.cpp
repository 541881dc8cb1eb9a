// GET and POST /articles/{slug}/comments, DELETE /articles/{slug}/comments/{id}.
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "article_rows.h"
#include "caller.h"
#include "requests.h"

namespace conduit {

using namespace rondeau;

namespace {

Task<Result<Json<CommentsBody>, Failure>> list_comments(State<App> app, Depends<viewer> reader,
                                                        Path<"slug", std::string> slug) {
  RONDEAU_TRY(const auto found, co_await known_article(app->articles, reader->id, *slug));
  RONDEAU_TRY(auto comments, co_await app->comments.of(found.id, reader->id));
  co_return Json{CommentsBody{std::move(comments)}};
}

Task<Result<Json<CommentBody>, Failure>> add_comment(State<App> app, Depends<current_user> caller,
                                                     Path<"slug", std::string> slug, Json<NewCommentBody> in) {
  RONDEAU_TRY(const auto found, co_await known_article(app->articles, caller->id, *slug));
  Comment comment;
  comment.created_at = comment.updated_at = now();
  comment.body = std::move(in->comment.body);
  comment.author = {caller->username, nullable(caller->bio), nullable(caller->image), false};
  RONDEAU_TRY(const auto id, co_await app->comments.insert(found.id, caller->id, comment.body, comment.created_at));
  if (!id) co_return not_found("article");
  comment.id = *id;
  co_return Json{CommentBody{std::move(comment)}};
}

/// What is no number is the id of no comment.
std::optional<std::int64_t> comment_id(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(id) : std::nullopt;
}

Task<Result<NoContent, Failure>> remove_comment(State<App> app, Depends<current_user> caller,
                                                Path<"slug", std::string> slug, Path<"id", std::string> text) {
  RONDEAU_TRY(const auto found, co_await known_article(app->articles, caller->id, *slug));
  const std::optional<std::int64_t> id = comment_id(*text);
  if (!id) co_return not_found("comment");
  RONDEAU_TRY(const auto author, co_await app->comments.author_of(found.id, *id));
  if (!author) co_return not_found("comment");
  if (*author != caller->id) co_return forbidden("comment is not yours");
  RONDEAU_TRY_VOID(co_await app->comments.remove(*id));
  co_return NoContent{};
}

}  // namespace

void add_comments(Router<App>& api) {
  api.get<"/articles/{slug}/comments">(list_comments)
      .summary("List the comments on an article, the oldest first")
      .tag("comments")
      .also(StatusCode::NotFound);
  api.post<"/articles/{slug}/comments">(add_comment)
      .summary("Comment on an article")
      .tag("comments")
      .also(StatusCode::NotFound);
  api.del<"/articles/{slug}/comments/{id}">(remove_comment)
      .summary("Delete a comment of the caller's")
      .tag("comments")
      .also(StatusCode::Forbidden)
      .also(StatusCode::NotFound);
}

}  // namespace conduit
