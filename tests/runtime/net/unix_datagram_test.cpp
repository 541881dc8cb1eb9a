#include <rondeau/net/unix_datagram.h>

#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/net/unix_socket.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/yield_now.h>

#include "support/hand_runtime.h"
#include "support/temporary_directory.h"

namespace {

using namespace rondeau;
using net::UnixDatagram;
using net::UnixSocket;
using support::HandRuntime;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

SocketAddress abstract_name(std::string_view what) {
  return SocketAddress::unix_path('\0' + std::string("rondeau-datagram-") + std::string(what) + '-' +
                                  std::to_string(::getpid()))
      .value();
}

/// What a socket receives next, or its error in words; then from whom.
Task<std::string> recv(const UnixDatagram& socket) {
  std::array<std::byte, 64> room;
  auto got = co_await socket.recv_from(room);
  if (!got) co_return got.error().message();
  co_return std::string(reinterpret_cast<const char*>(room.data()), got->size) + " from " + got->from.to_string();
}

/// Sends until there is no room.
std::size_t fill(const UnixDatagram& socket) {
  std::size_t sent = 0;
  while (socket.try_send(bytes_of("x"))) ++sent;
  return sent;
}

TEST_CASE("NE5: net: Unix datagrams go between names, and whoever has none is told as such") {
  HandRuntime runtime;
  const SocketAddress here = abstract_name("here");
  const SocketAddress there = abstract_name("there");
  UnixDatagram one = UnixDatagram::bind(here).value();
  UnixDatagram other = UnixDatagram::bind(there).value();
  UnixDatagram nameless = UnixDatagram::unbound().value();
  CHECK(one.local_addr().value() == here);
  CHECK(nameless.local_addr().value().path() == "");
  runtime.block_on([&]() -> Task<void> {
    CHECK((co_await one.send_to(bytes_of("hello"), there)).value() == 5);
    CHECK(co_await recv(other) == "hello from " + here.to_string());
    CHECK((co_await nameless.send_to(bytes_of("who"), here)).value() == 3);
    CHECK(co_await recv(one) == "who from unix:");
    CHECK(nameless.connect(there));
    CHECK((co_await nameless.send(bytes_of("again"))).value() == 5);
    CHECK(co_await recv(other) == "again from unix:");
    CHECK(nameless.peer_addr().value() == there);
  });
}

TEST_CASE("NE5: net: a bind of datagrams removes no file, and leaves its own behind") {
  HandRuntime runtime;
  const support::TemporaryDirectory folder;
  const SocketAddress path = SocketAddress::unix_path((folder / "socket").native()).value();
  { UnixDatagram bound = UnixDatagram::bind(path).value(); }
  CHECK(std::filesystem::exists(folder / "socket"));
  auto again = UnixDatagram::bind(path);
  REQUIRE_FALSE(again);
  CHECK(again.error() == Errc::AddressInUse);
  CHECK(again.error().message().find(path.to_string()) != std::string::npos);
  UnixDatagram nameless = UnixDatagram::unbound().value();
  CHECK(nameless.connect(path).error() == Errc::ConnectionRefused);
  CHECK(UnixDatagram::bind(*SocketAddress::parse("127.0.0.1:0")).error() == Errc::InvalidArgument);
}

TEST_CASE("NE5: net: a pair of datagram sockets is connected from the start, cuts and flags what does not fit") {
  HandRuntime runtime;
  auto [one, other] = UnixDatagram::pair().value();
  runtime.block_on([&a = one, &b = other]() -> Task<void> {
    CHECK((co_await a.send(bytes_of("too long"))).value() == 8);
    CHECK((co_await a.send(bytes_of(""))).value() == 0);
    std::array<std::byte, 3> room;
    auto cut = (co_await b.recv(room)).value();
    CHECK(cut.size == 3);
    CHECK(cut.truncated);
    auto empty = (co_await b.recv(room)).value();
    CHECK(empty.size == 0);
    CHECK_FALSE(empty.truncated);
  });
}

TEST_CASE("NE5: net: a peer that is gone, or hears no more, is an error and raises no signal") {
  HandRuntime runtime;
  std::optional<std::pair<UnixDatagram, UnixDatagram>> pair = UnixDatagram::pair().value();
  UnixDatagram left = std::move(pair->first);
  pair.reset();
  CHECK(left.try_send(bytes_of("x")).error() == Errc::ConnectionRefused);
  auto [one, other] = UnixDatagram::pair().value();
  CHECK(one.shutdown(io::How::Write));
  CHECK(one.try_send(bytes_of("x")).error() == Errc::BrokenPipe);
}

TEST_CASE("NE5: net: a connected sender waits for room in its receiver's queue; destroyed meanwhile it sent nothing") {
  for (bool woken : {false, true}) {
    CAPTURE(woken);
    HandRuntime runtime;
    const SocketAddress name = abstract_name("full");
    UnixDatagram receiver = UnixDatagram::bind(name).value();
    UnixDatagram sender = UnixDatagram::unbound().value();
    REQUIRE(sender.connect(name));
    std::size_t queued = fill(sender);
    REQUIRE(queued > 0);
    auto sending = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await sender.send(bytes_of("late"))); });
    runtime.run_ready();
    CHECK_FALSE(sending.is_finished());
    std::array<std::byte, 8> room;
    auto take = [&]() -> Task<std::size_t> { co_return (co_await receiver.recv(room)).value().size; };
    if (woken) {
      runtime.reactor().turn(Duration::zero());
      for (; queued > 0; --queued) {
        while (!receiver.try_recv(room)) runtime.reactor().turn(std::chrono::seconds(5));
      }
      runtime.reactor().turn(Duration::zero());
    }
    sending.abort();
    runtime.run_ready();
    REQUIRE(sending.is_finished());
    for (; queued > 0; --queued) CHECK(runtime.block_on(take) == 1);
    CHECK(receiver.try_recv(room).error() == Errc::WouldBlock);
    // The next one waits no longer than it has to.
    runtime.block_on([&]() -> Task<void> { co_await sender.writable(); });
    REQUIRE(fill(sender) > 0);
    auto again = runtime.spawn([&]() -> Task<bool> { co_return (co_await sender.send(bytes_of("late"))).has_value(); });
    runtime.run_ready();
    CHECK_FALSE(again.is_finished());
    CHECK(runtime.block_on(take) == 1);
    CHECK(runtime.run_until([&] { return again.is_finished(); }));
  }
}

TEST_CASE("NE5: net: a sender that is not connected finds room in a full queue although the system does not tell it") {
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    const SocketAddress name = abstract_name("busy");
    UnixDatagram receiver = UnixDatagram::bind(name).value();
    UnixDatagram sender = UnixDatagram::unbound().value();
    while (sender.try_send_to(bytes_of("x"), name)) {
    }
    auto sending =
        spawn([&]() -> Task<bool> { co_return (co_await sender.send_to(bytes_of("late"), name)).has_value(); });
    while (sender.try_send_to(bytes_of("x"), name).error() != Errc::WouldBlock) {
    }
    co_await yield_now();
    CHECK_FALSE(sending.is_finished());
    std::array<std::byte, 8> room;
    std::size_t size = 1;
    while (size == 1) size = (co_await receiver.recv(room)).value().size;
    CHECK(size == 4);
    CHECK((co_await std::move(sending)).value());
  }());
}

TEST_CASE("NE5: net: a send to a name, destroyed while it waits for room, sent nothing") {
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    const SocketAddress name = abstract_name("given-up");
    UnixDatagram receiver = UnixDatagram::bind(name).value();
    UnixDatagram sender = UnixDatagram::unbound().value();
    while (sender.try_send_to(bytes_of("x"), name)) {
    }
    auto sending = spawn([&]() -> Task<void> { static_cast<void>(co_await sender.send_to(bytes_of("lost"), name)); });
    co_await yield_now();
    CHECK_FALSE(sending.is_finished());
    sending.abort();
    static_cast<void>(co_await std::move(sending));
    std::array<std::byte, 8> room;
    co_await receiver.readable();
    for (auto got = receiver.try_recv(room); got; got = receiver.try_recv(room)) CHECK(got->size == 1);
  }());
}

TEST_CASE("NE5: net: a Unix socket is given a name and options before it becomes what it is to be") {
  HandRuntime runtime;
  const SocketAddress server = abstract_name("server");
  const SocketAddress client = abstract_name("client");
  UnixSocket listening = UnixSocket::stream().value();
  CHECK(listening.set_send_buffer_size(32 * 1024));
  CHECK(listening.send_buffer_size().value() >= 32 * 1024);
  CHECK(listening.set_receive_buffer_size(48 * 1024));
  CHECK(listening.receive_buffer_size().value() >= 48 * 1024);
  REQUIRE(listening.bind(server));
  net::UnixListener listener = std::move(listening).listen(8).value();
  UnixSocket connecting = UnixSocket::stream().value();
  REQUIRE(connecting.bind(client));
  runtime.block_on([&]() -> Task<void> {
    auto stream = co_await std::move(connecting).connect(server);
    CHECK(stream);
    CHECK((co_await listener.accept()).value().peer_addr().value() == client);
  });
  UnixSocket plain = UnixSocket::datagram().value();
  const SocketAddress name = abstract_name("plain");
  REQUIRE(plain.bind(name));
  CHECK(std::move(plain).into_datagram().value().local_addr().value() == name);
}

}  // namespace
