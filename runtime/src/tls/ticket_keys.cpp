#include "tls/ticket_keys.h"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

namespace rondeau::tls {
namespace {

constexpr int kFailed = -1;
constexpr int kNoTicket = 0;
constexpr int kGood = 1;
constexpr int kGoodButRenew = 2;

bool set_mac_key(EVP_MAC_CTX* mac, std::span<const unsigned char> key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.data()), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

void TicketKeys::forget_old(base::Instant now) {
  if (current_ && now - current_->made >= kSeals) {
    previous_ = current_;
    current_.reset();
  }
  if (previous_ && now - previous_->made >= 2 * kSeals) previous_.reset();
}

std::optional<TicketKeys::Key> TicketKeys::key_to_seal() {
  const base::Instant now = base::Instant::now();
  const std::lock_guard lock(mutex_);
  forget_old(now);
  if (current_) return current_;
  Key made;
  made.made = now;
  const auto fill = [](auto& bytes) { return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1; };
  if (!fill(made.name) || !fill(made.cipher) || !fill(made.mac)) return std::nullopt;
  current_ = made;
  return current_;
}

std::optional<TicketKeys::Key> TicketKeys::key_named(std::span<const unsigned char, 16> name, bool& seals) {
  const base::Instant now = base::Instant::now();
  const std::lock_guard lock(mutex_);
  forget_old(now);
  for (const auto* key : {&current_, &previous_}) {
    if (!*key || !std::ranges::equal((*key)->name, name)) continue;
    seals = key == &current_;
    return *key;
  }
  return std::nullopt;
}

int TicketKeys::seal(std::span<unsigned char, 16> name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  const std::optional<Key> key = key_to_seal();
  if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return kFailed;
  std::ranges::copy(key->name, name.begin());
  const bool ready =
      EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1 && set_mac_key(mac, key->mac);
  return ready ? kGood : kFailed;
}

int TicketKeys::open(std::span<const unsigned char, 16> name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac, bool renews) {
  bool seals = false;
  const std::optional<Key> key = key_named(name, seals);
  if (!key) return kNoTicket;
  const bool ready =
      set_mac_key(mac, key->mac) && EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1;
  if (!ready) return kFailed;
  return seals && !renews ? kGood : kGoodButRenew;
}

}  // namespace rondeau::tls
