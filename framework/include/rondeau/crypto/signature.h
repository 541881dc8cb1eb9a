// Keys that sign and keys that check, each for one algorithm of JSON Web Signatures (RFC 7518, RFC 8037).
//
// A key knows its algorithm, so that no message can choose another one for it. Bytes are std::string_view here. What
// OpenSSL itself cannot do (no memory, no provider) throws std::runtime_error. Thread safety: any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>

namespace rondeau::crypto {

enum class SignatureAlgorithm : std::uint8_t {
  Hs256,  ///< HMAC with SHA-256: who checks can also sign
  Rs256,  ///< RSASSA-PKCS1-v1_5 with SHA-256, keys of 2,048 to 16,384 bits
  Es256,  ///< ECDSA on P-256 with SHA-256
  EdDsa,  ///< Ed25519
};

/// "HS256", as a token's header names it. Lifetime: the program's.
std::string_view to_string(SignatureAlgorithm algorithm) noexcept;

struct KeyMaterial;

/// A key that checks signatures. Copies share it.
class VerifyingKey {
 public:
  /// From the secret that signs as well, of at least 32 bytes that nobody can guess (RFC 7518 §3.2).
  ///
  /// Errors: InvalidArgument.
  static Result<VerifyingKey> hs256(std::string_view secret);
  /// From a public key as `openssl pkey -pubout` prints it.
  ///
  /// Errors: InvalidArgument for text that is no such key, another kind of key, one that is too weak; Hs256.
  static Result<VerifyingKey> from_pem(SignatureAlgorithm algorithm, std::string_view pem);

  SignatureAlgorithm algorithm() const noexcept;
  /// Whether `signature`, in the form of RFC 7518 §3, is this key's for `message`. In constant time where the key is
  /// secret.
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  friend class PrivateKey;
  explicit VerifyingKey(std::shared_ptr<const KeyMaterial> material) noexcept : material_(std::move(material)) {}

  std::shared_ptr<const KeyMaterial> material_;
};

/// A key that signs. Copies share it; the last one wipes it.
class PrivateKey {
 public:
  /// As VerifyingKey::hs256().
  static Result<PrivateKey> hs256(std::string_view secret);
  /// From a private key without a passphrase, as `openssl genpkey` prints it. Errors: as VerifyingKey::from_pem().
  static Result<PrivateKey> from_pem(SignatureAlgorithm algorithm, std::string_view pem);

  SignatureAlgorithm algorithm() const noexcept;
  /// The signature in the form of RFC 7518 §3.
  std::string sign(std::string_view message) const;
  /// The key that checks what this one signs.
  VerifyingKey verifying_key() const noexcept { return VerifyingKey(material_); }

 private:
  explicit PrivateKey(std::shared_ptr<const KeyMaterial> material) noexcept : material_(std::move(material)) {}

  std::shared_ptr<const KeyMaterial> material_;
};

}  // namespace rondeau::crypto
