// What clients send, and what of it is refused: one sentence for each thing that is wrong. Unknown members are passed
// over. The functions validate() are found by whatever reads a body.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/crypto/secret.h>
#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/naming.h>
#include <rondeau/reflect/nullable.h>
#include <rondeau/reflect/violations.h>

namespace conduit {

using rondeau::Secret;
using rondeau::Violations;
using rondeau::reflect::Patch;

struct NewUser {
  std::string username;          ///< as written; at most 64 bytes
  std::string email;             ///< compared lower-cased; at most 254 bytes
  Secret<std::string> password;  ///< 8 to 1,024 bytes
};
struct NewUserBody {
  NewUser user;
};
void validate(const NewUser& user, Violations& wrong);

struct Login {
  std::string email;
  Secret<std::string> password;
};
struct LoginBody {
  Login user;
};
void validate(const Login& login, Violations& wrong);

/// What is absent stays. null or "" clears bio and image; nothing else can be cleared.
struct UserChange {
  Patch<std::string> email;
  Patch<std::string> username;
  Patch<std::string> password;
  Patch<std::string> image;
  Patch<std::string> bio;
};
struct UserChangeBody {
  UserChange user;
};
void validate(const UserChange& change, Violations& wrong);

struct NewArticle {
  static constexpr auto naming = rondeau::reflect::Naming::CamelCase;
  std::string title;        ///< at most 255 bytes
  std::string description;  ///< at most 1,000 bytes
  std::string body;
  std::optional<std::vector<std::string>> tag_list;  ///< at most 50, of at most 64 bytes each
};
struct NewArticleBody {
  NewArticle article;
};
void validate(const NewArticle& article, Violations& wrong);

struct ArticleChange {
  Patch<std::string> title;
  Patch<std::string> description;
  Patch<std::string> body;
};
struct ArticleChangeBody {
  ArticleChange article;
};
void validate(const ArticleChange& change, Violations& wrong);

struct NewComment {
  std::string body;
};
struct NewCommentBody {
  NewComment comment;
};
void validate(const NewComment& comment, Violations& wrong);

inline constexpr std::int64_t kUsualLimit = 20;
inline constexpr std::int64_t kMostLimit = 100;  ///< of what is served; a client may ask for more

/// Filters combine with AND.
struct ListQuery {
  std::optional<std::string> tag;
  std::optional<std::string> author;
  std::optional<std::string> favorited;  ///< by the user of that name
  rondeau::Ranged<std::int64_t, 1, std::numeric_limits<std::int64_t>::max()> limit = kUsualLimit;
  rondeau::Ranged<std::int64_t, 0, std::numeric_limits<std::int64_t>::max()> offset = std::int64_t{0};
};
struct FeedQuery {
  rondeau::Ranged<std::int64_t, 1, std::numeric_limits<std::int64_t>::max()> limit = kUsualLimit;
  rondeau::Ranged<std::int64_t, 0, std::numeric_limits<std::int64_t>::max()> offset = std::int64_t{0};
};

}  // namespace conduit
