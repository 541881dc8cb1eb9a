// ServerState: behind a ServerConfig; what the files said when they were read last.
#pragma once

#include <memory>
#include <mutex>

#include <rondeau/base/result.h>
#include <rondeau/tls/server_config.h>

#include "tls/handles.h"
#include "tls/identities.h"
#include "tls/ticket_keys.h"

namespace rondeau::tls {

/// What handshakes need. Never changed: reloading makes another one.
struct ServerContext {
  SslContextPtr ssl;
  Identities identities;
  std::shared_ptr<TicketKeys> tickets;

  /// For one connection; `alpn`, as on the wire, outlives it.
  SslPtr make_ssl(const std::string* alpn) const;
};

class ServerState {
 public:
  explicit ServerState(ServerOptions options) : options_(std::move(options)) {}

  /// Reads all files, which blocks. After an error everything is as before.
  Result<void> load();
  std::shared_ptr<const ServerContext> current() const;

 private:
  Result<void> ask_clients(SSL_CTX* context) const;

  const ServerOptions options_;
  // Tickets stay good when certificates change.
  const std::shared_ptr<TicketKeys> tickets_ = std::make_shared<TicketKeys>();
  mutable std::mutex mutex_;  ///< guards current_
  std::shared_ptr<const ServerContext> current_;
};

}  // namespace rondeau::tls
