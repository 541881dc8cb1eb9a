#include <rondeau/server/listener.h>

#include <chrono>

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

}  // namespace rondeau::server
