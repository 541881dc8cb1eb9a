#include <rondeau/net/tcp_socket.h>

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>

#include <doctest/doctest.h>

#include "runtime/net/connected.h"
#include "support/counting_driver.h"
#include "support/open_descriptors.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;

TEST_CASE("NE3: net: options of a stream are read back as they were set") {
  support::Connected pair;
  net::TcpStream& stream = *pair.near;
  for (bool on : {true, false}) {
    CHECK(stream.set_nodelay(on));
    CHECK(stream.nodelay().value() == on);
    CHECK(stream.set_quickack(on));
    CHECK(stream.quickack().value() == on);
  }
  CHECK(stream.linger().value() == std::nullopt);
  CHECK(stream.set_linger(3s));
  CHECK(stream.linger().value() == 3s);
  CHECK(stream.set_linger(std::nullopt));
  CHECK(stream.linger().value() == std::nullopt);
  CHECK(stream.set_ttl(42));
  CHECK(stream.ttl().value() == 42);
  CHECK(stream.take_error());
  CHECK(stream.local_addr().value() == pair.far->peer_addr().value());
}

TEST_CASE("NE1: net: connections inherit nodelay from a listener that asks for it") {
  support::HandRuntime runtime;
  net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0", {.nodelay = true}).value();
  const SocketAddress address = listener.local_addr().value();
  auto connecting =
      runtime.spawn([address]() -> Task<void> { static_cast<void>(co_await net::TcpStream::connect(address)); });
  CHECK(runtime.block_on([&]() -> Task<bool> { co_return (co_await listener.accept()).value().nodelay().value(); }));
}

TEST_CASE("NE2: net: options of a socket are read back as they were set") {
  support::HandRuntime runtime;
  net::TcpSocket socket = net::TcpSocket::v4().value();
  for (bool on : {true, false}) {
    CHECK(socket.set_reuseaddr(on));
    CHECK(socket.reuseaddr().value() == on);
    CHECK(socket.set_reuseport(on));
    CHECK(socket.reuseport().value() == on);
    CHECK(socket.set_nodelay(on));
    CHECK(socket.nodelay().value() == on);
  }
  CHECK(socket.keepalive().value() == std::nullopt);
  CHECK(socket.set_keepalive(net::Keepalive{.idle = 30s, .interval = 5s, .count = 4}));
  const auto keepalive = socket.keepalive().value();
  REQUIRE(keepalive);
  CHECK(keepalive->idle == 30s);
  CHECK(keepalive->interval == 5s);
  CHECK(keepalive->count == 4);
  CHECK(socket.set_keepalive(std::nullopt));
  CHECK(socket.keepalive().value() == std::nullopt);
  CHECK(socket.user_timeout().value() == 0ms);
  CHECK(socket.set_user_timeout(30s));
  CHECK(socket.user_timeout().value() == 30s);
  CHECK(socket.set_user_timeout(std::chrono::hours(24 * 25)).error() == Errc::InvalidArgument);
  CHECK(socket.set_user_timeout(-1ms).error() == Errc::InvalidArgument);
  CHECK(socket.set_send_buffer_size(32 * 1024));
  CHECK(socket.send_buffer_size().value() >= 32 * 1024);
  CHECK(socket.set_receive_buffer_size(32 * 1024));
  CHECK(socket.receive_buffer_size().value() >= 32 * 1024);
  CHECK(socket.set_tos(0x10));
  CHECK(socket.tos().value() == 0x10);
  CHECK(socket.linger().value() == std::nullopt);
  CHECK(socket.set_linger(3s));
  CHECK(socket.linger().value() == 3s);
  CHECK(socket.set_zero_linger());
  CHECK(socket.linger().value() == 0s);
  CHECK(socket.set_linger(std::nullopt));
  CHECK(socket.linger().value() == std::nullopt);
  CHECK(socket.device().value() == "");
  CHECK(socket.bind_device("lo"));
  CHECK(socket.device().value() == "lo");
  CHECK(socket.bind_device("no-such-device").error().os_error() == ENODEV);
  CHECK(socket.take_error());
}

TEST_CASE("NE2: net: options of version 6 are read back as they were set") {
  support::HandRuntime runtime;
  net::TcpSocket socket = net::TcpSocket::v6().value();
  CHECK(socket.set_tclass(0x28));
  CHECK(socket.tclass().value() == 0x28);
  for (bool on : {true, false}) {
    CHECK(socket.set_only_v6(on));
    CHECK(socket.only_v6().value() == on);
  }
  REQUIRE(socket.bind(*SocketAddress::parse("[::1]:0")));
  CHECK(socket.local_addr().value().ip() == IpAddress::loopback_v6());
}

TEST_CASE("NE2: net: what was set before goes on with the connection") {
  support::Connected pair;
  net::TcpSocket socket = net::TcpSocket::v4().value();
  REQUIRE(socket.set_nodelay(true));
  REQUIRE(socket.set_zero_linger());
  const SocketAddress to = pair.listener->local_addr().value();
  pair.runtime.block_on([&]() -> Task<void> {
    std::optional stream = (co_await std::move(socket).connect(to)).value();
    CHECK(stream->nodelay().value());
    CHECK(stream->linger().value() == 0s);
    net::TcpStream accepted = (co_await pair.listener->accept()).value();
    stream.reset();
    std::array<std::byte, 1> byte;
    CHECK((co_await accepted.read_some(byte)).error() == Errc::ConnectionReset);
  });
}

TEST_CASE("NE2: net: the error of a socket is taken once") {
  support::HandRuntime runtime;
  SocketAddress closed;
  {
    net::TcpListener gone = net::TcpListener::bind("127.0.0.1:0").value();
    closed = gone.local_addr().value();
  }
  net::TcpSocket socket = net::TcpSocket::v4().value();
  // A connect of the system's that fails while nobody waits for it.
  sockaddr_storage address;
  const socklen_t size = closed.to_system(address);
  REQUIRE(::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) != 0);
  pollfd failed{.fd = socket.fd(), .events = POLLOUT, .revents = 0};
  REQUIRE(::poll(&failed, 1, 1000) == 1);
  CHECK(socket.take_error().error() == Errc::ConnectionRefused);
  CHECK(socket.take_error());
}

TEST_CASE("NE2: net: a socket listens with the queue it is told; NE1: a listener with one of 1024") {
  support::CountingDriver driver;
  support::HandRuntime runtime(driver);
  net::TcpSocket socket = net::TcpSocket::v4().value();
  REQUIRE(socket.bind(*SocketAddress::parse("127.0.0.1:0")));
  net::TcpListener listener = std::move(socket).listen(7).value();
  CHECK(driver.listen_backlog == 7);
  const SocketAddress address = listener.local_addr().value();
  auto connecting =
      runtime.spawn([address]() -> Task<bool> { co_return (co_await net::TcpStream::connect(address)).has_value(); });
  CHECK(runtime.block_on([&]() -> Task<bool> { co_return (co_await listener.accept()).has_value(); }));
  CHECK(net::TcpListener::bind("127.0.0.1:0"));
  CHECK(driver.listen_backlog == 1024);
}

TEST_CASE("NE1: net: a listener binds a port that old connections still occupy, and has its hops read back") {
  support::Connected pair;
  const SocketAddress address = pair.listener->local_addr().value();
  pair.listener.reset();
  // Our end closes first and stays in the system for a while, with the port.
  pair.far.reset();
  pair.runtime.block_on([&]() -> Task<void> {
    std::array<std::byte, 1> byte;
    CHECK((co_await pair.near->read_some(byte)).value() == 0);
  });
  pair.near.reset();
  net::TcpListener again = net::TcpListener::bind(address).value();
  CHECK(again.set_ttl(42));
  CHECK(again.ttl().value() == 42);
}

TEST_CASE("NE2: net: a connect of a prepared socket, destroyed while it waits, closes it") {
  support::Connected pair;
  net::TcpListener narrow = net::TcpListener::bind("127.0.0.1:0", {.backlog = 1}).value();
  const SocketAddress address = narrow.local_addr().value();
  const auto before = support::open_descriptors();
  for (int i = 0; i < 8; ++i) {
    pair.runtime
        .spawn([address]() -> Task<void> {
          net::TcpSocket socket = net::TcpSocket::v4().value();
          static_cast<void>(co_await std::move(socket).connect(address));
        })
        .detach();
  }
  pair.runtime.run_ready();
  CHECK(pair.runtime.live_tasks() > 0);
  CHECK(support::open_descriptors() > before);
  pair.runtime.end_tasks();
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("NE2: net: a socket that is bound first connects from there") {
  support::Connected pair;
  net::TcpSocket socket = net::TcpSocket::v4().value();
  REQUIRE(socket.bind(*SocketAddress::parse("127.0.0.1:0")));
  const SocketAddress from = socket.local_addr().value();
  const SocketAddress to = pair.listener->local_addr().value();
  pair.runtime.block_on([&]() -> Task<void> {
    auto stream = co_await std::move(socket).connect(to);
    CHECK(stream);
    CHECK(stream->local_addr().value() == from);
  });
}

}  // namespace
