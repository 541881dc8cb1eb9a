// UnixListener: accepts connections over a Unix socket.
#pragma once

#include <source_location>
#include <utility>

#include <rondeau/net/socket_listener.h>
#include <rondeau/net/unix_stream.h>

namespace rondeau::net {

/// Accepts connections over a Unix socket. Destroyed: closed; the file of its path stays.
class UnixListener final : public SocketListener {
 public:
  using Accept = AcceptFrom<UnixListener>;
  using Next = NextFrom<UnixListener>;

  explicit UnixListener(detail::Socket socket) noexcept : SocketListener(std::move(socket)) {}

  /// Binds and listens. Removes no file that is in the way. On a thread of a runtime.
  ///
  /// Errors: AddressInUse, PermissionDenied …, with the address.
  static Result<UnixListener> bind(const SocketAddress& address, int backlog = 1024,
                                   std::source_location where = std::source_location::current());
  /// Takes over a listening socket; makes it non-blocking.
  static Result<UnixListener> from_fd(base::UniqueFd fd);

  /// The next connection. Errors, cancellation: as TcpListener::accept.
  Accept accept() noexcept { return Accept(*this); }
  /// A listener is a stream of what accept() gives, without an end.
  Next next() noexcept { return Next(*this); }
  /// As accept; Errc::WouldBlock where that would wait.
  Result<UnixStream> try_accept() noexcept;
};

}  // namespace rondeau::net
