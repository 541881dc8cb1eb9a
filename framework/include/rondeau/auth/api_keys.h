// ApiKeys: a checker for keys that are known at the start.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <rondeau/auth/credentials.h>

namespace rondeau::auth {

/// Knows keys by their SHA-256, so that neither memory nor the time of a look-up tells them.
///
///     ApiKeys keys;
///     keys.add(config.key.reveal(), {"billing", {"reports"}});
///
/// Thread safety: as for a std::map.
class ApiKeys {
 public:
  /// A key has 128 bits that nobody can guess, as random_token() makes them; shorter than 16 bytes: InvalidArgument.
  Result<void> add(std::string_view key, Identity owner);
  /// Takes a key away; says whether it was there.
  bool remove(std::string_view key);

  Result<Identity, Denied> check(const ApiKeyText& key) const;

 private:
  std::map<std::string, Identity> owners_;  // by digest
};

}  // namespace rondeau::auth

namespace rondeau {
using auth::ApiKeys;
}  // namespace rondeau
