// ClientConfig: whom a TLS client believes, and who it is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/tls/identity.h>

namespace rondeau::tls {

class ClientContext;

struct ClientOptions {
  /// Who may issue certificates of servers. nullopt: those the system believes (SSL_CERT_FILE and SSL_CERT_DIR tell
  /// others).
  std::optional<Pem> ca = std::nullopt;
  std::optional<Pem> crl = std::nullopt;            ///< servers' certificates that were revoked
  std::optional<Identity> identity = std::nullopt;  ///< shown to servers that ask for one
  std::vector<std::string> alpn = {};               ///< protocols we offer, the preferred one first
  /// Handshakes with a server we spoke with before go on from there, which spares both sides most of the work.
  bool resumption = true;
  /// Anybody may then be the server: for tests, and for peers that are known by other means.
  bool danger_accept_invalid_certificates = false;
};

/// How a client speaks TLS: versions and suites as ServerConfig. The server's certificate has to be valid, for servers,
/// and for the name that connect() was given.
///
/// Copies share all they have, sessions to resume included: those of 256 names, each only with its name.
/// Thread safety: any thread.
class ClientConfig {
 public:
  /// Reads the files, so it blocks for a moment. Errors: as ServerConfig::make.
  static Result<ClientConfig> make(ClientOptions options = {});

 private:
  friend class Session;
  explicit ClientConfig(std::shared_ptr<const ClientContext> context) noexcept : context_(std::move(context)) {}

  std::shared_ptr<const ClientContext> context_;
};

}  // namespace rondeau::tls
