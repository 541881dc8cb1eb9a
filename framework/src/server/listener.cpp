#include <rondeau/server/listener.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include <rondeau/net/tcp_stream.h>
#include <rondeau/net/unix_stream.h>

namespace rondeau::server {
namespace {

template <class S>
Result<io::AnyStream> move_here(io::AnyStream stream) {
  RONDEAU_TRY_PLAIN(S moved, S::from_fd(static_cast<S&&>(*stream).into_fd()));
  return io::AnyStream(std::move(moved));
}

void reset_on_close(io::Stream& stream) {
  static_cast<void>(static_cast<net::TcpStream&>(stream).set_linger(std::chrono::seconds(0)));
}

Result<std::uint64_t> bytes_arrived(const io::Stream& stream) {
  return static_cast<const net::TcpStream&>(stream).bytes_acked();
}

Result<std::size_t> send_file(io::Stream& stream, int file, std::uint64_t offset, std::size_t count) {
  return static_cast<net::SocketStream&>(stream).try_send_file(file, offset, count);
}

constexpr StreamKind kTcp{&move_here<net::TcpStream>, &reset_on_close, &bytes_arrived, &send_file};
constexpr StreamKind kUnix{&move_here<net::UnixStream>, nullptr, nullptr, &send_file};

}  // namespace

template <>
Result<Accepted> accept_from(net::TcpListener& listener) {
  RONDEAU_TRY_PLAIN(net::TcpStream stream, listener.try_accept());
  // A peer that left meanwhile is met again by whoever reads.
  static_cast<void>(stream.set_nodelay(true));
  auto peer = stream.peer_addr();
  return Accepted{std::move(stream), peer ? *std::move(peer) : base::SocketAddress(), &kTcp};
}

template <>
Result<Accepted> accept_from(net::UnixListener& listener) {
  RONDEAU_TRY_PLAIN(net::UnixStream stream, listener.try_accept());
  auto peer = stream.peer_addr();
  return Accepted{std::move(stream), peer ? *std::move(peer) : base::SocketAddress(), &kUnix};
}

template <>
Result<Accepted> accept_from(net::MemoryListener& listener) {
  RONDEAU_TRY_PLAIN(io::DuplexStream stream, listener.try_accept());
  return Accepted{std::move(stream), base::SocketAddress(), nullptr};
}

namespace {

/// Nothing where the system does not say, as of what is no socket.
std::optional<int> ask(const base::UniqueFd& fd, int option) noexcept {
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(fd.get(), SOL_SOCKET, option, &value, &size) != 0) return std::nullopt;
  return value;
}

}  // namespace

Result<Listener> Listener::from_fd(base::UniqueFd fd) {
  const auto refused = [&](const char* why) {
    return Error(Errc::InvalidArgument, "descriptor " + std::to_string(fd.get()) + why);
  };
  if (ask(fd, SO_TYPE) != SOCK_STREAM) return refused(" is no stream socket");
  if (ask(fd, SO_ACCEPTCONN) != 1) return refused(" does not listen");
  if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) return Error::from_os(errno);
  const std::optional<int> domain = ask(fd, SO_DOMAIN);
  if (domain == AF_UNIX) {
    RONDEAU_TRY_PLAIN(net::UnixListener listener, net::UnixListener::from_fd(std::move(fd)));
    return Listener(std::move(listener));
  }
  if (domain != AF_INET && domain != AF_INET6) return refused(" is of a family that is not served");
  RONDEAU_TRY_PLAIN(net::TcpListener listener, net::TcpListener::from_fd(std::move(fd)));
  return Listener(std::move(listener));
}

}  // namespace rondeau::server
