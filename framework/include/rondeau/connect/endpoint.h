// Endpoint, Connected, ConnectError: where to connect, what came of it, what went wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/task/task.h>
#include <rondeau/tls/client_config.h>
#include <rondeau/tls/peer_certificate.h>

namespace rondeau::connect {

/// A host by its name or address, version 6 without brackets.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};
/// A Unix socket: a path, or "@name" for an abstract one.
struct UnixPath {
  std::string path;

  friend bool operator==(const UnixPath&, const UnixPath&) = default;
};
using Address = std::variant<HostPort, UnixPath>;

/// "db.example:5432", "[::1]:80", "unix:/run/x.sock".
std::string to_string(const Address& address);

/// TLS over a connection. Protocols (ALPN) are the configuration's.
struct Tls {
  tls::ClientConfig config;
  std::string server_name = {};  ///< whom the certificate has to be for; default: the host of the endpoint
};

/// How far connecting has come.
enum class ConnectPhase : std::uint8_t {
  Resolve,  ///< the name is looked up
  Connect,  ///< its addresses are tried
  Proxy,    ///< the proxy is asked for a way through (its own TLS included)
  Tls,
};
/// "looking up the name", "connecting", "asking the proxy", "in the TLS handshake".
std::string_view to_string(ConnectPhase phase) noexcept;

enum class ConnectErrorKind : std::uint8_t {
  InvalidEndpoint,  ///< no host, a path that is too long …
  Dns,
  AddressDenied,  ///< the address policy allows none of its addresses
  Connect,
  Proxy,
  Tls,
  Timeout,  ///< `phase` tells where time ran out
};

struct ConnectError {
  /// An address that was tried.
  struct Attempt {
    SocketAddress address;
    Error error;
  };

  ConnectErrorKind kind = ConnectErrorKind::Connect;
  ConnectPhase phase = ConnectPhase::Resolve;
  Error cause;                         ///< the last one
  std::string text;                    ///< one line with everything: target, phase, each address with its error
  std::vector<Attempt> attempts = {};  ///< in order of their ends; those that had not ended when time ran out: TimedOut
  /// What a proxy answered instead of a way through: its status and the beginning of its words, as the tunnel tells.
  std::optional<int> proxy_status = std::nullopt;
  std::string proxy_answer = {};

  const std::string& message() const noexcept { return text; }
  operator Error() const { return {cause.code(), text}; }
};

/// Goes through a proxy: talks to it over `proxy`, and returns what leads to `target` from then on.
///
/// Errors: their kind is Proxy; text says what the proxy did. Its time is bounded from outside.
/// Cancellation: the stream is closed.
using Tunnel = std::function<task::Task<Result<io::AnyStream, ConnectError>>(io::AnyStream proxy, HostPort target)>;

/// A proxy that opens ways to others. The name of the target is the proxy's to look up.
struct Proxy {
  Address address;
  Tunnel tunnel;
  std::optional<Tls> tls = std::nullopt;  ///< spoken with the proxy itself
};

struct Endpoint {
  Address address;
  std::optional<Tls> tls = std::nullopt;
  std::optional<Proxy> proxy = std::nullopt;  ///< for a HostPort only
  /// Where `address` is that of a proxy which is asked about another server, request by request: that server. The address
  /// policy judges it, as far as its name is an address or local, and not the proxy.
  std::optional<HostPort> asked_about = std::nullopt;
};

/// A connection.
struct Connected {
  io::AnyStream stream;
  SocketAddress remote;  ///< whom the socket is connected with: the proxy where there is one
  // Of TLS with the endpoint; empty without.
  std::string alpn = {};         ///< the protocol that was agreed on
  std::string tls_version = {};  ///< "TLSv1.3"
  bool resumed = false;
  std::shared_ptr<const tls::PeerCertificate> peer_certificate = nullptr;
};

}  // namespace rondeau::connect
