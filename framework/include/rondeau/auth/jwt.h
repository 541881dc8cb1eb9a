// JSON Web Tokens (RFC 7519), signed in the compact form of RFC 7515: checked into a struct, and made from one.
//
//     struct Claims { std::string sub; std::vector<std::string> roles; };
//     JwtVerifier verifier({.keys = {{"2026", key}}, .issuer = "https://id.example", .audience = "orders"});
//     Result<Claims> claims = verifier.verify<Claims>(token);
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/auth/credentials.h>
#include <rondeau/base/result.h>
#include <rondeau/crypto/signature.h>
#include <rondeau/json/read.h>
#include <rondeau/json/write.h>
#include <rondeau/reflect/describe.h>

namespace rondeau::auth {

/// A key and the `kid` that tokens name it by; without one it is tried for every token.
struct JwtKey {
  std::string id;
  crypto::VerifyingKey key;
};

enum class Expiry {
  Required,
  Optional,  ///< a token without `exp` is good for ever
};

struct JwtOptions {
  std::vector<JwtKey> keys = {};                           ///< at least one; several while they change
  std::optional<std::string> issuer = std::nullopt;        ///< what `iss` must be
  std::optional<std::string> audience = std::nullopt;      ///< what `aud` must be, or hold
  std::optional<std::string> type = std::nullopt;          ///< what `typ` must be, compared without case: "at+jwt"
  std::chrono::seconds leeway = std::chrono::seconds(30);  ///< for clocks that differ
  Expiry expiry = Expiry::Required;
  std::size_t max_size = 8 * 1024;  ///< of a token, in bytes
};

/// Checks tokens.
///
/// The algorithm is that of the key, whatever the token says; a token that says another is refused, as is `none`.
/// Refused as well: a `kid` that no key has, `crit`, members that are there twice, null where a registered claim
/// stands, padding or other leniency of base64url, a token without `aud` where an audience is set, or with one where
/// none is. Nothing of the payload is read before the signature was checked. Thread safety: any thread. Copies share
/// the keys.
class JwtVerifier {
 public:
  /// No keys: aborts.
  explicit JwtVerifier(JwtOptions options);

  /// The claims, by the clock of the current driver.
  ///
  /// Errors: InvalidData; its context is a sentence that may be shown to the client, and holds nothing of the token.
  template <class Claims>
  Result<Claims> verify(std::string_view token) const {
    RONDEAU_TRY_PLAIN(const std::string payload, verify_text(token));
    auto claims = json::parse<Claims>(payload);
    if (!claims) return Error(Errc::InvalidData, "the token's claims are not the expected ones");
    return *std::move(claims);
  }
  /// The same for Bearer<Claims>, where a member of the router's state is a verifier.
  template <class Claims>
    requires reflect::is_described<Claims>
  Result<Claims> check(const BearerToken& token) const {
    return verify<Claims>(token.text);
  }
  /// The JSON text of the claims.
  Result<std::string> verify_text(std::string_view token) const;

 private:
  struct Inside;
  std::shared_ptr<const Inside> inside_;
};

struct JwtSignerOptions {
  std::string key_id = {};  ///< `kid`; empty: none
  std::optional<std::string> issuer = std::nullopt;
  std::optional<std::string> audience = std::nullopt;
  std::string type = "JWT";
  std::chrono::seconds lifetime = std::chrono::minutes(15);
};

/// Makes tokens.
///
/// Thread safety: any thread. Copies share the key.
class JwtSigner {
 public:
  explicit JwtSigner(crypto::PrivateKey key, JwtSignerOptions options = {});

  /// The token. `iat` and `exp`, and `iss` and `aud` where they are set, come from the options; the struct need not
  /// have them, and where it has they are replaced.
  ///
  /// Errors: InvalidArgument where the claims are no JSON object; those of json::write_value().
  template <class Claims>
  Result<std::string> sign(const Claims& claims) const {
    RONDEAU_TRY_PLAIN(const std::string text, json::to_string(claims));
    return sign_text(text);
  }
  Result<std::string> sign_text(std::string_view claims) const;

 private:
  crypto::PrivateKey key_;
  std::shared_ptr<const JwtSignerOptions> options_;
};

}  // namespace rondeau::auth

namespace rondeau {
using auth::JwtSigner;
using auth::JwtVerifier;
}  // namespace rondeau
