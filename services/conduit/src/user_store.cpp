#include "user_store.h"

namespace conduit {
namespace {

struct Holder {
  std::string email;
  std::string username;
};

}  // namespace

Task<Result<std::optional<Account>>> UserStore::by_id(std::int64_t id) const {
  RONDEAU_TRY(auto found, co_await database_.maybe<Account>(
                              "select id, email, username, password_hash, bio, image from users where id = $1", id));
  co_return found;
}

Task<Result<std::optional<Account>>> UserStore::by_email(std::string email) const {
  RONDEAU_TRY(auto found,
              co_await database_.maybe<Account>(
                  "select id, email, username, password_hash, bio, image from users where email = $1", email));
  co_return found;
}

Task<Result<std::optional<Account>>> UserStore::by_username(std::string username) const {
  RONDEAU_TRY(auto found,
              co_await database_.maybe<Account>(
                  "select id, email, username, password_hash, bio, image from users where username = $1", username));
  co_return found;
}

Task<Result<Taken>> UserStore::taken(std::string email, std::string username, std::int64_t except) const {
  RONDEAU_TRY(const auto holders,
              co_await database_.all<Holder>(
                  "select email, username from users where (email = $1 or username = $2) and id <> $3", email, username,
                  except));
  Taken taken;
  for (const Holder& holder : holders) {
    taken.email = taken.email || holder.email == email;
    taken.username = taken.username || holder.username == username;
  }
  co_return taken;
}

Task<Result<std::int64_t>> UserStore::insert(Account account) const {
  RONDEAU_TRY(
      const std::int64_t id,
      co_await database_.scalar<std::int64_t>(
          "insert into users (email, username, password_hash, bio, image) values ($1, $2, $3, $4, $5) returning id",
          account.email, account.username, account.password_hash, account.bio, account.image));
  co_return id;
}

Task<Result<bool>> UserStore::update(Account account) const {
  RONDEAU_TRY(const std::int64_t changed,
              co_await database_.exec("update users set email = $2, username = $3, password_hash = $4, bio = $5, "
                                      "image = $6 where id = $1",
                                      account.id, account.email, account.username, account.password_hash, account.bio,
                                      account.image));
  co_return changed == 1;
}

Task<Result<void>> UserStore::follow(std::int64_t follower, std::int64_t followee) const {
  RONDEAU_TRY_VOID(co_await database_.exec(
      "insert into follows (follower, followee) select $1, id from users where id = $2 on conflict do nothing",
      follower, followee));
  co_return {};
}

Task<Result<void>> UserStore::unfollow(std::int64_t follower, std::int64_t followee) const {
  RONDEAU_TRY_VOID(
      co_await database_.exec("delete from follows where follower = $1 and followee = $2", follower, followee));
  co_return {};
}

Task<Result<bool>> UserStore::follows(std::int64_t follower, std::int64_t followee) const {
  RONDEAU_TRY(const std::int64_t count,
              co_await database_.scalar<std::int64_t>(
                  "select count(*) from follows where follower = $1 and followee = $2", follower, followee));
  co_return count != 0;
}

Task<Result<std::vector<std::int64_t>>> UserStore::followers(std::int64_t followee) const {
  RONDEAU_TRY(auto all,
              co_await database_.all<std::int64_t>("select follower from follows where followee = $1", followee));
  co_return all;
}

}  // namespace conduit
