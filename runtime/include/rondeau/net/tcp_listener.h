// TcpListener: accepts TCP connections.
#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/net/socket_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/task/task.h>

namespace rondeau::net {

struct ListenOptions {
  int backlog = 1024;       ///< connections that may wait to be accepted; the system has a limit of its own
  bool reuse_port = false;  ///< several listeners on one port share the connections (SO_REUSEPORT)
  bool only_v6 = false;     ///< a listener on [::] leaves version 4 alone (IPV6_V6ONLY)
  bool nodelay = false;     ///< accepted connections have TCP_NODELAY set, without a call for each
};

/// Accepts TCP connections. Destroyed: deregistered, then closed. Thread safety: any number of tasks may accept.
class TcpListener final : public SocketListener {
 public:
  using Accept = AcceptFrom<TcpListener>;
  using Next = NextFrom<TcpListener>;

  explicit TcpListener(detail::Socket socket) noexcept : SocketListener(std::move(socket)) {}

  /// Binds (SO_REUSEADDR set) and listens; port 0 lets the system choose. On a thread of a runtime.
  ///
  /// Errors: AddressInUse, PermissionDenied …, with the address.
  static Result<TcpListener> bind(const SocketAddress& address, const ListenOptions& options = {},
                                  std::source_location where = std::source_location::current());
  /// "127.0.0.1:8080", "[::]:0".
  static Result<TcpListener> bind(std::string_view address, const ListenOptions& options = {},
                                  std::source_location where = std::source_location::current());
  /// Binds the first address that works; the last error where none does.
  static Result<TcpListener> bind_any(std::span<const SocketAddress> addresses, const ListenOptions& options = {},
                                      std::source_location where = std::source_location::current());
  /// Looks the host up and binds the first of its addresses that works. Cancellation: safe, nothing is bound.
  static Task<Result<TcpListener>> bind(std::string host, std::uint16_t port, ListenOptions options = {});
  /// Takes over a listening socket; makes it non-blocking.
  static Result<TcpListener> from_fd(base::UniqueFd fd);

  /// The next connection.
  ///
  /// Errors: TooManyOpenFiles, OutOfMemory: the connection stays queued, so try again a little later; ShuttingDown.
  /// Connections that died in the queue are skipped. Cancellation: safe.
  Accept accept() noexcept { return Accept(*this); }
  /// A listener is a stream of what accept() gives, without an end.
  Next next() noexcept { return Next(*this); }
  /// As accept; Errc::WouldBlock where that would wait.
  Result<TcpStream> try_accept() noexcept;

  /// Before closing: from now on requests for connections are dropped unseen, so that the peers try again a second
  /// later and meet a closed port, or whoever listens there then. Connections that were made stay to be accepted; once
  /// they are, closing resets nobody.
  Result<void> drop_new_connections() noexcept;

  /// Hops a packet of accepted connections may take (IP_TTL).
  Result<void> set_ttl(int hops);
  Result<int> ttl() const;
};

}  // namespace rondeau::net
