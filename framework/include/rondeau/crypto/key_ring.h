// Key and KeyRing: what a service signs and seals with, and how it changes that without turning everybody out.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>

namespace rondeau::crypto {

/// A secret of 32 bytes, wiped when it is destroyed. Never used itself: keys for a purpose are derived from it.
class Key {
 public:
  /// From at least 32 bytes nobody can guess, which a password is not.
  ///
  /// Errors: InvalidArgument when they are fewer.
  static Result<Key> from_bytes(std::string_view secret);
  /// The same from base64, as `openssl rand -base64 32` prints it. Errors: InvalidArgument.
  static Result<Key> from_base64(std::string_view text);
  /// For tests, and for what need not outlive the process.
  static Key random();

  /// The key for that purpose (HKDF-SHA256). Equal for equal secrets and purposes.
  Key derive(std::string_view purpose) const;
  /// The secret, for functions that take bytes. Lifetime: the key's.
  std::string_view bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }

  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();

 private:
  Key() = default;

  std::array<char, 32> bytes_{};
};

/// Signs and seals with the first key, and takes what any of them made. To change a key, put the new one in front and
/// drop the old one when nothing that it made is still valid.
///
/// A purpose ("cookie sid") is bound into what is made: under another purpose it is not taken. Copies share the keys.
/// Time taken does not depend on the secrets. Thread safety: any thread.
class KeyRing {
 public:
  explicit KeyRing(Key current, std::vector<Key> older = {});

  /// The value behind 43 characters of HMAC-SHA256 in base64url: readable by everyone, made by us.
  std::string sign(std::string_view purpose, std::string_view value) const;
  /// What was signed; nothing when it was not by one of these keys, for this purpose.
  std::optional<std::string> verify(std::string_view purpose, std::string_view text) const;

  /// The value by AES-256-GCM, in base64url: readable by nobody else. Up to 2^32 values for each key.
  std::string seal(std::string_view purpose, std::string_view value) const;
  /// What was sealed; nothing when it was not by one of these keys, for this purpose.
  std::optional<std::string> open(std::string_view purpose, std::string_view text) const;

 private:
  struct Pair {
    Key signing;
    Key sealing;
  };
  std::shared_ptr<const std::vector<Pair>> keys_;
};

}  // namespace rondeau::crypto

namespace rondeau {
using crypto::KeyRing;
}  // namespace rondeau
