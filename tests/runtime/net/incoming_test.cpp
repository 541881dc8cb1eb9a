#include <rondeau/net/incoming.h>

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/net/memory_listener.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_socket.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "support/counting_driver.h"
#include "support/hand_runtime.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;

static_assert(net::Listener<net::TcpListener>);
static_assert(net::Listener<net::UnixListener>);
static_assert(net::Listener<net::MemoryListener>);
static_assert(io::AsyncItems<net::Incoming<net::TcpListener&>>);

/// Echoes one line per connection, whatever the listener: what a server is.
template <net::Listener L>
Task<int> serve(L& listener, int connections) {
  net::Incoming incoming(listener);
  int served = 0;
  while (served < connections) {
    auto stream = co_await incoming.next();
    if (!stream || !*stream) break;
    char buffer[64];
    auto count = co_await (*stream)->read_some(std::as_writable_bytes(std::span(buffer)));
    if (!count || !co_await (*stream)->write_all(std::string_view(buffer, *count))) break;
    ++served;
  }
  co_return served;
}

Task<std::string> ask(io::Stream& stream, std::string_view text) {
  if (!co_await stream.write_all(text)) co_return "";
  char buffer[64];
  auto count = co_await stream.read_some(std::as_writable_bytes(std::span(buffer)));
  co_return std::string(buffer, count.value_or(0));
}

TEST_CASE("NE1: net: TCP, Unix and in-memory listeners serve alike") {
  support::HandRuntime runtime;
  net::TcpListener tcp = net::TcpListener::bind("127.0.0.1:0").value();
  const SocketAddress name =
      SocketAddress::unix_path('\0' + std::string("rondeau-incoming-") + std::to_string(::getpid())).value();
  net::UnixListener local = net::UnixListener::bind(name).value();
  auto [memory, connector] = net::memory_listener();
  auto first = runtime.spawn([&]() -> Task<int> { return serve(tcp, 1); });
  auto second = runtime.spawn([&]() -> Task<int> { return serve(local, 1); });
  auto third = runtime.spawn([&it = memory]() -> Task<int> { return serve(it, 2); });
  runtime.block_on([&, &connects = connector]() -> Task<void> {
    auto by_tcp = (co_await net::TcpStream::connect(tcp.local_addr().value())).value();
    CHECK(co_await ask(by_tcp, "tcp") == "tcp");
    auto by_name = (co_await net::UnixStream::connect(name)).value();
    CHECK(co_await ask(by_name, "unix") == "unix");
    for (const char* text : {"memory", "again"}) {
      auto in_memory = connects.connect().value();
      CHECK(co_await ask(in_memory, text) == text);
    }
  });
  CHECK(runtime.run_until([&] { return first.is_finished() && second.is_finished() && third.is_finished(); }));
}

TEST_CASE(
    "NE1: net: a memory listener refuses when its queue is full, ends with its connectors, and refuses when gone") {
  support::HandRuntime runtime;
  auto [listener, connector] = net::memory_listener({.backlog = 2});
  CHECK(listener.local_addr().value().is_unix());
  auto first = connector.connect();
  auto second = connector.connect();
  CHECK(first);
  CHECK(second);
  CHECK(connector.connect().error() == Errc::Overloaded);
  CHECK(listener.try_accept());
  CHECK(connector.connect());
  {
    net::MemoryConnector copy = connector;
    net::MemoryConnector last = std::move(connector);
  }
  // What was connected before is accepted, then it ends.
  CHECK(listener.try_accept());
  CHECK(listener.try_accept());
  CHECK(listener.try_accept().error() == Errc::Closed);
  runtime.block_on([&it = listener]() -> Task<void> {
    net::Incoming incoming(it);
    CHECK_FALSE((co_await incoming.next()).has_value());
    CHECK_FALSE((co_await incoming.next()).has_value());
  });

  auto [gone, left] = net::memory_listener();
  auto waiting = left.connect().value();
  { net::MemoryListener end = std::move(gone); }
  CHECK(left.connect().error() == Errc::ConnectionRefused);
  std::byte byte{};
  CHECK(waiting.try_read({&byte, 1}).value() == 0);
}

TEST_CASE("NE1: net: an accept from memory destroyed while it waits, or after it was woken, leaves the connection") {
  for (bool woken : {false, true}) {
    CAPTURE(woken);
    support::HandRuntime runtime;
    auto [listener, connector] = net::memory_listener();
    auto accepting = runtime.spawn([&it = listener]() -> Task<void> { static_cast<void>(co_await it.accept()); });
    runtime.run_ready();
    std::optional<Result<io::DuplexStream>> stream;
    if (woken) stream = connector.connect();
    accepting.abort();
    runtime.run_ready();
    REQUIRE(accepting.is_finished());
    if (!woken) stream = connector.connect();
    CHECK(listener.try_accept());
  }
}

/// A paused runtime, since the pauses of an accept loop are a matter of the clock.
runtime::Runtime make_paused(support::CountingDriver& driver) {
  return runtime::Builder::current_thread().driver(driver).start_paused().build().value();
}

TEST_CASE("NE1: net: out of descriptors an accept loop pauses 10 ms, doubled to 100 ms, and loses no connection") {
  support::CountingDriver driver;
  auto runtime = make_paused(driver);
  runtime.block_on([](support::CountingDriver& errors) -> Task<void> {
    net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
    const SocketAddress address = listener.local_addr().value();
    net::Incoming incoming(listener);
    for (int round = 0; round < 2; ++round) {
      auto stream = (co_await net::TcpStream::connect(address)).value();
      errors.accept_errors = {EMFILE};
      auto failed = co_await incoming.next();
      CHECK(failed->error() == Errc::TooManyOpenFiles);
      // From now on every attempt fails, until the last.
      for (auto pause : {10ms, 20ms, 40ms, 80ms, 100ms, 100ms}) {
        errors.accept_errors = {ENFILE, ENOBUFS};
        const Instant before = Instant::now();
        failed = co_await incoming.next();
        CHECK(failed->error() == Errc::OutOfMemory);
        CHECK(Instant::now() - before >= pause);
        CHECK(Instant::now() - before <= pause + 1ms);
      }
      // No error any more: no pause either, and the next round begins with a short one.
      const Instant before = Instant::now();
      CHECK((co_await incoming.next())->value().peer_addr().value() == stream.local_addr().value());
      CHECK(Instant::now() == before);
    }
  }(driver));
}

TEST_CASE("NE1: net: an accept loop that pauses is woken by any close") {
  support::CountingDriver driver;
  auto runtime = runtime::Builder::current_thread().driver(driver).build().value();
  runtime.block_on([](support::CountingDriver& errors) -> Task<void> {
    net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
    const SocketAddress address = listener.local_addr().value();
    std::optional socket = net::TcpListener::bind("127.0.0.1:0").value();
    std::optional unregistered = net::TcpSocket::v4().value();
    std::optional file = base::UniqueFd(::dup(listener.fd()));
    for (int which = 0; which < 3; ++which) {
      CAPTURE(which);
      auto stream = (co_await net::TcpStream::connect(address)).value();
      net::CloseWatch watch;
      auto hearing = spawn([&]() -> Task<void> { co_await watch.wait(1h); });
      co_await yield_now();
      CHECK_FALSE(hearing.is_finished());
      if (which == 0) socket.reset();
      if (which == 1) unregistered.reset();
      if (which == 2) file.reset();
      CHECK(co_await std::move(hearing));

      net::Incoming incoming(listener);
      errors.accept_errors = {EMFILE};
      CHECK_FALSE((co_await incoming.next())->has_value());
      errors.accept_errors = {EMFILE};  // the pause begins, then a close of a stream ends it
      auto accepting = spawn([&]() -> Task<bool> { co_return (co_await incoming.next())->has_value(); });
      co_await yield_now();
      base::UniqueFd(::dup(listener.fd()));
      CHECK((co_await std::move(accepting)).value());
    }
  }(driver));
}

TEST_CASE("NE1: net: the next connection, destroyed while it is waited for or while the loop pauses, stays queued") {
  support::CountingDriver driver;
  auto runtime = runtime::Builder::current_thread().driver(driver).build().value();
  runtime.block_on([](support::CountingDriver& errors) -> Task<void> {
    net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
    const SocketAddress address = listener.local_addr().value();
    net::Incoming incoming(listener);
    auto next = [&]() -> Task<void> { static_cast<void>(co_await incoming.next()); };
    auto waiting = spawn(next);
    co_await yield_now();
    waiting.abort();
    CHECK((co_await std::move(waiting)).error().is_cancelled());

    auto stream = (co_await net::TcpStream::connect(address)).value();
    errors.accept_errors = {EMFILE};
    CHECK_FALSE((co_await incoming.next())->has_value());
    errors.accept_errors = {EMFILE};
    auto pausing = spawn(next);
    co_await yield_now();
    pausing.abort();
    CHECK((co_await std::move(pausing)).error().is_cancelled());
    CHECK((co_await incoming.next())->value().peer_addr().value() == stream.local_addr().value());
  }(driver));
}

TEST_CASE("NE1: net: an error that is no matter of time is told once, then the stream of connections ends") {
  support::CountingDriver driver;
  auto runtime = runtime::Builder::current_thread().driver(driver).build().value();
  runtime.block_on([](support::CountingDriver& errors) -> Task<void> {
    net::Incoming incoming(net::TcpListener::bind("127.0.0.1:0").value());
    auto stream = (co_await net::TcpStream::connect(incoming.inner().local_addr().value())).value();
    errors.accept_errors = {EINVAL};
    CHECK((co_await incoming.next())->error() == Errc::InvalidArgument);
    CHECK_FALSE((co_await incoming.next()).has_value());
    net::TcpListener back = std::move(incoming).release();
    CHECK(back.try_accept());
  }(driver));
}

TEST_CASE("NE1: net: the stream of connections ends with its runtime") {
  support::HandRuntime runtime;
  net::Incoming incoming(net::TcpListener::bind("127.0.0.1:0").value());
  bool ended = false;
  auto accepting = runtime.spawn([&]() -> Task<void> { ended = !(co_await incoming.next()).has_value(); });
  runtime.run_ready();
  runtime.drop_reactor();
  runtime.run_ready();
  CHECK(accepting.is_finished());
  CHECK(ended);
}

}  // namespace
