// On what terms the admin listener answers.
#pragma once

#include <string>
#include <vector>

#include <rondeau/base/socket_address.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/service/settings.h>

namespace rondeau::admin {

struct Terms {
  base::SocketAddress address;
  service::AdminScope scope = service::AdminScope::read;
  Secret<std::string> token;       ///< empty: none is asked for
  std::vector<std::string> hosts;  ///< names that a Host field may have, beside addresses and localhost
};

}  // namespace rondeau::admin
