#include <rondeau/net/tcp_listener.h>

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <iterator>

#include <rondeau/net/lookup_host.h>
#include <rondeau/net/tcp_socket.h>

#include "net/from_fd.h"

namespace rondeau::net {
namespace {

Result<TcpListener> try_bind(const SocketAddress& address, const ListenOptions& options, std::source_location where) {
  RONDEAU_TRY_PLAIN(TcpSocket socket, address.is_v6() ? TcpSocket::v6(where) : TcpSocket::v4(where));
  RONDEAU_TRY_VOID_PLAIN(socket.set_reuseaddr(true));
  if (options.reuse_port) RONDEAU_TRY_VOID_PLAIN(socket.set_reuseport(true));
  if (address.is_v6()) RONDEAU_TRY_VOID_PLAIN(socket.set_only_v6(options.only_v6));
  // Accepted connections inherit it on Linux.
  if (options.nodelay) RONDEAU_TRY_VOID_PLAIN(socket.set_nodelay(true));
  RONDEAU_TRY_VOID_PLAIN(socket.bind(address));
  return std::move(socket).listen(options.backlog);
}

}  // namespace

Result<TcpListener> TcpListener::bind(const SocketAddress& address, const ListenOptions& options,
                                      std::source_location where) {
  if (!address.is_ip()) return Error(Errc::InvalidArgument, "listen on TCP at " + address.to_string());
  auto listener = try_bind(address, options, where);
  if (!listener) return listener.error().with("listen on " + address.to_string());
  return listener;
}

Result<TcpListener> TcpListener::bind(std::string_view address, const ListenOptions& options,
                                      std::source_location where) {
  auto parsed = SocketAddress::parse(address);
  if (!parsed) return parsed.error().with("listen on " + std::string(address));
  return bind(*parsed, options, where);
}

Result<TcpListener> TcpListener::bind_any(std::span<const SocketAddress> addresses, const ListenOptions& options,
                                          std::source_location where) {
  Result<TcpListener> last = Error(Errc::InvalidArgument, "listen on none of no addresses");
  for (const SocketAddress& address : addresses) {
    last = bind(address, options, where);
    if (last) break;
  }
  return last;
}

Task<Result<TcpListener>> TcpListener::bind(std::string host, std::uint16_t port, ListenOptions options) {
  RONDEAU_TRY(const std::vector<SocketAddress> addresses, co_await lookup_host(std::move(host), port));
  co_return bind_any(addresses, options);
}

Result<TcpListener> TcpListener::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(detail::Socket socket, register_fd(std::move(fd)));
  return TcpListener(std::move(socket));
}

Result<TcpStream> TcpListener::try_accept() noexcept {
  RONDEAU_TRY_PLAIN(detail::Socket socket, accept_socket());
  return TcpStream(std::move(socket));
}

Result<void> TcpListener::drop_new_connections() noexcept {
  // The filter sees the packet from its TCP header on; byte 13 has the flags.
  constexpr std::uint32_t kSyn = 0x02;
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, ~std::uint32_t{0}),
  };
  const sock_fprog filter{.len = std::size(program), .filter = program};
  return socket_.set_option(SOL_SOCKET, SO_ATTACH_FILTER, filter);
}

Result<void> TcpListener::set_ttl(int hops) {
  return socket_.set_option(IPPROTO_IP, IP_TTL, hops);
}
Result<int> TcpListener::ttl() const {
  return socket_.option<int>(IPPROTO_IP, IP_TTL);
}

}  // namespace rondeau::net
