#include "passwords.h"

#include <utility>

#include <rondeau/task/blocking.h>

namespace conduit {

using namespace rondeau;

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kWaiting = 32;

/// 16 bytes of salt and 32 of hash, all zero: nobody finds what hashes to that.
std::string dummy_of(const crypto::ScryptCost& cost) {
  return "$scrypt$ln=" + std::to_string(cost.log_n) + ",r=" + std::to_string(cost.r) + ",p=" + std::to_string(cost.p) +
         "$" + std::string(22, 'A') + "$" + std::string(43, 'A');
}

/// That the pool is full is for the client to know, not for the log.
Failure why_not(const JoinError& error) {
  if (!error.is_overloaded()) return Error(error);
  return problem(StatusCode::ServiceUnavailable, "too many logins at once").header(http::HeaderName::RetryAfter, "1");
}

}  // namespace

PasswordHasher::PasswordHasher(crypto::ScryptCost cost)
    : cost_(cost),
      dummy_(dummy_of(cost)),
      pool_({.name = "password", .max_threads = kThreads, .queue_limit = kWaiting}) {}

Task<Result<std::string, Failure>> PasswordHasher::hash(Secret<std::string> password) {
  auto hashed = co_await spawn_blocking(
      pool_, [password = std::move(password), cost = cost_] { return crypto::hash_password(password.reveal(), cost); });
  if (!hashed) co_return why_not(hashed.error());
  co_return *std::move(hashed);
}

Task<Result<bool, Failure>> PasswordHasher::verify(Secret<std::string> password, std::optional<std::string> hash) {
  const bool known = hash.has_value();
  auto right =
      co_await spawn_blocking(pool_, [password = std::move(password), hash = std::move(hash).value_or(dummy_)] {
        return crypto::check_password(password.reveal(), hash);
      });
  if (!right) co_return why_not(right.error());
  co_return known && *right;
}

}  // namespace conduit
