// What a service listens on, as its settings say it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/http/trusted_proxies.h>
#include <rondeau/server/inherited.h>
#include <rondeau/server/listener.h>
#include <rondeau/service/settings.h>
#include <rondeau/task/task.h>
#include <rondeau/tls/server_config.h>

#include "service/socket_file.h"

namespace rondeau::service {

/// The name of sockets that a service has opened itself and hands to its successor, which takes their files over.
inline constexpr std::string_view kHandedOver = "rondeau.listen";

struct ListenTerms {
  std::vector<base::SocketAddress> addresses;
  std::optional<mode_t> socket_mode;
  std::optional<tls::ServerConfig> tls;
  std::optional<http::TrustedProxies> proxies;  ///< who begins with a header of the PROXY protocol
};

/// What a service listens on.
struct Listening {
  std::vector<server::Listener> listeners;
  std::vector<server::InheritedSocket> sockets;  ///< second descriptors of the same, for a successor
  std::vector<SocketFile> files;
};

/// Judges the settings, certificates included, which it reads; what is wrong goes to `mistakes`, a line each.
ListenTerms judge_listening(const ServerSettings& settings, std::vector<std::string>& mistakes);

/// server.listen with another port in its first address of IP; nothing where there is none.
std::optional<std::string> with_port(const std::string& listen, std::string_view port);

/// Of the same sockets.
Result<std::vector<server::InheritedSocket>> duplicates_of(const std::vector<server::InheritedSocket>& sockets);

/// On the inherited sockets, where there are any, else on the addresses. Cancellation: safe.
Task<Result<Listening>> listen(ListenTerms terms, bool reuse_port, std::vector<server::InheritedSocket> inherited);

}  // namespace rondeau::service
