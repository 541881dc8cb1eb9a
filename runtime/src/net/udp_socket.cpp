#include <rondeau/net/udp_socket.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include <rondeau/net/lookup_host.h>

#include "net/bind_socket.h"
#include "net/from_fd.h"

namespace rondeau::net {
namespace {

Result<void> set_on(const detail::OwnedDescriptor& descriptor, int level, int name) {
  const int on = 1;
  return descriptor.driver().set_option(descriptor.get(), level, name, std::as_bytes(std::span(&on, 1)));
}

Result<UdpSocket> try_bind(const SocketAddress& address, const UdpOptions& options) {
  RONDEAU_TRY_PLAIN(detail::OwnedDescriptor descriptor, make_socket(address.family(), SOCK_DGRAM));
  if (options.reuse_address) RONDEAU_TRY_VOID_PLAIN(set_on(descriptor, SOL_SOCKET, SO_REUSEADDR));
  if (options.reuse_port) RONDEAU_TRY_VOID_PLAIN(set_on(descriptor, SOL_SOCKET, SO_REUSEPORT));
  if (options.only_v6 && address.is_v6()) RONDEAU_TRY_VOID_PLAIN(set_on(descriptor, IPPROTO_IPV6, IPV6_V6ONLY));
  RONDEAU_TRY_VOID_PLAIN(bind_socket(descriptor, address));
  RONDEAU_TRY_PLAIN(detail::Socket socket, detail::Socket::make(std::move(descriptor), base::PollEvent::Writable));
  return UdpSocket(std::move(socket));
}

in_addr system_v4(const IpAddress& address) noexcept {
  in_addr system{};
  std::memcpy(&system, address.bytes().data(), sizeof system);
  return system;
}

Result<ip_mreq> membership(const IpAddress& group, const IpAddress& interface) {
  if (!group.is_v4() || !interface.is_v4()) return Errc::InvalidArgument;
  return ip_mreq{.imr_multiaddr = system_v4(group), .imr_interface = system_v4(interface)};
}

Result<ipv6_mreq> membership(const IpAddress& group, std::uint32_t interface) {
  if (!group.is_v6()) return Errc::InvalidArgument;
  ipv6_mreq made{};
  std::memcpy(&made.ipv6mr_multiaddr, group.bytes().data(), group.bytes().size());
  made.ipv6mr_interface = interface;
  return made;
}

}  // namespace

Result<UdpSocket> UdpSocket::bind(const SocketAddress& address, const UdpOptions& options) {
  if (!address.is_ip()) return Error(Errc::InvalidArgument, "bind UDP to " + address.to_string());
  auto socket = try_bind(address, options);
  if (!socket) return socket.error().with("bind UDP to " + address.to_string());
  return socket;
}

Result<UdpSocket> UdpSocket::bind(std::string_view address, const UdpOptions& options) {
  auto parsed = SocketAddress::parse(address);
  if (!parsed) return parsed.error().with("bind UDP to " + std::string(address));
  return bind(*parsed, options);
}

Result<UdpSocket> UdpSocket::bind_any(std::span<const SocketAddress> addresses, const UdpOptions& options) {
  Result<UdpSocket> last = Error(Errc::InvalidArgument, "bind UDP to none of no addresses");
  for (const SocketAddress& address : addresses) {
    last = bind(address, options);
    if (last) break;
  }
  return last;
}

Task<Result<UdpSocket>> UdpSocket::bind(std::string host, std::uint16_t port, UdpOptions options) {
  RONDEAU_TRY(const std::vector<SocketAddress> addresses, co_await lookup_host(std::move(host), port));
  co_return bind_any(addresses, options);
}

Result<UdpSocket> UdpSocket::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(detail::Socket socket, register_fd(std::move(fd)));
  return UdpSocket(std::move(socket));
}

Result<void> UdpSocket::connect(const SocketAddress& peer) const {
  return connect_socket(peer);
}

Task<Result<void>> UdpSocket::connect(std::string host, std::uint16_t port) const {
  RONDEAU_TRY(const std::vector<SocketAddress> addresses, co_await lookup_host(std::move(host), port));
  Result<void> last;
  for (const SocketAddress& address : addresses) {
    last = connect(address);
    if (last) break;
  }
  co_return last;
}

Result<bool> UdpSocket::is_set(int level, int name) const {
  return socket_.option<int>(level, name).transform([](int value) { return value != 0; });
}

Result<void> UdpSocket::set_broadcast(bool on) const {
  return socket_.set_option(SOL_SOCKET, SO_BROADCAST, int{on});
}
Result<bool> UdpSocket::broadcast() const {
  return is_set(SOL_SOCKET, SO_BROADCAST);
}

Result<void> UdpSocket::join_multicast_v4(const IpAddress& group, const IpAddress& interface) const {
  RONDEAU_TRY_PLAIN(const ip_mreq wanted, membership(group, interface));
  return socket_.set_option(IPPROTO_IP, IP_ADD_MEMBERSHIP, wanted);
}
Result<void> UdpSocket::leave_multicast_v4(const IpAddress& group, const IpAddress& interface) const {
  RONDEAU_TRY_PLAIN(const ip_mreq wanted, membership(group, interface));
  return socket_.set_option(IPPROTO_IP, IP_DROP_MEMBERSHIP, wanted);
}
Result<void> UdpSocket::join_multicast_v6(const IpAddress& group, std::uint32_t interface) const {
  RONDEAU_TRY_PLAIN(const ipv6_mreq wanted, membership(group, interface));
  return socket_.set_option(IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, wanted);
}
Result<void> UdpSocket::leave_multicast_v6(const IpAddress& group, std::uint32_t interface) const {
  RONDEAU_TRY_PLAIN(const ipv6_mreq wanted, membership(group, interface));
  return socket_.set_option(IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, wanted);
}
Result<void> UdpSocket::set_multicast_loop_v4(bool on) const {
  return socket_.set_option(IPPROTO_IP, IP_MULTICAST_LOOP, int{on});
}
Result<bool> UdpSocket::multicast_loop_v4() const {
  return is_set(IPPROTO_IP, IP_MULTICAST_LOOP);
}
Result<void> UdpSocket::set_multicast_loop_v6(bool on) const {
  return socket_.set_option(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, int{on});
}
Result<bool> UdpSocket::multicast_loop_v6() const {
  return is_set(IPPROTO_IPV6, IPV6_MULTICAST_LOOP);
}
Result<void> UdpSocket::set_multicast_ttl_v4(int hops) const {
  return socket_.set_option(IPPROTO_IP, IP_MULTICAST_TTL, hops);
}
Result<int> UdpSocket::multicast_ttl_v4() const {
  return socket_.option<int>(IPPROTO_IP, IP_MULTICAST_TTL);
}
Result<void> UdpSocket::set_multicast_hops_v6(int hops) const {
  return socket_.set_option(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
}
Result<int> UdpSocket::multicast_hops_v6() const {
  return socket_.option<int>(IPPROTO_IPV6, IPV6_MULTICAST_HOPS);
}
Result<void> UdpSocket::set_multicast_interface_v4(const IpAddress& interface) const {
  if (!interface.is_v4()) return Errc::InvalidArgument;
  return socket_.set_option(IPPROTO_IP, IP_MULTICAST_IF, system_v4(interface));
}
Result<IpAddress> UdpSocket::multicast_interface_v4() const {
  RONDEAU_TRY_PLAIN(const in_addr system, socket_.option<in_addr>(IPPROTO_IP, IP_MULTICAST_IF));
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &system, bytes.size());
  return IpAddress::v4(bytes[0], bytes[1], bytes[2], bytes[3]);
}
Result<void> UdpSocket::set_multicast_interface_v6(std::uint32_t interface) const {
  return socket_.set_option(IPPROTO_IPV6, IPV6_MULTICAST_IF, interface);
}
Result<std::uint32_t> UdpSocket::multicast_interface_v6() const {
  return socket_.option<std::uint32_t>(IPPROTO_IPV6, IPV6_MULTICAST_IF);
}

Result<void> UdpSocket::set_ttl(int hops) const {
  return socket_.set_option(IPPROTO_IP, IP_TTL, hops);
}
Result<int> UdpSocket::ttl() const {
  return socket_.option<int>(IPPROTO_IP, IP_TTL);
}
Result<void> UdpSocket::set_tos(int tos) const {
  return socket_.set_option(IPPROTO_IP, IP_TOS, tos);
}
Result<int> UdpSocket::tos() const {
  return socket_.option<int>(IPPROTO_IP, IP_TOS);
}
Result<void> UdpSocket::set_tclass(int traffic_class) const {
  return socket_.set_option(IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
}
Result<int> UdpSocket::tclass() const {
  return socket_.option<int>(IPPROTO_IPV6, IPV6_TCLASS);
}
Result<void> UdpSocket::set_send_buffer_size(int bytes) const {
  return socket_.set_option(SOL_SOCKET, SO_SNDBUF, bytes);
}
Result<int> UdpSocket::send_buffer_size() const {
  return socket_.option<int>(SOL_SOCKET, SO_SNDBUF);
}
Result<void> UdpSocket::set_receive_buffer_size(int bytes) const {
  return socket_.set_option(SOL_SOCKET, SO_RCVBUF, bytes);
}
Result<int> UdpSocket::receive_buffer_size() const {
  return socket_.option<int>(SOL_SOCKET, SO_RCVBUF);
}
Result<void> UdpSocket::bind_device(std::string_view interface) const {
  return set_device(socket_.driver(), socket_.descriptor(), interface);
}
Result<std::string> UdpSocket::device() const {
  return device_of(socket_.driver(), socket_.descriptor());
}

}  // namespace rondeau::net
