// Connector: from an endpoint to a connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/connect/address_policy.h>
#include <rondeau/connect/endpoint.h>
#include <rondeau/connect/resolver.h>
#include <rondeau/net/tcp_socket.h>

namespace rondeau::connect {

struct TcpOptions {
  bool nodelay = true;
  std::optional<net::Keepalive> keepalive =
      net::Keepalive{.idle = std::chrono::seconds(15), .interval = std::chrono::seconds(15), .count = 3};
  /// What was sent and is not acknowledged for so long ends the connection (TCP_USER_TIMEOUT).
  std::optional<std::chrono::milliseconds> user_timeout = std::chrono::seconds(30);
};

struct ConnectorOptions {
  Resolver resolver = Resolver();
  AddressPolicy policy = AddressPolicy::allow_all();
  /// Over everything: looking up, connecting, proxy, TLS. The deadline of the context counts as well.
  Duration timeout = std::chrono::seconds(5);
  Duration attempt_delay = std::chrono::milliseconds(250);  ///< before the next address is tried as well (RFC 8305 §5)
  std::size_t max_addresses = 8;                            ///< of a host; the others are not tried
  TcpOptions tcp = {};
};

/// Connects: looks the name up, tries its addresses side by side, goes through a proxy, speaks TLS.
///
/// Happy Eyeballs (RFC 8305): versions 4 and 6 take turns, beginning with that of the first address; each further
/// attempt begins 250 ms after the one before it or when that has failed; the first that succeeds ends the others. A
/// copyable handle. Thread safety: any thread of a runtime.
class Connector {
 public:
  explicit Connector(ConnectorOptions options = {});

  /// Errors: see ConnectErrorKind. Cancellation: what was begun is closed.
  task::Task<Result<Connected, ConnectError>> connect(Endpoint endpoint) const;

  const Resolver& resolver() const noexcept;

 private:
  std::shared_ptr<const ConnectorOptions> options_;
};

}  // namespace rondeau::connect
