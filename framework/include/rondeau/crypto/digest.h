// SHA-256 (FIPS 180-4), of one text or of several that shall not run into each other.
//
// What OpenSSL itself cannot do throws std::runtime_error. Thread safety: any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace rondeau::crypto {

/// The 32 bytes of the digest.
std::string sha256(std::string_view bytes);
/// The digest of all parts, each behind its length: ("ab", "c") gives another one than ("a", "bc").
std::string sha256_of_parts(std::initializer_list<std::string_view> parts);

}  // namespace rondeau::crypto
