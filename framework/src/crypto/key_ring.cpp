#include <rondeau/crypto/key_ring.h>

#include <span>

#include <openssl/crypto.h>

#include <rondeau/base/current_driver.h>
#include <rondeau/crypto/aes_gcm.h>
#include <rondeau/crypto/hmac.h>
#include <rondeau/text/base64.h>

namespace rondeau::crypto {
namespace {

// 43 characters: 32 bytes without padding.
constexpr std::size_t kTagLength = 43;

/// The purpose's length stands in front, so that no part of it can be taken for the value's.
Mac tag_of(const Key& key, std::string_view purpose, std::string_view value) {
  std::string message;
  message.reserve(8 + purpose.size() + value.size());
  for (unsigned shift = 64; shift > 0; shift -= 8) message += static_cast<char>(purpose.size() >> (shift - 8));
  message.append(purpose).append(value);
  return hmac_sha256(key.bytes(), message);
}

}  // namespace

Result<Key> Key::from_bytes(std::string_view secret) {
  Key key;
  if (secret.size() < key.bytes_.size()) return Error(Errc::InvalidArgument, "a key has at least 32 bytes");
  hkdf_sha256(key.bytes_.data(), key.bytes_.size(), secret, "rondeau key", "");
  return key;
}

Result<Key> Key::from_base64(std::string_view text) {
  Result<std::string> secret = text::base64_decode(text);
  if (!secret) return Error(Errc::InvalidArgument, "a key is written in base64");
  Result<Key> key = from_bytes(*secret);
  OPENSSL_cleanse(secret->data(), secret->size());
  return key;
}

Key Key::random() {
  Key key;
  base::current_driver().random(std::as_writable_bytes(std::span(key.bytes_)));
  return key;
}

Key Key::derive(std::string_view purpose) const {
  Key key;
  hkdf_sha256(key.bytes_.data(), key.bytes_.size(), bytes(), "", purpose);
  return key;
}

Key::~Key() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

KeyRing::KeyRing(Key current, std::vector<Key> older) {
  std::vector<Pair> keys;
  keys.reserve(1 + older.size());
  keys.push_back({current.derive("rondeau sign"), current.derive("rondeau seal")});
  for (const Key& key : older) keys.push_back({key.derive("rondeau sign"), key.derive("rondeau seal")});
  keys_ = std::make_shared<const std::vector<Pair>>(std::move(keys));
}

std::string KeyRing::sign(std::string_view purpose, std::string_view value) const {
  std::string text = text::base64_encode(tag_of(keys_->front().signing, purpose, value).view(), text::Base64Form::Url);
  return text.append(value);
}

std::optional<std::string> KeyRing::verify(std::string_view purpose, std::string_view text) const {
  if (text.size() < kTagLength) return std::nullopt;
  const Result<std::string> tag = text::base64_decode(text.substr(0, kTagLength), text::Base64Form::Url);
  if (!tag) return std::nullopt;
  const std::string_view value = text.substr(kTagLength);
  for (const Pair& keys : *keys_) {
    if (equal_in_constant_time(tag_of(keys.signing, purpose, value).view(), *tag)) return std::string(value);
  }
  return std::nullopt;
}

std::string KeyRing::seal(std::string_view purpose, std::string_view value) const {
  return text::base64_encode(aes256_gcm_seal(keys_->front().sealing.bytes(), value, purpose), text::Base64Form::Url);
}

std::optional<std::string> KeyRing::open(std::string_view purpose, std::string_view text) const {
  const Result<std::string> sealed = text::base64_decode(text, text::Base64Form::Url);
  if (!sealed) return std::nullopt;
  for (const Pair& keys : *keys_) {
    if (auto value = aes256_gcm_open(keys.sealing.bytes(), *sealed, purpose)) return value;
  }
  return std::nullopt;
}

}  // namespace rondeau::crypto
