// Tokens: JSON Web Tokens that say which user sends a request, in `Authorization: Token <jwt>`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/auth/jwt.h>
#include <rondeau/rondeau.h>

namespace conduit {

/// What a request says of its sender; nobody has checked it yet. Missing or of another scheme: 401.
struct AccessToken {
  std::string text;
};

/// HS256 with `sub`, `iat` and `exp`; 30 s of leeway. Thread safety: any task. Copies share the key.
class Tokens {
 public:
  static constexpr std::chrono::seconds kUsualLifetime = std::chrono::days(7);

  /// Errors: InvalidArgument for a secret of fewer than 32 bytes.
  static rondeau::Result<Tokens> make(std::string_view secret, std::chrono::seconds lifetime = kUsualLifetime);

  rondeau::Result<std::string> issue(std::int64_t user) const;
  /// Whose it is; nothing where it is malformed, of another key or algorithm, or has expired.
  std::optional<std::int64_t> user_of(std::string_view token) const;

 private:
  Tokens(rondeau::JwtSigner signer, rondeau::JwtVerifier verifier);

  rondeau::JwtSigner signer_;
  rondeau::JwtVerifier verifier_;
};

}  // namespace conduit

template <>
struct rondeau::Extract<conduit::AccessToken> {
  static bool extract(extract::Context& context, conduit::AccessToken* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};
