// UdpSocket: datagrams over IP.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/ip_address.h>
#include <rondeau/net/datagram_socket.h>
#include <rondeau/task/task.h>

namespace rondeau::net {

/// What has to be said before a socket is bound.
struct UdpOptions {
  bool reuse_address = false;  ///< several sockets get the datagrams of one group (SO_REUSEADDR)
  bool reuse_port = false;     ///< several sockets share the datagrams of one port (SO_REUSEPORT)
  bool only_v6 = false;        ///< a socket on [::] leaves version 4 alone (IPV6_V6ONLY)
};

/// Datagrams over IP. Operations, thread safety, lifetime: see DatagramSocket.
class UdpSocket final : public DatagramSocket {
 public:
  using SendTo = DatagramAttempt<SendToStep>;

  /// For those who made a socket by other means; it is registered already.
  explicit UdpSocket(detail::Socket socket) noexcept : DatagramSocket(std::move(socket)) {}

  /// Port 0 lets the system choose. On a thread of a runtime. Errors: AddressInUse …, with the address.
  static Result<UdpSocket> bind(const SocketAddress& address, const UdpOptions& options = {});
  /// "127.0.0.1:5353", "[::]:0".
  static Result<UdpSocket> bind(std::string_view address, const UdpOptions& options = {});
  /// Binds the first address that works; the last error where none does.
  static Result<UdpSocket> bind_any(std::span<const SocketAddress> addresses, const UdpOptions& options = {});
  /// Looks the host up and binds the first of its addresses that works. Cancellation: safe, nothing is bound.
  static Task<Result<UdpSocket>> bind(std::string host, std::uint16_t port, UdpOptions options = {});
  /// Takes over a bound socket; makes it non-blocking.
  static Result<UdpSocket> from_fd(base::UniqueFd fd);

  /// From now on it sends to `peer` and receives from nobody else; again with another peer changes that. Never waits.
  ///
  /// Errors: HostUnreachable …, with the address.
  Result<void> connect(const SocketAddress& peer) const;
  /// Looks the host up and connects to the first of its addresses that works. Cancellation: safe, not connected.
  Task<Result<void>> connect(std::string host, std::uint16_t port) const;

  /// Gives the bytes, which are all. Cancellation: safe, nothing was sent. Errors: as send.
  SendTo send_to(std::span<const std::byte> bytes, SocketAddress to) const noexcept {
    return SendTo(*this, {bytes, std::move(to)});
  }

  /// May it send to broadcast addresses (SO_BROADCAST)?
  Result<void> set_broadcast(bool on) const;
  Result<bool> broadcast() const;

  // Multicast. Version 4 names an interface by its address (0.0.0.0: the system chooses), version 6 by its index (0).
  Result<void> join_multicast_v4(const IpAddress& group, const IpAddress& interface = {}) const;
  Result<void> leave_multicast_v4(const IpAddress& group, const IpAddress& interface = {}) const;
  Result<void> join_multicast_v6(const IpAddress& group, std::uint32_t interface = 0) const;
  Result<void> leave_multicast_v6(const IpAddress& group, std::uint32_t interface = 0) const;
  /// Does this host hear what it sends to a group?
  Result<void> set_multicast_loop_v4(bool on) const;
  Result<bool> multicast_loop_v4() const;
  Result<void> set_multicast_loop_v6(bool on) const;
  Result<bool> multicast_loop_v6() const;
  /// Hops a datagram to a group may take; 1 unless it is set.
  Result<void> set_multicast_ttl_v4(int hops) const;
  Result<int> multicast_ttl_v4() const;
  Result<void> set_multicast_hops_v6(int hops) const;
  Result<int> multicast_hops_v6() const;
  /// Where datagrams to a group leave this host.
  Result<void> set_multicast_interface_v4(const IpAddress& interface) const;
  Result<IpAddress> multicast_interface_v4() const;
  Result<void> set_multicast_interface_v6(std::uint32_t interface) const;
  Result<std::uint32_t> multicast_interface_v6() const;

  /// Hops a datagram may take (IP_TTL, version 4).
  Result<void> set_ttl(int hops) const;
  Result<int> ttl() const;
  /// IP_TOS for version 4, IPV6_TCLASS for version 6.
  Result<void> set_tos(int tos) const;
  Result<int> tos() const;
  Result<void> set_tclass(int traffic_class) const;
  Result<int> tclass() const;
  /// Bytes; the system doubles what is set and reports that.
  Result<void> set_send_buffer_size(int bytes) const;
  Result<int> send_buffer_size() const;
  Result<void> set_receive_buffer_size(int bytes) const;
  Result<int> receive_buffer_size() const;
  /// Only this interface is used ("eth0"); empty: any.
  Result<void> bind_device(std::string_view interface) const;
  Result<std::string> device() const;

 private:
  Result<bool> is_set(int level, int name) const;
};

}  // namespace rondeau::net
