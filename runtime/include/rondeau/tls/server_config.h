// ServerConfig: what a TLS server shows, asks for and agrees to.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/task/task.h>
#include <rondeau/tls/identity.h>

namespace rondeau::tls {

class ServerState;

/// Whether clients have to show a certificate. One that is shown is always verified.
enum class ClientAuth : std::uint8_t { Off, Optional, Required };

struct ServerOptions {
  /// At least one. A client that names a server (SNI) gets the identity whose certificate has that name, exactly or by
  /// a wildcard; others get the first. Several for one name, as of RSA and ECDSA: the client's abilities decide.
  std::vector<Identity> identities;
  /// Protocols (ALPN), the preferred one first. Empty: what clients offer is ignored. A client whose offer has none of
  /// them is refused (no_application_protocol, RFC 7301 §3.2); one that offers nothing is served.
  std::vector<std::string> alpn = {};
  ClientAuth client_auth = ClientAuth::Off;
  std::optional<Pem> client_ca = std::nullopt;   ///< who may issue certificates of clients; has to be there unless Off
  std::optional<Pem> client_crl = std::nullopt;  ///< those that were revoked
};

/// How a server speaks TLS: versions 1.2 and 1.3, suites with AEAD and forward secrecy, neither renegotiation nor
/// compression nor early data; sessions are resumed by tickets whose keys change every 12 hours.
///
/// Copies share all they have, reloading included. Thread safety: any thread.
class ServerConfig {
 public:
  /// Reads the files, so it blocks for a moment.
  ///
  /// Errors: InvalidArgument, or what reading a file reports, with the file's name and what is wrong with it.
  static Result<ServerConfig> make(ServerOptions options);

  /// Reads all files again, on the blocking pool "fs". Handshakes that begin afterwards use what they say now; open
  /// connections notice nothing. Errors: as make(); everything stays as it was then.
  Task<Result<void>> reload() const;
  /// The same certificates and tickets with other protocols. Errors: InvalidArgument for a name that is empty or longer
  /// than 255 bytes.
  Result<ServerConfig> with_alpn(std::vector<std::string> protocols) const;

  /// Whether protocols were named.
  bool has_alpn() const noexcept { return alpn_ != nullptr && !alpn_->empty(); }
  /// When the first of our certificates in use expires.
  std::chrono::system_clock::time_point expires_at() const;

 private:
  friend class Session;
  ServerConfig(std::shared_ptr<ServerState> state, std::shared_ptr<const std::string> alpn) noexcept
      : state_(std::move(state)), alpn_(std::move(alpn)) {}

  std::shared_ptr<ServerState> state_;
  std::shared_ptr<const std::string> alpn_;  // as on the wire
};

}  // namespace rondeau::tls
