#include <rondeau/net/unix_listener.h>

#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/hand_runtime.h"

namespace {

using namespace rondeau;
using support::HandRuntime;

static_assert(net::Listener<net::UnixListener>);

SocketAddress abstract_name(std::string_view what) {
  return SocketAddress::parse("unix:@rondeau-test-" + std::string(what) + '-' + std::to_string(::getpid())).value();
}

TEST_CASE("NE5: net: Unix streams connect over an abstract name and know whom they talk to") {
  HandRuntime runtime;
  const SocketAddress address = abstract_name("echo");
  net::UnixListener listener = net::UnixListener::bind(address).value();
  CHECK(listener.local_addr().value() == address);
  auto serving = runtime.spawn([&]() -> Task<void> {
    net::UnixStream stream = (co_await listener.accept()).value();
    CHECK(stream.peer_cred().value().pid == ::getpid());
    CHECK(stream.peer_cred().value().uid == ::getuid());
    CHECK(co_await stream.write_all("hello"));
  });
  runtime.block_on([&]() -> Task<void> {
    net::UnixStream stream = (co_await net::UnixStream::connect(address)).value();
    std::array<std::byte, 5> bytes;
    CHECK(co_await stream.read_exact(bytes));
    std::array<std::byte, 1> end;
    CHECK((co_await stream.read_some(end)).value() == 0);
  });
  CHECK(serving.is_finished());
}

TEST_CASE("NE5: net: a Unix listener whose queue is full is overloaded, not a wait without end") {
  HandRuntime runtime;
  const SocketAddress address = abstract_name("full");
  net::UnixListener listener = net::UnixListener::bind(address, 0).value();
  runtime.block_on([&]() -> Task<void> {
    std::vector<net::UnixStream> streams;
    while (streams.size() < 100) {
      auto stream = co_await net::UnixStream::connect(address);
      if (!stream) {
        CHECK(stream.error() == Errc::Overloaded);
        co_return;
      }
      streams.push_back(*std::move(stream));
    }
    FAIL("a queue of length 0 took 100 connections");
  });
}

TEST_CASE("NE5: net: nobody listens at a Unix name") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    CHECK((co_await net::UnixStream::connect(abstract_name("nobody"))).error() == Errc::ConnectionRefused);
    const SocketAddress path = SocketAddress::parse("unix:/nonexistent/socket").value();
    CHECK((co_await net::UnixStream::connect(path)).error() == Errc::NotFound);
  });
}

TEST_CASE("NE5: net: a pair is connected from the start") {
  HandRuntime runtime;
  auto [one, other] = net::UnixStream::pair().value();
  runtime.block_on([&a = one, &b = other]() -> Task<void> {
    CHECK(co_await a.write_all("x"));
    std::array<std::byte, 8> bytes;
    CHECK((co_await b.read_some(bytes)).value() == 1);
  });
}

}  // namespace
