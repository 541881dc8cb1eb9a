// What article_store.cpp and article_pages.cpp have in common: the columns of an article, with its author.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models.h"

namespace conduit {

struct ArticleRow {
  std::int64_t id = 0;
  std::int64_t author = 0;
  std::string slug;
  std::string title;
  std::string description;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  std::int64_t favorites = 0;
  std::int64_t favorited = 0;
  std::string username;
  std::optional<std::string> bio;
  std::optional<std::string> image;
  std::int64_t following = 0;
};

/// The text of a statement is a literal, so what is shared between statements is one as well. $1 is the reader.
#define CONDUIT_ARTICLE_COLUMNS                                                                              \
  "a.id, a.author, a.slug, a.title, a.description, a.created_at, a.updated_at, u.username, u.bio, u.image, " \
  "(select count(*) from favorites f where f.article = a.id) as favorites, "                                 \
  "(select count(*) from favorites f where f.article = a.id and f.reader = $1) as favorited, "               \
  "(select count(*) from follows w where w.follower = $1 and w.followee = a.author) as following "

template <class Optional>
Nullable<std::string> nullable(Optional text) {
  return text ? Nullable<std::string>(*std::move(text)) : Nullable<std::string>();
}

/// All but tags and body.
template <class Shown>
void show(ArticleRow row, Shown& out) {
  out.slug = std::move(row.slug);
  out.title = std::move(row.title);
  out.description = std::move(row.description);
  out.created_at = {row.created_at};
  out.updated_at = {row.updated_at};
  out.favorited = row.favorited != 0;
  out.favorites_count = row.favorites;
  out.author = {std::move(row.username), nullable(std::move(row.bio)), nullable(std::move(row.image)),
                row.following != 0};
}

}  // namespace conduit
