// AES-256-GCM (RFC 5116): text that only the owner of the key can read, and nobody can change.
//
// Bytes are std::string_view here. What OpenSSL itself cannot do throws std::runtime_error. Thread safety: any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rondeau::crypto {

inline constexpr std::size_t kAes256KeySize = 32;
inline constexpr std::size_t kGcmNonceSize = 12;
inline constexpr std::size_t kGcmTagSize = 16;

/// Nonce, ciphertext and tag of `plaintext`. Who opens it has to name the same `associated` text, which is not in it.
///
/// The nonce is random: after 2^32 messages a key is used up (NIST SP 800-38D §8.3). The key has kAes256KeySize bytes,
/// either text less than 1 GiB (asserted).
std::string aes256_gcm_seal(std::string_view key, std::string_view plaintext, std::string_view associated);

/// The plaintext, or nothing when a byte of it, the key, or the associated text is another.
std::optional<std::string> aes256_gcm_open(std::string_view key, std::string_view sealed, std::string_view associated);

}  // namespace rondeau::crypto
