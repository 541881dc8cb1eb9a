#include "testing/dialer.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include <rondeau/io/duplex.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/tls/stream.h>

#include "testing/carrier.h"
#include "testing/throwaway_identity.h"

namespace rondeau::testing {
namespace {

constexpr int kPatience = 5000;  // milliseconds

[[noreturn]] void refused(std::string_view what, const Error& error) {
  throw std::runtime_error("TestApp: " + std::string(what) + ": " + error.message());
}
void good(int result, std::string_view what) {
  if (result < 0) refused(what, Error::from_os(errno));
}
template <class T>
T good(Result<T> result, std::string_view what) {
  if (!result) refused(what, result.error());
  return *std::move(result);
}

task::Task<Result<server::Listener>> take_over(base::UniqueFd socket) {
  co_return server::Listener::from_fd(std::move(socket));
}

task::Task<Result<server::Accepted>> accept(server::Listener& listener) {
  co_return co_await net::AcceptFrom<server::Listener>(listener);
}

task::Task<Result<io::AnyStream>> client_of(base::UniqueFd socket, bool is_unix) {
  if (is_unix) {
    RONDEAU_TRY(net::UnixStream stream, net::UnixStream::from_fd(std::move(socket)));
    co_return io::AnyStream(std::move(stream));
  }
  RONDEAU_TRY(net::TcpStream stream, net::TcpStream::from_fd(std::move(socket)));
  RONDEAU_TRY_VOID(stream.set_nodelay(true));
  // A client that is dropped has not ended its half only: it is gone.
  RONDEAU_TRY_VOID(stream.set_linger(std::chrono::seconds(0)));
  co_return io::AnyStream(std::move(stream));
}

task::Task<Result<void>> shake_hands(tls::Stream& stream) {
  co_return co_await stream.handshake();
}

}  // namespace

Dialer::Connected Dialer::dial(std::size_t buffered) {
  return transport_ == Transport::Memory ? dial_memory(buffered) : dial_socket();
}

Dialer::Connected Dialer::dial_memory(std::size_t buffered) {
  auto [ours, theirs] = io::duplex(buffered);
  if (!seed_) return {std::move(ours), server::Accepted{std::move(theirs), SocketAddress(), nullptr}};
  auto carrier =
      std::make_unique<Carrier>(Carrier::Parts{.inner = std::move(theirs), .chance = Chance(*seed_ + dialed_++)});
  return {std::move(ours), server::Accepted{io::AnyStream(std::move(carrier)), SocketAddress(), nullptr}};
}

Dialer::Connected Dialer::dial_socket() {
  if (!listener_) listen();
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  good(::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), "its own address");
  // Blocking: a connect(2) in the same system is over at once, before the service accepts it.
  base::UniqueFd socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  good(socket.get(), "a socket");
  good(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size), "connect");
  pollfd ready{.fd = listening_, .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, kPatience) != 1) throw std::runtime_error("TestApp: the connection does not arrive");

  io::AnyStream client =
      good(runtime_.block_on(client_of(std::move(socket), transport_ == Transport::Unix)), "connect");
  server::Accepted accepted = good(runtime_.block_on(accept(*listener_)), "accept");
  const auto line = std::make_shared<Line>();
  io::AnyStream& theirs = accepted.tls != nullptr ? accepted.tls->carrier() : accepted.stream;
  theirs = io::AnyStream(std::make_unique<Carrier>(Carrier::Parts{
      .inner = std::move(theirs),
      .kind = std::exchange(accepted.kind, &Carrier::kKind),
      .line = line,
      .side = 1,
      .chance = seed_ ? std::optional(Chance(*seed_ + dialed_++)) : std::nullopt,
  }));
  client = io::AnyStream(std::make_unique<Carrier>(Carrier::Parts{.inner = std::move(client), .line = line}));
  if (transport_ == Transport::Tls) {
    // Asked by address, so that it answers for whatever host a test names.
    client = io::AnyStream(tls::Stream(std::move(client), throwaway_identity().client, "127.0.0.1"));
  }
  return {std::move(client), std::move(accepted)};
}

void Dialer::listen() {
  const bool is_unix = transport_ == Transport::Unix;
  base::UniqueFd socket(::socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  good(socket.get(), "a socket");
  if (is_unix) {
    // Without a name: the system gives one that is no file's (unix(7), autobind).
    const sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    good(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address.sun_family)), "bind");
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    good(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "bind");
  }
  good(::listen(socket.get(), SOMAXCONN), "listen");
  listening_ = socket.get();
  listener_ = good(runtime_.block_on(take_over(std::move(socket))), "listen");
  if (transport_ == Transport::Tls) listener_ = std::move(*listener_).with_tls(throwaway_identity().server);
}

void Dialer::greet(io::Stream& client) {
  if (transport_ != Transport::Tls) return;
  static_cast<void>(runtime_.block_on(shake_hands(static_cast<tls::Stream&>(client))));
}

}  // namespace rondeau::testing
