#include <rondeau/net/lookup_host.h>

#include <chrono>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/udp_socket.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>

#include "support/counting_driver.h"

namespace {

using namespace rondeau;
using support::CountingDriver;

const IpAddress kHere = IpAddress::loopback_v4();

runtime::Runtime make_runtime(base::Driver& driver) {
  return runtime::Builder::current_thread().driver(driver).build().value();
}

/// A port of this host that nobody has.
std::uint16_t closed_port() {
  return net::TcpListener::bind("127.0.0.1:0").value().local_addr().value().port();
}

TEST_CASE("NE7: net: the addresses of a host come in order, each with the port, from a thread of the pool") {
  CountingDriver driver;
  driver.hosts["db.test"] = {*IpAddress::parse("::1"), *IpAddress::parse("10.0.0.7")};
  auto runtime = make_runtime(driver);
  runtime.block_on([]() -> Task<void> {
    auto found = (co_await lookup_host("db.test", 5432)).value();
    CHECK(found ==
          std::vector<SocketAddress>{*SocketAddress::parse("[::1]:5432"), *SocketAddress::parse("10.0.0.7:5432")});
  }());
  CHECK(driver.look_ups == 1);
  CHECK(driver.look_up_thread.load() != std::this_thread::get_id());
}

TEST_CASE("NE7: net: a name that nobody has is an error that names it") {
  CountingDriver driver;
  auto runtime = make_runtime(driver);
  runtime.block_on([]() -> Task<void> {
    auto found = co_await lookup_host("nobody.test", 80);
    CHECK_FALSE(found);
    CHECK(found.error() == Errc::NotFound);
    CHECK(found.error().message() == "look up nobody.test: not found");
  }());
}

TEST_CASE("NE7: net: a name that is an address never leaves the worker") {
  CountingDriver driver;
  auto runtime = make_runtime(driver);
  runtime.block_on([]() -> Task<void> {
    for (const char* text : {"127.0.0.1", "::1", "fe80::1%1"}) {
      auto lookup = lookup_host(text, 80);
      CHECK(lookup.try_now());
      CHECK(lookup.await_resume().value() == std::vector{SocketAddress(*IpAddress::parse(text), 80)});
    }
    CHECK((co_await lookup_host("127.0.0.1", 1)).value().size() == 1);
  }());
  CHECK(driver.look_ups == 0);
}

TEST_CASE("NE7: net: names are looked up on the pool \"resolver\", so many at once and the rest in order") {
  CountingDriver driver;
  std::counting_semaphore<> gate(0);
  driver.look_up_gate = &gate;
  driver.hosts["x.test"] = {kHere};
  auto runtime = runtime::Builder::current_thread()
                     .driver(driver)
                     .blocking_pool("resolver", {.max_threads = 2, .queue_limit = 1})
                     .build()
                     .value();
  runtime.block_on([](CountingDriver& names, std::counting_semaphore<>& open) -> Task<void> {
    std::vector<JoinHandle<bool>> lookups;
    for (int i = 0; i < 6; ++i) {
      lookups.push_back(spawn([]() -> Task<bool> { co_return (co_await lookup_host("x.test", 80)).has_value(); }));
    }
    while (names.look_ups < 2) co_await yield_now();
    for (int i = 0; i < 100; ++i) co_await yield_now();
    CHECK(names.look_ups == 2);
    open.release(6);
    for (auto& lookup : lookups) CHECK((co_await lookup).value());
  }(driver, gate));
  CHECK(driver.look_ups == 6);
}

TEST_CASE("NE7: net: a lookup that is destroyed loses nothing of the caller's, and its call runs on unheard") {
  CountingDriver driver;
  std::counting_semaphore<> gate(0);
  driver.look_up_gate = &gate;
  driver.hosts["x.test"] = {kHere};
  auto runtime = make_runtime(driver);
  runtime.block_on([](CountingDriver& names, std::counting_semaphore<>& open) -> Task<void> {
    // Destroyed before it was awaited, while its call waits in the queue's order, while it runs.
    { auto unused = lookup_host("x.test", 80); }
    auto lookup = spawn([]() -> Task<void> {
      std::string name = "x.test";
      static_cast<void>(co_await lookup_host(std::move(name), 80));
    });
    while (names.look_ups < 1) co_await yield_now();
    lookup.abort();
    CHECK((co_await std::move(lookup)).error().is_cancelled());
    open.release(2);
    CHECK((co_await lookup_host("x.test", 80)).value().size() == 1);
  }(driver, gate));
  CHECK(driver.look_ups == 2);
}

TEST_CASE("NE7: net: a branch that looks a name up loses to another, and may be awaited again") {
  CountingDriver driver;
  std::counting_semaphore<> gate(0);
  driver.look_up_gate = &gate;
  driver.hosts["x.test"] = {kHere};
  auto runtime = make_runtime(driver);
  runtime.block_on([](std::counting_semaphore<>& open) -> Task<void> {
    auto lookup = lookup_host("x.test", 80);
    CHECK((co_await select(lookup, yield_now())).index() == 1);
    open.release();
    CHECK((co_await lookup).value().size() == 1);
  }(gate));
  CHECK(driver.look_ups == 1);
}

TEST_CASE("NE3: net: connecting to a host tries its addresses in order") {
  CountingDriver driver;
  auto runtime = make_runtime(driver);
  // The first is an address of nobody: the port is closed there.
  driver.hosts["two.test"] = {*IpAddress::parse("127.0.0.2"), kHere};
  driver.hosts["dead.test"] = {*IpAddress::parse("127.0.0.2"), *IpAddress::parse("127.0.0.3")};
  runtime.block_on([]() -> Task<void> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    const std::uint16_t port = listener.local_addr().value().port();
    auto stream = co_await net::TcpStream::connect("two.test", port);
    CHECK(stream);
    CHECK(stream->peer_addr().value() == SocketAddress(kHere, port));
    auto refused = co_await net::TcpStream::connect("dead.test", port);
    CHECK_FALSE(refused);
    CHECK(refused.error().message() == "connect 127.0.0.3:" + std::to_string(port) + ": connection refused");
    CHECK((co_await net::TcpStream::connect("none.test", port)).error() == Errc::NotFound);
    CHECK(co_await net::TcpStream::connect("127.0.0.1", port));
  }());
}

TEST_CASE("NE3: net: connect takes host and port as one text") {
  CountingDriver driver;
  auto runtime = make_runtime(driver);
  driver.hosts["localhost"] = {IpAddress::loopback_v6(), kHere};
  driver.hosts["two.test"] = {*IpAddress::parse("127.0.0.2"), kHere};
  runtime.block_on([]() -> Task<void> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    const std::string port = ':' + std::to_string(listener.local_addr().value().port());
    for (const char* host : {"127.0.0.1", "localhost", "two.test"}) {
      CAPTURE(host);
      auto stream = co_await net::TcpStream::connect(host + port);
      REQUIRE(stream);
      CHECK(stream->peer_addr().value() == listener.local_addr().value());
    }
    CHECK((co_await net::TcpStream::connect("none.test:80")).error().message() == "look up none.test: not found");
    const std::string closed = "127.0.0.1:" + std::to_string(closed_port());
    CHECK((co_await net::TcpStream::connect(closed)).error().message() == "connect " + closed + ": connection refused");
    if (auto v6 = net::TcpListener::bind("[::1]:0")) {
      auto stream = co_await net::TcpStream::connect("[::1]:" + std::to_string(v6->local_addr().value().port()));
      REQUIRE(stream);
      CHECK(stream->peer_addr().value() == v6->local_addr().value());
    } else {
      MESSAGE("this system has no version 6: not tried");
    }
  }());
}

TEST_CASE("NE3: net: connect refuses a text that is not host and port, and says so") {
  CountingDriver driver;
  auto runtime = make_runtime(driver);
  runtime.block_on([]() -> Task<void> {
    for (const char* text : {"", ":", "localhost", "localhost:", ":80", "localhost:http", "localhost:65536", "localhost:-1",
                             "localhost: 80", "localhost:80 ", "::1:80", "[::1]", "[::1]80", "[]:80", "[localhost]:80",
                             "[127.0.0.1]:80", "[::1:80", "unix:/run/x.sock"}) {
      CAPTURE(text);
      const auto refused = co_await net::TcpStream::connect(text);
      REQUIRE_FALSE(refused);
      CHECK(refused.error() == Errc::InvalidArgument);
      CHECK(refused.error().message() ==
            "connect \"" + std::string(text) + "\", which is not host:port or [v6]:port: invalid argument");
    }
  }());
  CHECK(driver.look_ups == 0);
}

TEST_CASE("NE1: net: a listener is bound to the first address of a host that works") {
  CountingDriver driver;
  auto runtime = make_runtime(driver);
  driver.hosts["mine.test"] = {*IpAddress::parse("192.0.2.1"), kHere};  // the first is of no host
  runtime.block_on([]() -> Task<void> {
    auto listener = co_await net::TcpListener::bind("mine.test", 0, {.nodelay = true});
    CHECK(listener);
    CHECK(listener->local_addr().value().ip() == kHere);
    auto taken = co_await net::TcpListener::bind("mine.test", listener->local_addr().value().port());
    CHECK(taken.error() == Errc::AddressInUse);
    CHECK((co_await net::TcpListener::bind("none.test", 0)).error() == Errc::NotFound);
  }());
}

TEST_CASE("NE4: net: a socket for datagrams is bound and connected by the names of hosts") {
  CountingDriver driver;
  auto runtime = make_runtime(driver);
  driver.hosts["mine.test"] = {*IpAddress::parse("192.0.2.1"), kHere};
  driver.hosts["mixed.test"] = {IpAddress::loopback_v6(), kHere};
  runtime.block_on([]() -> Task<void> {
    auto socket = co_await net::UdpSocket::bind("mine.test", 0);
    CHECK(socket);
    CHECK(socket->local_addr().value().ip() == kHere);
    CHECK((co_await net::UdpSocket::bind("none.test", 0)).error() == Errc::NotFound);
    // An address of the other version is not for this socket.
    CHECK(co_await socket->connect("mixed.test", closed_port()));
    CHECK(socket->peer_addr().value().ip() == kHere);
    CHECK((co_await socket->connect("none.test", 9)).error() == Errc::NotFound);
  }());
}

TEST_CASE("NE7: net: the system's names are asked where the driver is the kernel") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  runtime.block_on([]() -> Task<void> {
    const auto found = (co_await lookup_host("localhost", 80)).value();
    CHECK(found.front().ip().is_loopback());
    CHECK(found.front().port() == 80);
    CHECK((co_await lookup_host(std::string("a\0b", 3), 80)).error() == Errc::InvalidArgument);
  }());
}

TEST_CASE("NE7: net: names are looked up while the clock is paused") {
  CountingDriver driver;
  driver.hosts["x.test"] = {kHere};
  auto runtime = runtime::Builder::current_thread().driver(driver).start_paused().build().value();
  runtime.block_on([]() -> Task<void> { CHECK((co_await lookup_host("x.test", 80)).value().size() == 1); }());
}

}  // namespace
