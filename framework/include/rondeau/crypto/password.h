// Passwords: kept as scrypt hashes (RFC 7914), made and checked on other threads than the workers.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/task/task.h>

namespace rondeau::crypto {

/// What one hash costs: 128 × 2^log_n × r bytes of memory, and a time that grows with all three.
struct ScryptCost {
  unsigned log_n = 15;  ///< 1 to 20
  unsigned r = 8;       ///< 1 to 32
  unsigned p = 3;       ///< 1 to 16; memory in all is at most 256 MiB

  bool operator==(const ScryptCost&) const = default;
};

/// `$scrypt$ln=15,r=8,p=3$<salt>$<hash>` with 16 random bytes of salt. Takes long: not on a worker.
///
/// A cost out of its bounds aborts. What OpenSSL cannot do throws std::runtime_error.
std::string hash_password(std::string_view password, ScryptCost cost = {});
/// Whether that is the password. False for a hash that is not of that form, or whose cost is out of bounds. Takes long.
bool check_password(std::string_view password, std::string_view hash);
/// Whether a hash was made at another cost, so that it should be made anew after the next login that succeeds.
bool needs_rehash(std::string_view hash, ScryptCost cost = {});

struct PasswordSettings {
  ScryptCost cost = {};
  std::size_t at_once = 2;  ///< each takes 32 MiB meanwhile; others wait for their turn
};

/// Makes and checks hashes on the pool "blocking", few at once. A service has one.
///
///     auto right = co_await passwords.verify(login.password, user ? std::optional(user->hash) : std::nullopt);
///
/// Errors of both: Overloaded where no thread can be started, Other while the runtime ends. Cancellation: what waits
/// never begins, what runs goes on to its end for nothing. Thread safety: any thread.
class Passwords {
 public:
  explicit Passwords(PasswordSettings settings = {});
  Passwords(Passwords&&) noexcept;
  Passwords& operator=(Passwords&&) noexcept;
  ~Passwords();

  /// What to keep for that password.
  task::Task<Result<std::string>> hash(Secret<std::string> password) const;
  /// Whether that is the password. Without a hash (an unknown user) it is not, and takes as long to say.
  task::Task<Result<bool>> verify(Secret<std::string> password, std::optional<std::string> hash) const;
  /// As needs_rehash(), for the cost of these settings.
  bool needs_rehash(std::string_view hash) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace rondeau::crypto

namespace rondeau {
using crypto::Passwords;
}  // namespace rondeau
