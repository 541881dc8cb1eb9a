#include <rondeau/redis/script.h>

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace rondeau::redis {
namespace {

// What Redis names scripts by; nothing rests on its being hard to forge.
std::string sha1_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("redis: OpenSSL has no SHA-1");
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += {kDigits[digest[i] >> 4], kDigits[digest[i] & 15]};
  return hex;
}

}  // namespace

Script::Script(std::string text) {
  std::string sha1 = sha1_of(text);
  state_ = std::make_shared<const State>(State{std::move(text), std::move(sha1)});
}

Request script_request(ScriptForm form, const Script& script, std::string_view rest, std::size_t count) {
  CommandBytes bytes;
  bytes.begin(2 + count);
  bytes.add(form == ScriptForm::Digest ? "EVALSHA" : "EVAL");
  bytes.add(form == ScriptForm::Digest ? script.sha1() : script.text());
  bytes.append(rest);
  return {.bytes = std::move(bytes), .word = form == ScriptForm::Digest ? "EVALSHA" : "EVAL"};
}

}  // namespace rondeau::redis
