#include <rondeau/crypto/signature.h>

#include <array>
#include <climits>
#include <cstddef>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <rondeau/crypto/hmac.h>

namespace rondeau::crypto {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
  void operator()(ECDSA_SIG* signature) const noexcept { ECDSA_SIG_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

constexpr std::size_t kMinHmacKey = 32;
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 16384;
constexpr int kP256Bytes = 32;

const unsigned char* raw(std::string_view bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

[[noreturn]] void fail() {
  ERR_clear_error();
  throw std::runtime_error("OpenSSL cannot make a signature");
}

}  // namespace

/// Either a secret or a key of OpenSSL's.
struct KeyMaterial {
  SignatureAlgorithm algorithm;
  std::string secret = {};
  Owned<EVP_PKEY> key = nullptr;

  explicit KeyMaterial(SignatureAlgorithm kind) noexcept : algorithm(kind) {}
  ~KeyMaterial() { OPENSSL_cleanse(secret.data(), secret.size()); }
};

namespace {

Result<std::shared_ptr<const KeyMaterial>> of_secret(std::string_view secret) {
  if (secret.size() < kMinHmacKey) return Error(Errc::InvalidArgument, "a key for HS256 has at least 32 bytes");
  if (secret.size() > INT_MAX) return Error(Errc::InvalidArgument, "a key for HS256 is too long");
  auto material = std::make_shared<KeyMaterial>(SignatureAlgorithm::Hs256);
  material->secret = secret;
  return std::shared_ptr<const KeyMaterial>(std::move(material));
}

bool is_for(SignatureAlgorithm algorithm, EVP_PKEY* key) {
  switch (algorithm) {
    case SignatureAlgorithm::Hs256:
      return false;
    case SignatureAlgorithm::Rs256:
      return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= kMinRsaBits &&
             EVP_PKEY_get_bits(key) <= kMaxRsaBits;
    case SignatureAlgorithm::Es256: {
      std::array<char, 32> group{};
      std::size_t size = 0;
      return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
             std::string_view(group.data(), size) == "prime256v1";
    }
    case SignatureAlgorithm::EdDsa:
      return EVP_PKEY_is_a(key, "ED25519") == 1;
  }
  return false;
}

/// A key that is encrypted is refused instead of asking the terminal.
int no_passphrase(char*, int, int, void*) noexcept {
  return -1;
}

template <class Read>
Result<std::shared_ptr<const KeyMaterial>> of_pem(SignatureAlgorithm algorithm, std::string_view pem, Read read) {
  if (pem.size() > INT_MAX) return Error(Errc::InvalidArgument, "a key in PEM is too long");
  const Owned<BIO> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!text) fail();
  auto material = std::make_shared<KeyMaterial>(algorithm);
  material->key.reset(read(text.get(), nullptr, &no_passphrase, nullptr));
  ERR_clear_error();
  if (!material->key || !is_for(algorithm, material->key.get())) {
    return Error(Errc::InvalidArgument, std::string("this PEM is no key for ").append(to_string(algorithm)));
  }
  return std::shared_ptr<const KeyMaterial>(std::move(material));
}

/// Ed25519 hashes by itself.
const EVP_MD* digest_of(SignatureAlgorithm algorithm) noexcept {
  return algorithm == SignatureAlgorithm::EdDsa ? nullptr : EVP_sha256();
}

/// ECDSA's two numbers of 32 bytes each (RFC 7518 §3.4) in OpenSSL's DER; empty where it cannot be.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return {};
  const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
  Owned<BIGNUM> r(BN_bin2bn(raw(signature), kP256Bytes, nullptr));
  Owned<BIGNUM> s(BN_bin2bn(raw(signature) + kP256Bytes, kP256Bytes, nullptr));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) fail();
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) fail();
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

/// The way back.
std::string pair_of(std::string_view der) {
  const unsigned char* at = raw(der);
  const Owned<ECDSA_SIG> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string signature(2 * kP256Bytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(signature.data());
  if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, kP256Bytes) != kP256Bytes ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + kP256Bytes, kP256Bytes) != kP256Bytes) {
    fail();
  }
  return signature;
}

}  // namespace

std::string_view to_string(SignatureAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case SignatureAlgorithm::Hs256:
      return "HS256";
    case SignatureAlgorithm::Rs256:
      return "RS256";
    case SignatureAlgorithm::Es256:
      return "ES256";
    case SignatureAlgorithm::EdDsa:
      return "EdDSA";
  }
  return "";
}

Result<VerifyingKey> VerifyingKey::hs256(std::string_view secret) {
  RONDEAU_TRY_PLAIN(auto material, of_secret(secret));
  return VerifyingKey(std::move(material));
}

Result<VerifyingKey> VerifyingKey::from_pem(SignatureAlgorithm algorithm, std::string_view pem) {
  RONDEAU_TRY_PLAIN(auto material, of_pem(algorithm, pem, [](auto... a) { return PEM_read_bio_PUBKEY(a...); }));
  return VerifyingKey(std::move(material));
}

SignatureAlgorithm VerifyingKey::algorithm() const noexcept {
  return material_->algorithm;
}

bool VerifyingKey::verify(std::string_view message, std::string_view signature) const {
  if (material_->algorithm == SignatureAlgorithm::Hs256) {
    return equal_in_constant_time(hmac_sha256(material_->secret, message).view(), signature);
  }
  std::string der;
  if (material_->algorithm == SignatureAlgorithm::Es256) {
    der = der_of(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, digest_of(material_->algorithm), nullptr,
                                       material_->key.get()) != 1) {
    fail();
  }
  const bool good =
      EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message), message.size()) == 1;
  ERR_clear_error();
  return good;
}

Result<PrivateKey> PrivateKey::hs256(std::string_view secret) {
  RONDEAU_TRY_PLAIN(auto material, of_secret(secret));
  return PrivateKey(std::move(material));
}

Result<PrivateKey> PrivateKey::from_pem(SignatureAlgorithm algorithm, std::string_view pem) {
  RONDEAU_TRY_PLAIN(auto material, of_pem(algorithm, pem, [](auto... a) { return PEM_read_bio_PrivateKey(a...); }));
  return PrivateKey(std::move(material));
}

SignatureAlgorithm PrivateKey::algorithm() const noexcept {
  return material_->algorithm;
}

std::string PrivateKey::sign(std::string_view message) const {
  if (material_->algorithm == SignatureAlgorithm::Hs256) {
    return std::string(hmac_sha256(material_->secret, message).view());
  }
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, digest_of(material_->algorithm), nullptr, material_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, raw(message), message.size()) != 1) {
    fail();
  }
  std::string signature(size, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), out, &size, raw(message), message.size()) != 1) fail();
  signature.resize(size);
  return material_->algorithm == SignatureAlgorithm::Es256 ? pair_of(signature) : signature;
}

}  // namespace rondeau::crypto
