#include <rondeau/net/unix_datagram.h>

#include <sys/socket.h>

#include <algorithm>
#include <chrono>

#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "net/bind_socket.h"
#include "net/from_fd.h"

namespace rondeau::net {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(1);
constexpr Duration kLongestPause = std::chrono::milliseconds(16);

Result<UnixDatagram> registered(detail::OwnedDescriptor descriptor) {
  RONDEAU_TRY_PLAIN(detail::Socket socket, detail::Socket::make(std::move(descriptor), base::PollEvent::Writable));
  return UnixDatagram(std::move(socket));
}

Result<UnixDatagram> try_bind(const SocketAddress& address) {
  if (!address.is_unix()) return Errc::InvalidArgument;
  RONDEAU_TRY_PLAIN(detail::OwnedDescriptor descriptor, make_socket(AF_UNIX, SOCK_DGRAM));
  RONDEAU_TRY_VOID_PLAIN(bind_socket(descriptor, address));
  return registered(std::move(descriptor));
}

}  // namespace

Result<UnixDatagram> UnixDatagram::bind(const SocketAddress& address) {
  auto socket = try_bind(address);
  if (!socket) return socket.error().with("bind datagrams to " + address.to_string());
  return socket;
}

Result<UnixDatagram> UnixDatagram::unbound() {
  RONDEAU_TRY_PLAIN(detail::OwnedDescriptor descriptor, make_socket(AF_UNIX, SOCK_DGRAM));
  return registered(std::move(descriptor));
}

Result<std::pair<UnixDatagram, UnixDatagram>> UnixDatagram::pair() {
  RONDEAU_TRY_PLAIN(auto ends, make_pair(SOCK_DGRAM));
  return std::pair(UnixDatagram(std::move(ends.first)), UnixDatagram(std::move(ends.second)));
}

Result<UnixDatagram> UnixDatagram::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(detail::Socket socket, register_fd(std::move(fd)));
  return UnixDatagram(std::move(socket));
}

Result<void> UnixDatagram::connect(const SocketAddress& peer) const {
  return connect_socket(peer);
}

Task<Result<std::size_t>> UnixDatagram::send_to(std::span<const std::byte> bytes, SocketAddress to) const {
  for (Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto sent = try_send_to(bytes, to);
    if (sent || sent.error() != Errc::WouldBlock) co_return sent;
    // If it was our own buffer that was full, readiness comes back and tells.
    static_cast<void>(co_await task::select(writable(), time::sleep_for(pause)));
  }
}

Result<void> UnixDatagram::shutdown(io::How how) const {
  const int system = how == io::How::Read ? SHUT_RD : how == io::How::Write ? SHUT_WR : SHUT_RDWR;
  return socket_.driver().shutdown(socket_.descriptor(), system);
}

}  // namespace rondeau::net
