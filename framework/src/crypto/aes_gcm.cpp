#include <rondeau/crypto/aes_gcm.h>

#include <climits>
#include <memory>
#include <span>
#include <stdexcept>

#include <openssl/evp.h>

#include <rondeau/base/assert.h>
#include <rondeau/base/current_driver.h>

namespace rondeau::crypto {
namespace {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* raw(std::string_view bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(char* bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes);
}

[[noreturn]] void fail() {
  throw std::runtime_error("OpenSSL cannot do AES-256-GCM");
}

/// What OpenSSL can count at once.
constexpr std::size_t kMaxText = INT_MAX / 2;

}  // namespace

std::string aes256_gcm_seal(std::string_view key, std::string_view plaintext, std::string_view associated) {
  RONDEAU_ASSERT(key.size() == kAes256KeySize);
  RONDEAU_ASSERT(plaintext.size() <= kMaxText && associated.size() <= kMaxText);
  std::string sealed(kGcmNonceSize + plaintext.size() + kGcmTagSize, '\0');
  char* const text = sealed.data() + kGcmNonceSize;
  base::current_driver().random(std::as_writable_bytes(std::span(sealed.data(), kGcmNonceSize)));

  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  int rest = 0;
  const bool done =
      cipher && EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(sealed.data())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &length, raw(associated), static_cast<int>(associated.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), raw(text), &length, raw(plaintext), static_cast<int>(plaintext.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), raw(text) + length, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagSize, text + plaintext.size()) == 1;
  if (!done) fail();
  return sealed;
}

std::optional<std::string> aes256_gcm_open(std::string_view key, std::string_view sealed, std::string_view associated) {
  RONDEAU_ASSERT(key.size() == kAes256KeySize);
  if (sealed.size() < kGcmNonceSize + kGcmTagSize) return std::nullopt;
  if (sealed.size() > kMaxText || associated.size() > kMaxText) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, kGcmNonceSize);
  const std::string_view tag = sealed.substr(sealed.size() - kGcmTagSize);
  const std::string_view text = sealed.substr(kGcmNonceSize, sealed.size() - kGcmNonceSize - kGcmTagSize);
  std::string plaintext(text.size(), '\0');

  const CipherPtr cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  int rest = 0;
  const bool ready =
      cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &length, raw(associated), static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), raw(plaintext.data()), &length, raw(text), static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTagSize, const_cast<char*>(tag.data())) == 1;
  if (!ready) fail();
  if (EVP_DecryptFinal_ex(cipher.get(), raw(plaintext.data()) + length, &rest) != 1) return std::nullopt;
  return plaintext;
}

}  // namespace rondeau::crypto
