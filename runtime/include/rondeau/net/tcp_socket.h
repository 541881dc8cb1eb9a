// TcpSocket: a TCP socket before it connects or listens, to set options on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/detail/socket.h>
#include <rondeau/net/tcp_stream.h>

namespace rondeau::net {

class TcpListener;

/// Probes of an idle connection (SO_KEEPALIVE and what belongs to it).
struct Keepalive {
  std::chrono::seconds idle{60};      ///< silence before the first probe
  std::chrono::seconds interval{10};  ///< between probes
  int count = 6;                      ///< unanswered probes that end the connection
};

/// A TCP socket that is neither connected nor listening. On a thread of a runtime. Thread safety: as for an int.
class TcpSocket {
 public:
  static Result<TcpSocket> v4(std::source_location where = std::source_location::current());
  static Result<TcpSocket> v6(std::source_location where = std::source_location::current());

  Result<void> bind(const SocketAddress& address);
  /// Cancellation: the socket is closed.
  [[nodiscard]] TcpStream::Connect connect(SocketAddress address) &&;
  Result<TcpListener> listen(int backlog) &&;

  /// nullopt: no probes.
  Result<void> set_keepalive(const std::optional<Keepalive>& keepalive);
  Result<std::optional<Keepalive>> keepalive() const;
  Result<void> set_reuseaddr(bool on);
  Result<bool> reuseaddr() const;
  Result<void> set_reuseport(bool on);
  Result<bool> reuseport() const;
  Result<void> set_only_v6(bool on);
  Result<bool> only_v6() const;
  Result<void> set_nodelay(bool on);
  Result<bool> nodelay() const;
  /// What was sent and is not acknowledged for so long ends the connection (TCP_USER_TIMEOUT); zero: as long as the system
  /// tries. Errors: InvalidArgument for more than 24 days.
  Result<void> set_user_timeout(std::chrono::milliseconds timeout);
  Result<std::chrono::milliseconds> user_timeout() const;
  /// Bytes; the system doubles what is set and reports that.
  Result<void> set_send_buffer_size(int bytes);
  Result<int> send_buffer_size() const;
  Result<void> set_receive_buffer_size(int bytes);
  Result<int> receive_buffer_size() const;
  /// What close does with unsent bytes: nullopt sends them in the background, zero drops them and resets.
  Result<void> set_linger(std::optional<std::chrono::seconds> linger);
  Result<std::optional<std::chrono::seconds>> linger() const;
  /// Close drops what is unsent and resets the connection.
  Result<void> set_zero_linger() { return set_linger(std::chrono::seconds(0)); }
  /// IP_TOS for version 4, IPV6_TCLASS for version 6.
  Result<void> set_tos(int tos);
  Result<int> tos() const;
  Result<void> set_tclass(int traffic_class);
  Result<int> tclass() const;
  /// Only this interface is used ("eth0"); empty: any.
  Result<void> bind_device(std::string_view interface);
  Result<std::string> device() const;

  Result<SocketAddress> local_addr() const;
  /// The pending error of the socket, which is cleared.
  Result<void> take_error() const;

  /// The descriptor, which stays ours.
  int fd() const noexcept { return descriptor_.get(); }

 private:
  explicit TcpSocket(detail::OwnedDescriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}
  static Result<TcpSocket> make(int family, std::source_location where);
  Result<void> set(int level, int name, int value);
  Result<int> get(int level, int name) const;
  Result<bool> is_set(int level, int name) const;

  detail::OwnedDescriptor descriptor_;
};

}  // namespace rondeau::net
