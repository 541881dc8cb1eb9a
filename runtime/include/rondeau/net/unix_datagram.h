// UnixDatagram: datagrams over Unix sockets.
#pragma once

#include <span>
#include <utility>

#include <rondeau/io/writer.h>
#include <rondeau/net/datagram_socket.h>
#include <rondeau/task/task.h>

namespace rondeau::net {

/// Datagrams over a Unix socket: none is lost or comes twice, and a full receiver makes senders wait. Destroyed:
/// closed; the file of its path stays. Operations, thread safety, lifetime: see DatagramSocket.
class UnixDatagram final : public DatagramSocket {
 public:
  /// For those who made a socket by other means; it is registered already.
  explicit UnixDatagram(detail::Socket socket) noexcept : DatagramSocket(std::move(socket)) {}

  /// Removes no file that is in the way. On a thread of a runtime. Errors: AddressInUse …, with the address.
  static Result<UnixDatagram> bind(const SocketAddress& address);
  /// One without a name: it sends, but nobody can answer it.
  static Result<UnixDatagram> unbound();
  /// Two connected with each other.
  static Result<std::pair<UnixDatagram, UnixDatagram>> pair();
  /// Takes over a datagram socket; makes it non-blocking.
  static Result<UnixDatagram> from_fd(base::UniqueFd fd);

  /// From now on it sends to `peer` and receives from nobody else. Never waits.
  ///
  /// Errors: NotFound, ConnectionRefused where nobody has the name, with the address.
  Result<void> connect(const SocketAddress& peer) const;

  /// Sends to a name; gives the bytes, which are all. Errors: as connect.
  ///
  /// The system tells room in a receiver's queue only to those that are connected with it: a full one is looked at
  /// again after 1 ms, then after twice as long each time up to 16 ms. Cancellation: safe, nothing was sent.
  Task<Result<std::size_t>> send_to(std::span<const std::byte> bytes, SocketAddress to) const;

  /// Ends one direction or both: the peer's sends fail with BrokenPipe, or ours do.
  Result<void> shutdown(io::How how) const;
};

}  // namespace rondeau::net
