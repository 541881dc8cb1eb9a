// TicketKeys: what session tickets are sealed with. A key seals for 12 hours and opens for 12 more, so the keys of a
// server that is taken over tell nothing about sessions of the day before.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include <rondeau/base/instant.h>

#include "tls/handles.h"

namespace rondeau::tls {

class TicketKeys {
 public:
  static constexpr std::chrono::hours kSeals{12};

  /// For SSL_CTX_set_tlsext_ticket_key_evp_cb: seals a new ticket, or looks for the key of one that came.
  int seal(std::span<unsigned char, 16> name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
  /// `renews`: the client shall get another one for the next time, though this one's key still seals.
  int open(std::span<const unsigned char, 16> name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
           bool renews);

 private:
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
    base::Instant made;

    Key() = default;
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();
  };

  /// Leaves no key that is too old; then there may be none.
  void forget_old(base::Instant now);
  std::optional<Key> key_to_seal();
  std::optional<Key> key_named(std::span<const unsigned char, 16> name, bool& seals);

  std::mutex mutex_;  ///< guards all below
  std::optional<Key> current_;
  std::optional<Key> previous_;
};

}  // namespace rondeau::tls
