// SHA-256 (FIPS 180-4), of one text or of several that shall not run into each other.
//
// What OpenSSL itself cannot do throws std::runtime_error. Thread safety: any thread.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace rondeau::crypto {

/// The 32 bytes of the digest.
std::string sha256(std::string_view bytes);
/// The same of what comes in pieces. Thread safety: one user at a time.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// Once, and nothing is added afterwards.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};
/// The digest of all parts, each behind its length: ("ab", "c") gives another one than ("a", "bc").
std::string sha256_of_parts(std::initializer_list<std::string_view> parts);

}  // namespace rondeau::crypto
