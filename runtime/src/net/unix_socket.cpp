#include <rondeau/net/unix_socket.h>

#include <sys/socket.h>

#include "net/bind_socket.h"

namespace rondeau::net {

Result<UnixSocket> UnixSocket::stream() {
  RONDEAU_TRY_PLAIN(detail::OwnedDescriptor descriptor, make_socket(AF_UNIX, SOCK_STREAM));
  return UnixSocket(std::move(descriptor));
}

Result<UnixSocket> UnixSocket::datagram() {
  RONDEAU_TRY_PLAIN(detail::OwnedDescriptor descriptor, make_socket(AF_UNIX, SOCK_DGRAM));
  return UnixSocket(std::move(descriptor));
}

Result<void> UnixSocket::bind(const SocketAddress& address) {
  return bind_socket(descriptor_, address);
}

UnixStream::Connect UnixSocket::connect(SocketAddress address) && {
  return UnixStream::Connect(std::move(address), std::move(descriptor_));
}

Result<UnixListener> UnixSocket::listen(int backlog) && {
  RONDEAU_TRY_VOID_PLAIN(descriptor_.driver().listen(descriptor_.get(), backlog));
  RONDEAU_TRY_PLAIN(detail::Socket socket, detail::Socket::make(std::move(descriptor_), base::PollEvent::Readable));
  return UnixListener(std::move(socket));
}

Result<UnixDatagram> UnixSocket::into_datagram() && {
  RONDEAU_TRY_PLAIN(detail::Socket socket, detail::Socket::make(std::move(descriptor_), base::PollEvent::Writable));
  return UnixDatagram(std::move(socket));
}

Result<void> UnixSocket::set(int name, int value) {
  return descriptor_.driver().set_option(descriptor_.get(), SOL_SOCKET, name, std::as_bytes(std::span(&value, 1)));
}

Result<int> UnixSocket::get(int name) const {
  int value = 0;
  RONDEAU_TRY_VOID_PLAIN(
      descriptor_.driver().option(descriptor_.get(), SOL_SOCKET, name, std::as_writable_bytes(std::span(&value, 1))));
  return value;
}

Result<void> UnixSocket::set_send_buffer_size(int bytes) {
  return set(SO_SNDBUF, bytes);
}
Result<int> UnixSocket::send_buffer_size() const {
  return get(SO_SNDBUF);
}
Result<void> UnixSocket::set_receive_buffer_size(int bytes) {
  return set(SO_RCVBUF, bytes);
}
Result<int> UnixSocket::receive_buffer_size() const {
  return get(SO_RCVBUF);
}

}  // namespace rondeau::net
