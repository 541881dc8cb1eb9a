// UnixSocket: a Unix socket before it connects or listens, to give it a name and options.
#pragma once

#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/detail/socket.h>
#include <rondeau/net/unix_datagram.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/net/unix_stream.h>

namespace rondeau::net {

/// A Unix socket that is neither connected nor listening. On a thread of a runtime. Thread safety: as for an int.
class UnixSocket {
 public:
  static Result<UnixSocket> stream();
  static Result<UnixSocket> datagram();

  /// Removes no file that is in the way.
  Result<void> bind(const SocketAddress& address);
  /// As UnixStream::connect, from the name it is bound to. Cancellation: the socket is closed.
  [[nodiscard]] UnixStream::Connect connect(SocketAddress address) &&;
  Result<UnixListener> listen(int backlog) &&;
  Result<UnixDatagram> into_datagram() &&;

  /// Bytes; the system doubles what is set and reports that.
  Result<void> set_send_buffer_size(int bytes);
  Result<int> send_buffer_size() const;
  Result<void> set_receive_buffer_size(int bytes);
  Result<int> receive_buffer_size() const;

  /// The descriptor, which stays ours.
  int fd() const noexcept { return descriptor_.get(); }

 private:
  explicit UnixSocket(detail::OwnedDescriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  Result<void> set(int name, int value);
  Result<int> get(int name) const;

  detail::OwnedDescriptor descriptor_;
};

}  // namespace rondeau::net
