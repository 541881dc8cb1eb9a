#include <rondeau/crypto/random.h>

#include <span>

#include <rondeau/base/assert.h>
#include <rondeau/base/current_driver.h>
#include <rondeau/text/base64.h>

namespace rondeau::crypto {

std::string random_token(std::size_t bytes) {
  RONDEAU_ASSERT(bytes >= 16);
  std::string random(bytes, '\0');
  base::current_driver().random(std::as_writable_bytes(std::span(random)));
  return text::base64_encode(random, text::Base64Form::Url);
}

}  // namespace rondeau::crypto
