// What the API shows: users, profiles, articles, comments, as the RealWorld specification writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rondeau/reflect/naming.h>
#include <rondeau/reflect/nullable.h>

#include "timestamp.h"

namespace conduit {

using rondeau::reflect::Naming;
using rondeau::reflect::Nullable;

struct User {
  std::string email;
  std::string token;
  std::string username;
  Nullable<std::string> bio;
  Nullable<std::string> image;
};
struct UserBody {
  User user;
};

/// A user as others see them; `following` is the caller's view.
struct Profile {
  std::string username;
  Nullable<std::string> bio;
  Nullable<std::string> image;
  bool following = false;
};
struct ProfileBody {
  Profile profile;
};

/// An article in a list, without its body.
struct ArticleEntry {
  static constexpr auto naming = Naming::CamelCase;
  std::string slug;
  std::string title;
  std::string description;
  std::vector<std::string> tag_list;
  Timestamp created_at;
  Timestamp updated_at;
  bool favorited = false;
  std::int64_t favorites_count = 0;
  Profile author;
};
struct Article {
  static constexpr auto naming = Naming::CamelCase;
  std::string slug;
  std::string title;
  std::string description;
  std::string body;
  std::vector<std::string> tag_list;
  Timestamp created_at;
  Timestamp updated_at;
  bool favorited = false;
  std::int64_t favorites_count = 0;
  Profile author;
};
struct ArticleBody {
  Article article;
};
struct ArticlesBody {
  static constexpr auto naming = Naming::CamelCase;
  std::vector<ArticleEntry> articles;
  std::int64_t articles_count = 0;  ///< of all that match, not of the page
};

struct Comment {
  static constexpr auto naming = Naming::CamelCase;
  std::int64_t id = 0;
  Timestamp created_at;
  Timestamp updated_at;
  std::string body;
  Profile author;
};
struct CommentBody {
  Comment comment;
};
struct CommentsBody {
  std::vector<Comment> comments;
};

struct TagsBody {
  std::vector<std::string> tags;
};

}  // namespace conduit
