#include "tls/errors.h"

#include <openssl/err.h>

namespace rondeau::tls {

std::string take_reason(std::string_view otherwise) {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  if (first == 0) return std::string(otherwise);
  if (const char* reason = ERR_reason_error_string(first); reason != nullptr) return reason;
  return "error " + std::to_string(first) + " of OpenSSL";
}

base::Error wrong_setting(const std::string& what, std::string_view reason) {
  return {base::Errc::InvalidArgument, what + ": " + std::string(reason)};
}

}  // namespace rondeau::tls
