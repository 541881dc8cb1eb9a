// HMAC-SHA256 (RFC 2104), HKDF (RFC 5869) on it, and comparing without telling where the difference is.
//
// Bytes are std::string_view here. What OpenSSL itself cannot do (no memory, no provider with SHA-256) throws
// std::runtime_error. Thread safety: any thread.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace rondeau::crypto {

inline constexpr std::size_t kSha256Size = 32;

/// The code of a message, in bytes.
struct Mac {
  std::array<char, kSha256Size> bytes;
  std::string_view view() const noexcept { return {bytes.data(), bytes.size()}; }
};

/// The key may have any length.
Mac hmac_sha256(std::string_view key, std::string_view message);

/// Fills `out`, of at most 255 × 32 bytes, from a secret that has enough entropy; a password has not.
void hkdf_sha256(char* out, std::size_t size, std::string_view secret, std::string_view salt, std::string_view info);

/// True when both are equal. The time it takes tells the lengths and nothing of the content.
bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

}  // namespace rondeau::crypto
