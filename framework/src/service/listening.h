// What a service listens on, as its settings say it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/http/trusted_proxies.h>
#include <rondeau/server/inherited.h>
#include <rondeau/server/listener.h>
#include <rondeau/service/settings.h>
#include <rondeau/tls/server_config.h>

namespace rondeau::service {

struct ListenTerms {
  std::optional<tls::ServerConfig> tls;
  std::optional<http::TrustedProxies> proxies;  ///< who begins with a header of the PROXY protocol
};

/// Judges the settings, certificates included, which it reads; what is wrong goes to `mistakes`, a line each.
ListenTerms judge_listening(const ServerSettings& settings, std::vector<std::string>& mistakes);

/// On the inherited sockets, where there are any, else on server.listen. On a thread of a runtime.
Result<std::vector<server::Listener>> listen(const ServerSettings& settings, const ListenTerms& terms,
                                             std::vector<server::InheritedSocket> inherited);

}  // namespace rondeau::service
