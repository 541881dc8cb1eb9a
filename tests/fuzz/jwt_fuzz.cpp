// Tokens: any bytes are refused or are the one spelling of what they say; any header and payload, signed well, give one
// verdict.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/auth/jwt.h>
#include <rondeau/json/json.h>
#include <rondeau/text/base64.h>

using namespace rondeau;

namespace {

struct Claims {
  std::optional<std::string> sub;
};

void require(bool condition) {
  if (!condition) std::abort();
}

const crypto::PrivateKey& key() {
  static const crypto::PrivateKey instance = crypto::PrivateKey::hs256(std::string(32, 'k')).value();
  return instance;
}

JwtVerifier make_verifier(auth::Expiry expiry) {
  // Inputs of any time are of today.
  return JwtVerifier({.keys = {{"", key().verifying_key()}},
                      .leeway = std::chrono::hours(24) * 365 * 200,
                      .expiry = expiry,
                      .max_size = 4096});
}

std::string encoded(std::string_view bytes) {
  return text::base64_encode(bytes, text::Base64Form::Url);
}

void verify(const std::string& token) {
  static const JwtVerifier strict = make_verifier(auth::Expiry::Required);
  static const JwtVerifier lenient = make_verifier(auth::Expiry::Optional);
  const Result<std::string> payload = lenient.verify_text(token);
  const Result<std::string> dated = strict.verify_text(token);
  require(!dated || (payload && *dated == *payload));
  if (!payload) return;
  require(token.size() <= 4096);
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  const std::string_view header = std::string_view(token).substr(0, first);
  require(token.substr(first + 1, last - first - 1) == encoded(*payload));
  require(header == encoded(text::base64_decode(header, text::Base64Form::Url).value()));
  require(token.substr(last + 1) == encoded(key().sign(std::string_view(token).substr(0, last))));
  static_cast<void>(lenient.verify<Claims>(token));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  verify(input);
  // A header and a payload, apart by a line end.
  const std::size_t line = input.find('\n');
  if (line == std::string::npos) return 0;
  const std::string text = encoded(std::string_view(input).substr(0, line)) + "." +
                           encoded(std::string_view(input).substr(line + 1));
  verify(text + "." + encoded(key().sign(text)));
  return 0;
}
