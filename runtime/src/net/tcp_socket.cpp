#include <rondeau/net/tcp_socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include <rondeau/detail/scheduler.h>
#include <rondeau/net/tcp_listener.h>

#include "net/bind_socket.h"

namespace rondeau::net {

Result<TcpSocket> TcpSocket::v4(std::source_location where) {
  return make(AF_INET, where);
}
Result<TcpSocket> TcpSocket::v6(std::source_location where) {
  return make(AF_INET6, where);
}

Result<TcpSocket> TcpSocket::make(int family, std::source_location where) {
  detail::require_scheduler(where);
  RONDEAU_TRY_PLAIN(detail::OwnedDescriptor descriptor, make_socket(family, SOCK_STREAM));
  return TcpSocket(std::move(descriptor));
}

Result<void> TcpSocket::bind(const SocketAddress& address) {
  return bind_socket(descriptor_, address);
}

TcpStream::Connect TcpSocket::connect(SocketAddress address) && {
  return TcpStream::Connect(std::move(address), std::move(descriptor_));
}

Result<TcpListener> TcpSocket::listen(int backlog) && {
  RONDEAU_TRY_VOID_PLAIN(descriptor_.driver().listen(descriptor_.get(), backlog));
  RONDEAU_TRY_PLAIN(detail::Socket socket, detail::Socket::make(std::move(descriptor_), base::PollEvent::Readable));
  return TcpListener(std::move(socket));
}

Result<void> TcpSocket::set(int level, int name, int value) {
  return descriptor_.driver().set_option(descriptor_.get(), level, name, std::as_bytes(std::span(&value, 1)));
}

Result<int> TcpSocket::get(int level, int name) const {
  int value = 0;
  RONDEAU_TRY_PLAIN(
      [[maybe_unused]] const std::size_t size,
      descriptor_.driver().option(descriptor_.get(), level, name, std::as_writable_bytes(std::span(&value, 1))));
  return value;
}

Result<bool> TcpSocket::is_set(int level, int name) const {
  return get(level, name).transform([](int value) { return value != 0; });
}

Result<void> TcpSocket::set_keepalive(const std::optional<Keepalive>& keepalive) {
  if (keepalive) {
    RONDEAU_TRY_VOID_PLAIN(set(IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(keepalive->idle.count())));
    RONDEAU_TRY_VOID_PLAIN(set(IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(keepalive->interval.count())));
    RONDEAU_TRY_VOID_PLAIN(set(IPPROTO_TCP, TCP_KEEPCNT, keepalive->count));
  }
  return set(SOL_SOCKET, SO_KEEPALIVE, keepalive.has_value());
}

Result<std::optional<Keepalive>> TcpSocket::keepalive() const {
  RONDEAU_TRY_PLAIN(const bool on, is_set(SOL_SOCKET, SO_KEEPALIVE));
  if (!on) return std::optional<Keepalive>();
  RONDEAU_TRY_PLAIN(const int idle, get(IPPROTO_TCP, TCP_KEEPIDLE));
  RONDEAU_TRY_PLAIN(const int interval, get(IPPROTO_TCP, TCP_KEEPINTVL));
  RONDEAU_TRY_PLAIN(const int count, get(IPPROTO_TCP, TCP_KEEPCNT));
  return std::optional(
      Keepalive{.idle = std::chrono::seconds(idle), .interval = std::chrono::seconds(interval), .count = count});
}

Result<void> TcpSocket::set_reuseaddr(bool on) {
  return set(SOL_SOCKET, SO_REUSEADDR, on);
}
Result<bool> TcpSocket::reuseaddr() const {
  return is_set(SOL_SOCKET, SO_REUSEADDR);
}
Result<void> TcpSocket::set_reuseport(bool on) {
  return set(SOL_SOCKET, SO_REUSEPORT, on);
}
Result<bool> TcpSocket::reuseport() const {
  return is_set(SOL_SOCKET, SO_REUSEPORT);
}
Result<void> TcpSocket::set_only_v6(bool on) {
  return set(IPPROTO_IPV6, IPV6_V6ONLY, on);
}
Result<bool> TcpSocket::only_v6() const {
  return is_set(IPPROTO_IPV6, IPV6_V6ONLY);
}
Result<void> TcpSocket::set_nodelay(bool on) {
  return set(IPPROTO_TCP, TCP_NODELAY, on);
}
Result<bool> TcpSocket::nodelay() const {
  return is_set(IPPROTO_TCP, TCP_NODELAY);
}
Result<void> TcpSocket::set_user_timeout(std::chrono::milliseconds timeout) {
  if (!std::in_range<int>(timeout.count()) || timeout.count() < 0) {
    return Error(Errc::InvalidArgument, "a TCP user timeout of " + std::to_string(timeout.count()) + " ms");
  }
  return set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(timeout.count()));
}
Result<std::chrono::milliseconds> TcpSocket::user_timeout() const {
  return get(IPPROTO_TCP, TCP_USER_TIMEOUT).transform([](int value) { return std::chrono::milliseconds(value); });
}
Result<void> TcpSocket::set_send_buffer_size(int bytes) {
  return set(SOL_SOCKET, SO_SNDBUF, bytes);
}
Result<int> TcpSocket::send_buffer_size() const {
  return get(SOL_SOCKET, SO_SNDBUF);
}
Result<void> TcpSocket::set_receive_buffer_size(int bytes) {
  return set(SOL_SOCKET, SO_RCVBUF, bytes);
}
Result<int> TcpSocket::receive_buffer_size() const {
  return get(SOL_SOCKET, SO_RCVBUF);
}
Result<void> TcpSocket::set_tos(int tos) {
  return set(IPPROTO_IP, IP_TOS, tos);
}
Result<int> TcpSocket::tos() const {
  return get(IPPROTO_IP, IP_TOS);
}
Result<void> TcpSocket::set_tclass(int traffic_class) {
  return set(IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
}
Result<int> TcpSocket::tclass() const {
  return get(IPPROTO_IPV6, IPV6_TCLASS);
}

Result<void> TcpSocket::set_linger(std::optional<std::chrono::seconds> linger) {
  const ::linger value{.l_onoff = linger.has_value(), .l_linger = linger ? static_cast<int>(linger->count()) : 0};
  return descriptor_.driver().set_option(descriptor_.get(), SOL_SOCKET, SO_LINGER, std::as_bytes(std::span(&value, 1)));
}
Result<std::optional<std::chrono::seconds>> TcpSocket::linger() const {
  ::linger value{};
  RONDEAU_TRY_VOID_PLAIN(descriptor_.driver().option(descriptor_.get(), SOL_SOCKET, SO_LINGER,
                                                     std::as_writable_bytes(std::span(&value, 1))));
  return value.l_onoff != 0 ? std::optional(std::chrono::seconds(value.l_linger)) : std::nullopt;
}

Result<void> TcpSocket::bind_device(std::string_view interface) {
  return set_device(descriptor_.driver(), descriptor_.get(), interface);
}
Result<std::string> TcpSocket::device() const {
  return device_of(descriptor_.driver(), descriptor_.get());
}

Result<SocketAddress> TcpSocket::local_addr() const {
  sockaddr_storage system{};
  socklen_t size = sizeof(system);
  RONDEAU_TRY_VOID_PLAIN(
      descriptor_.driver().local_address(descriptor_.get(), reinterpret_cast<sockaddr*>(&system), &size));
  return SocketAddress::from_system(system, size);
}

Result<void> TcpSocket::take_error() const {
  RONDEAU_TRY_PLAIN(const int pending, get(SOL_SOCKET, SO_ERROR));
  if (pending != 0) return Error::from_os(pending);
  return {};
}

}  // namespace rondeau::net
