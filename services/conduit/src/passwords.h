// Passwords: scrypt takes 32 MiB and a tenth of a second each, so it has threads of its own, and few.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <rondeau/base/result.h>
#include <rondeau/crypto/password.h>
#include <rondeau/task/blocking_pool.h>
#include <rondeau/task/task.h>

#include "failure.h"

namespace conduit {

/// Hashes on the pool "password": 2 at once, 32 wait, one more is a 503 with Retry-After at once.
///
/// Cancellation: what waits never begins, what runs goes on to its end for nothing. Thread safety: any task.
/// Lifetime: outlives its tasks; the destructor waits for what runs.
class PasswordHasher {
 public:
  explicit PasswordHasher(rondeau::crypto::ScryptCost cost = {});

  /// What to keep for that password.
  rondeau::Task<rondeau::Result<std::string, Failure>> hash(rondeau::Secret<std::string> password);
  /// Whether that is the password. Without a hash, as for an email that nobody has, it is not, which takes as long to
  /// say.
  rondeau::Task<rondeau::Result<bool, Failure>> verify(rondeau::Secret<std::string> password,
                                                       std::optional<std::string> hash);
  const rondeau::BlockingPool& pool() const noexcept { return pool_; }

 private:
  const rondeau::crypto::ScryptCost cost_;
  const std::string dummy_;  ///< a hash at the same cost that no password has
  rondeau::BlockingPool pool_;
};

}  // namespace conduit
