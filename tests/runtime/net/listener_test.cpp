#include <rondeau/net/tcp_listener.h>

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/net/connected.h"
#include "support/counting_driver.h"

namespace {

using namespace rondeau;
using support::HandRuntime;

static_assert(net::Listener<net::TcpListener>);

Task<Errc> accept_once(net::TcpListener& listener) {
  auto accepted = co_await listener.accept();
  co_return accepted ? Errc::Ok : accepted.error().code();
}

TEST_CASE("NE1: net: a listener on port 0 says which port it got, and an address in use is an error that names it") {
  HandRuntime runtime;
  net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
  const SocketAddress address = listener.local_addr().value();
  CHECK(address.port() != 0);
  auto second = net::TcpListener::bind(address);
  REQUIRE_FALSE(second);
  CHECK(second.error() == Errc::AddressInUse);
  CHECK(second.error().message().find(address.to_string()) != std::string::npos);
}

TEST_CASE("NE1: net: two listeners share a port that both want to share") {
  HandRuntime runtime;
  net::TcpListener first = net::TcpListener::bind("127.0.0.1:0", {.reuse_port = true}).value();
  CHECK(net::TcpListener::bind(first.local_addr().value(), {.reuse_port = true}));
}

TEST_CASE("NE1: net: what cannot be read as an address is an error") {
  HandRuntime runtime;
  for (const char* text : {"localhost:80", "127.0.0.1", "unix:/tmp/x"}) {
    CAPTURE(text);
    auto listener = net::TcpListener::bind(text);
    REQUIRE_FALSE(listener);
    CHECK(listener.error().message().find(text) != std::string::npos);
  }
}

TEST_CASE("NE1: net: the first address that works is bound") {
  HandRuntime runtime;
  net::TcpListener taken = net::TcpListener::bind("127.0.0.1:0").value();
  const std::vector<SocketAddress> addresses{taken.local_addr().value(), *SocketAddress::parse("127.0.0.1:0")};
  auto bound = net::TcpListener::bind_any(addresses);
  REQUIRE(bound);
  CHECK(bound->local_addr().value() != taken.local_addr().value());
  CHECK(net::TcpListener::bind_any(std::span(addresses).first(1)).error() == Errc::AddressInUse);
  CHECK(net::TcpListener::bind_any({}).error() == Errc::InvalidArgument);
}

TEST_CASE("NE1: net: dropping new connections leaves those that were made, and closing then resets nobody") {
  HandRuntime runtime;
  std::optional listener = net::TcpListener::bind("127.0.0.1:0").value();
  sockaddr_storage address{};
  const socklen_t size = listener->local_addr().value().to_system(address);
  const base::UniqueFd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(made.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);

  REQUIRE(listener->drop_new_connections());
  const base::UniqueFd late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  CHECK(::connect(late.get(), reinterpret_cast<sockaddr*>(&address), size) != 0);
  CHECK(errno == EINPROGRESS);
  pollfd writable{.fd = late.get(), .events = POLLOUT, .revents = 0};
  CHECK(::poll(&writable, 1, 50) == 0);

  auto accepted = listener->try_accept();
  REQUIRE(runtime.run_until([&] { return accepted || (accepted = listener->try_accept()); }));
  CHECK(listener->try_accept().error() == Errc::WouldBlock);
  listener.reset();
  CHECK(accepted->try_write(std::as_bytes(std::span("made", 4))).value() == 4);
  char text[4];
  CHECK(::recv(made.get(), text, sizeof(text), MSG_WAITALL) == 4);
}

TEST_CASE("NE1: net: a socket that cannot accept says so, instead of being tried for ever") {
  HandRuntime runtime;
  auto listener = net::TcpListener::from_fd(base::UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))).value();
  auto accepted = runtime.spawn([&]() -> Task<Errc> { return accept_once(listener); });
  REQUIRE(runtime.run_until([&] { return accepted.is_finished(); }));
  CHECK(listener.try_accept().error() == Errc::Unsupported);
}

TEST_CASE("NE1: net: connections that died in the queue are skipped, exhaustion is told") {
  const struct {
    int error;
    Errc told;  // Ok: skipped
  } cases[] = {
      {ECONNABORTED, Errc::Ok},
      {EPROTO, Errc::Ok},
      {ENETDOWN, Errc::Ok},
      {EHOSTUNREACH, Errc::Ok},
      {ENETUNREACH, Errc::Ok},
      {EPERM, Errc::Ok},
      {EMFILE, Errc::TooManyOpenFiles},
      {ENFILE, Errc::TooManyOpenFiles},
      {ENOBUFS, Errc::OutOfMemory},
      {ENOMEM, Errc::OutOfMemory},
      {EINVAL, Errc::InvalidArgument},
  };
  for (const auto& row : cases) {
    CAPTURE(row.error);
    support::CountingDriver driver;
    support::Connected pair(driver);
    driver.accept_errors = {row.error};
    const SocketAddress address = pair.listener->local_addr().value();
    auto connecting = pair.runtime.spawn(
        [address]() -> Task<bool> { co_return (co_await net::TcpStream::connect(address)).has_value(); });
    const Errc first = pair.runtime.block_on([&]() -> Task<Errc> { co_return co_await accept_once(*pair.listener); });
    CHECK(first == row.told);
    // The connection was not lost: it brings no new edge, so asking again must find it by itself.
    if (row.told != Errc::Ok) {
      CHECK(pair.runtime.block_on([&]() -> Task<Errc> { co_return co_await accept_once(*pair.listener); }) == Errc::Ok);
    }
    CHECK(pair.runtime.run_until([&] { return connecting.is_finished(); }));
  }
}

TEST_CASE("NE1: net: several tasks accept from one listener, each a connection of its own") {
  HandRuntime runtime;
  net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
  const SocketAddress address = listener.local_addr().value();
  int accepted = 0;
  for (int i = 0; i < 5; ++i) {
    runtime
        .spawn([&]() -> Task<void> {
          if (co_await accept_once(listener) == Errc::Ok) ++accepted;
        })
        .detach();
  }
  runtime.run_ready();
  std::vector<net::TcpStream> clients;
  for (int i = 0; i < 5; ++i) {
    runtime.spawn([&]() -> Task<void> { clients.push_back((co_await net::TcpStream::connect(address)).value()); })
        .detach();
  }
  CHECK(runtime.run_until([&] { return accepted == 5 && clients.size() == 5; }));
}

TEST_CASE("NE1: net: a listener travels as a descriptor and listens again") {
  HandRuntime runtime;
  net::TcpListener first = net::TcpListener::bind("127.0.0.1:0").value();
  const SocketAddress address = first.local_addr().value();
  base::UniqueFd fd = std::move(first).into_fd();
  CHECK(runtime.reactor().registered() == 0);
  net::TcpListener second = net::TcpListener::from_fd(std::move(fd)).value();
  CHECK(second.local_addr().value() == address);
  auto connecting =
      runtime.spawn([address]() -> Task<void> { static_cast<void>(co_await net::TcpStream::connect(address)); });
  CHECK(runtime.block_on([&]() -> Task<Errc> { co_return co_await accept_once(second); }) == Errc::Ok);
}

TEST_CASE("NE3: net: a connection that is refused names the address, and the next address is tried") {
  HandRuntime runtime;
  net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
  SocketAddress closed;
  {
    net::TcpListener gone = net::TcpListener::bind("127.0.0.1:0").value();
    closed = gone.local_addr().value();
  }
  runtime.block_on([&]() -> Task<void> {
    auto refused = co_await net::TcpStream::connect(closed);
    CHECK_FALSE(refused);
    CHECK(refused.error() == Errc::ConnectionRefused);
    CHECK(refused.error().message() == "connect " + closed.to_string() + ": connection refused");
    std::vector<SocketAddress> addresses{closed, listener.local_addr().value()};
    auto connected = co_await net::TcpStream::connect_any(addresses);
    CHECK(connected);
    CHECK(connected->peer_addr().value() == listener.local_addr().value());
    CHECK((co_await net::TcpStream::connect_any({})).error() == Errc::InvalidArgument);
  });
}

}  // namespace
