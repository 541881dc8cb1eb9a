// Users and whom they follow, in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "database.h"

namespace conduit {

/// A user as it is stored.
struct Account {
  std::int64_t id = 0;
  std::string email;  ///< lower-cased
  std::string username;
  std::string password_hash;
  std::optional<std::string> bio;
  std::optional<std::string> image;
};

/// Which of them another user has.
struct Taken {
  bool email = false;
  bool username = false;
  explicit operator bool() const noexcept { return email || username; }
};

/// Errors: what the database says, AlreadyExists where somebody was faster to take an email or a username.
/// Thread safety: any task. Copies are the same store.
class UserStore {
 public:
  explicit UserStore(sql::Database database) : database_(std::move(database)) {}

  Task<Result<std::optional<Account>>> by_id(std::int64_t id) const;
  Task<Result<std::optional<Account>>> by_email(std::string email) const;
  Task<Result<std::optional<Account>>> by_username(std::string username) const;
  /// By others than `except`, whose id is 0 for nobody.
  Task<Result<Taken>> taken(std::string email, std::string username, std::int64_t except) const;
  /// Gives its id.
  Task<Result<std::int64_t>> insert(Account account) const;
  /// All of it, by its id. False: there is no such user any more.
  Task<Result<bool>> update(Account account) const;

  /// Both are idempotent.
  Task<Result<void>> follow(std::int64_t follower, std::int64_t followee) const;
  Task<Result<void>> unfollow(std::int64_t follower, std::int64_t followee) const;
  Task<Result<bool>> follows(std::int64_t follower, std::int64_t followee) const;
  Task<Result<std::vector<std::int64_t>>> followers(std::int64_t followee) const;

 private:
  sql::Database database_;
};

}  // namespace conduit
