#include <rondeau/net/tcp_socket.h>

#include <doctest/doctest.h>

#include "runtime/net/connected.h"

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
  CHECK(socket.set_send_buffer_size(32 * 1024));
  CHECK(socket.send_buffer_size().value() >= 32 * 1024);
  CHECK(socket.set_receive_buffer_size(32 * 1024));
  CHECK(socket.receive_buffer_size().value() >= 32 * 1024);
  CHECK(socket.set_tos(0x10));
  CHECK(socket.tos().value() == 0x10);
  CHECK(socket.set_zero_linger());
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
