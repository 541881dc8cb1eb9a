#include <rondeau/crypto/hmac.h>

#include <memory>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <rondeau/base/assert.h>

namespace rondeau::crypto {
namespace {

const unsigned char* raw(std::string_view bytes) noexcept {
  // OpenSSL takes a null key for "as before".
  return reinterpret_cast<const unsigned char*>(bytes.empty() ? "" : bytes.data());
}

OSSL_PARAM octets(const char* name, std::string_view bytes) noexcept {
  return OSSL_PARAM_construct_octet_string(name, const_cast<unsigned char*>(raw(bytes)), bytes.size());
}

struct FreeKdf {
  void operator()(EVP_KDF* kdf) const noexcept { EVP_KDF_free(kdf); }
  void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
};

}  // namespace

Mac hmac_sha256(std::string_view key, std::string_view message) {
  Mac mac;
  unsigned int size = 0;
  auto* const out = reinterpret_cast<unsigned char*>(mac.bytes.data());
  const int key_size = static_cast<int>(key.size());
  if (HMAC(EVP_sha256(), raw(key), key_size, raw(message), message.size(), out, &size) == nullptr ||
      size != kSha256Size) {
    throw std::runtime_error("OpenSSL cannot make an HMAC-SHA256");
  }
  return mac;
}

void hkdf_sha256(char* out, std::size_t size, std::string_view secret, std::string_view salt, std::string_view info) {
  RONDEAU_ASSERT(size <= 255 * kSha256Size);
  const std::unique_ptr<EVP_KDF, FreeKdf> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                                   octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_SALT, salt),
                                   octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  if (!context || EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out), size, parameters) != 1) {
    throw std::runtime_error("OpenSSL cannot derive a key by HKDF-SHA256");
  }
}

bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace rondeau::crypto
