#include <rondeau/auth/api_keys.h>

#include <rondeau/crypto/digest.h>

namespace rondeau::auth {

Result<void> ApiKeys::add(std::string_view key, Identity owner) {
  if (key.size() < 16) return Error(Errc::InvalidArgument, "an API key has at least 16 bytes");
  owners_.insert_or_assign(crypto::sha256(key), std::move(owner));
  return {};
}

bool ApiKeys::remove(std::string_view key) {
  return owners_.erase(crypto::sha256(key)) > 0;
}

Result<Identity, Denied> ApiKeys::check(const ApiKeyText& key) const {
  const auto found = owners_.find(crypto::sha256(key.text));
  if (found == owners_.end()) return Denied();
  return found->second;
}

}  // namespace rondeau::auth
