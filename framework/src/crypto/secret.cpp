#include <rondeau/crypto/secret.h>

#include <cstring>

#include <rondeau/crypto/hmac.h>

namespace rondeau::crypto {

void wipe(char* bytes, std::size_t size) noexcept {
  explicit_bzero(bytes, size);
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // allocates nothing
  wipe(text.data(), text.size());
  text.clear();
}

bool Secret<std::string>::equals(std::string_view other) const noexcept {
  return equal_in_constant_time(value_, other);
}

}  // namespace rondeau::crypto
