// UnixStream: a connection over a Unix socket.
#pragma once

#include <sys/types.h>

#include <source_location>
#include <utility>

#include <rondeau/net/socket_stream.h>

namespace rondeau::net {

/// Who is at the other end of a Unix socket, as it was when the connection was made.
struct PeerCredentials {
  uid_t uid;
  gid_t gid;
  pid_t pid;
};

/// A connection over a Unix socket: an io::Stream. Thread safety, lifetime: see SocketStream and io::Stream.
class UnixStream final : public SocketStream {
 public:
  class Connect;

  /// For those who made a socket by other means; it is registered already.
  explicit UnixStream(detail::Socket socket) noexcept : SocketStream(std::move(socket)) {}

  /// Errors: NotFound, ConnectionRefused, Overloaded where the listener's queue is full …, with the address.
  /// Cancellation: the socket is closed.
  [[nodiscard]] static Connect connect(SocketAddress address);
  /// Two ends connected with each other. On a thread of a runtime; the kernel's, whatever the driver.
  static Result<std::pair<UnixStream, UnixStream>> pair(std::source_location where = std::source_location::current());
  /// Takes over a connected socket; makes it non-blocking.
  static Result<UnixStream> from_fd(base::UniqueFd fd);

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  Result<PeerCredentials> peer_cred() const;
};

class [[nodiscard]] UnixStream::Connect final : public SocketConnect {
 public:
  using SocketConnect::SocketConnect;
  Result<UnixStream> await_resume();
};

}  // namespace rondeau::net
