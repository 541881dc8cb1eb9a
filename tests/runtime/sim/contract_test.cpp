// What sockets promise, asked of the kernel and of the simulation alike: each case is one coroutine that both run.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/read.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_socket.h>
#include <rondeau/net/udp_socket.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sim/explore.h>
#include <rondeau/task/join.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace {

using namespace std::chrono_literals;
using rondeau::Errc;
using rondeau::SocketAddress;
using rondeau::Task;
using rondeau::io::How;
using rondeau::net::TcpListener;
using rondeau::net::TcpStream;
using rondeau::net::UdpSocket;
using rondeau::net::UnixListener;
using rondeau::net::UnixStream;

/// The case, on a kernel's runtime of each flavour and on simulated ones, with every liberty that a kernel has.
template <class F>
void on_both_drivers(F scenario, std::uint64_t seeds = 50) {
  using rondeau::runtime::Builder;
  SUBCASE("the kernel, current_thread") { Builder::current_thread().build().value().block_on(scenario); }
  SUBCASE("the kernel, two workers") { Builder::multi_thread().worker_threads(2).build().value().block_on(scenario); }
  SUBCASE("the simulation") {
    const auto explored =
        rondeau::sim::explore({.seeds = seeds, .from_environment = false}, [&](rondeau::sim::Runtime& world) {
          world.client("main", [&scenario]() -> Task<void> { co_await scenario(); });
        });
    CHECK_MESSAGE(!explored.failure, explored.failure->text);
  }
}

struct Pair {
  TcpStream near;
  TcpStream far;
};
Task<Pair> connected() {
  auto listener = TcpListener::bind("127.0.0.1:0").value();
  auto near = (co_await TcpStream::connect(listener.local_addr().value())).value();
  auto far = (co_await listener.accept()).value();
  co_return Pair{std::move(near), std::move(far)};
}

Task<std::string> read_all(TcpStream& stream) {
  std::string text;
  CHECK((co_await rondeau::io::read_to_string(stream, text, 1 << 24)));
  co_return text;
}

}  // namespace

TEST_CASE("TE4: contract: a connection knows both addresses, and each side sees the other's") {
  on_both_drivers([]() -> Task<void> {
    auto listener = TcpListener::bind("127.0.0.1:0").value();
    CHECK(listener.local_addr()->port() != 0);
    auto near = (co_await TcpStream::connect(listener.local_addr().value())).value();
    auto far = (co_await listener.accept()).value();
    CHECK(near.peer_addr().value() == listener.local_addr().value());
    CHECK(far.local_addr().value() == listener.local_addr().value());
    CHECK(far.peer_addr().value() == near.local_addr().value());
  });
}

TEST_CASE("TE4: contract: connections wait in the listener's queue, and what was sent meanwhile is there") {
  on_both_drivers([]() -> Task<void> {
    auto listener = TcpListener::bind("127.0.0.1:0").value();
    std::vector<TcpStream> made;
    for (const char* text : {"one", "two", "six"}) {
      made.push_back((co_await TcpStream::connect(listener.local_addr().value())).value());
      CHECK((co_await made.back().write_all(text)));
    }
    for (const char* text : {"one", "two", "six"}) {
      auto far = (co_await listener.accept()).value();
      std::string got(3, '\0');
      CHECK((co_await far.read_exact(std::as_writable_bytes(std::span(got)))));
      CHECK(got == text);
    }
  });
}

TEST_CASE("TE4: contract: bytes arrive in order and whole, however many, both ways at once") {
  on_both_drivers([]() -> Task<void> {
    Pair pair = co_await connected();
    std::string text;
    for (int i = 0; i < 6'000; ++i) text.append(std::to_string(i)).append(1, ' ');
    const auto send = [&text](TcpStream& stream) -> Task<void> {
      CHECK((co_await stream.write_all(text)));
      CHECK((co_await stream.shutdown()));
    };
    auto [first, second, got_far, got_near] =
        co_await rondeau::join(send(pair.near), send(pair.far), read_all(pair.far), read_all(pair.near));
    static_cast<void>(first);
    static_cast<void>(second);
    CHECK(got_far == text);
    CHECK(got_near == text);
  });
}

TEST_CASE("TE4: contract: after a half-close the other direction goes on") {
  on_both_drivers([]() -> Task<void> {
    Pair pair = co_await connected();
    CHECK((co_await pair.near.write_all("question")));
    CHECK((co_await pair.near.shutdown()));
    CHECK((co_await pair.near.write_all("more")).error() == Errc::BrokenPipe);
    CHECK((co_await read_all(pair.far)) == "question");
    std::byte buffer[1];
    CHECK((co_await pair.far.read_some(buffer)).value() == 0);
    CHECK((co_await pair.far.write_all("answer")));
    CHECK((co_await pair.far.shutdown()));
    CHECK((co_await read_all(pair.near)) == "answer");
  });
}

TEST_CASE("TE4: contract: a close is the end of the stream for the other side, whose bytes then reset it") {
  on_both_drivers([]() -> Task<void> {
    Pair pair = co_await connected();
    CHECK((co_await pair.far.write_all("last words")));
    { const TcpStream closed = std::move(pair.far); }
    CHECK((co_await read_all(pair.near)) == "last words");
    // The first ones are sent; the reset that answers them is seen by a later one.
    rondeau::base::Result<void> written;
    while (written) {
      written = co_await pair.near.write_all("x");
      if (written) co_await rondeau::sleep_for(1ms);
    }
    CHECK((written.error() == Errc::ConnectionReset || written.error() == Errc::BrokenPipe));
  });
}

TEST_CASE("TE4: contract: a close with unread bytes, and one that lingers for no time, reset the other side") {
  on_both_drivers([]() -> Task<void> {
    for (const bool linger : {false, true}) {
      Pair pair = co_await connected();
      if (linger) {
        CHECK(pair.far.set_linger(0s));
      } else {
        CHECK((co_await pair.near.write_all("unread")));
        std::byte buffer[1];
        CHECK((co_await pair.far.peek(buffer)).value() == 1);
      }
      { const TcpStream closed = std::move(pair.far); }
      std::byte buffer[1];
      CHECK((co_await pair.near.read_some(buffer)).error() == Errc::ConnectionReset);
      CHECK((co_await pair.near.read_some(buffer)).value() == 0);
      CHECK((co_await pair.near.write_all("x")).error() == Errc::BrokenPipe);
    }
  });
}

TEST_CASE("TE4: contract: a connection that nobody listens for is refused, and so is one to a closed listener") {
  on_both_drivers([]() -> Task<void> {
    std::optional<TcpListener> listener = TcpListener::bind("127.0.0.1:0").value();
    const SocketAddress address = listener->local_addr().value();
    auto waiting = (co_await TcpStream::connect(address)).value();
    listener.reset();
    CHECK((co_await TcpStream::connect(address)).error() == Errc::ConnectionRefused);
    // Nobody accepted it.
    std::byte buffer[1];
    CHECK((co_await waiting.read_some(buffer)).error() == Errc::ConnectionReset);
  });
}

TEST_CASE("TE4: contract: a port is taken once") {
  on_both_drivers([]() -> Task<void> {
    auto listener = TcpListener::bind("127.0.0.1:0").value();
    CHECK(TcpListener::bind(listener.local_addr().value()).error() == Errc::AddressInUse);
    CHECK(TcpListener::bind("203.0.113.7:80").error() == Errc::AddressNotAvailable);
    co_return;
  });
}

TEST_CASE("TE4: contract: peek takes nothing, and a read that is destroyed has taken nothing") {
  on_both_drivers([]() -> Task<void> {
    Pair pair = co_await connected();
    std::string text(4, '\0');
    const auto room = std::as_writable_bytes(std::span(text));
    CHECK((co_await rondeau::timeout(1ms, pair.far.read_some(room))).has_value() == false);
    CHECK((co_await pair.near.write_all("data")));
    CHECK((co_await pair.far.peek(room)).value() > 0);
    CHECK((co_await pair.far.read_exact(room)));
    CHECK(text == "data");
  });
}

TEST_CASE("TE4: contract: a writer waits for a reader that does not read, and goes on when it does") {
  on_both_drivers([]() -> Task<void> {
    Pair pair = co_await connected();
    const std::string much(16 << 20, 'x');
    auto written = rondeau::spawn([&]() -> Task<void> {
      CHECK((co_await pair.near.write_all(much)));
      CHECK((co_await pair.near.shutdown()));
    });
    co_await rondeau::sleep_for(1ms);
    CHECK(!written.is_finished());
    std::vector<std::byte> got;
    CHECK((co_await rondeau::io::read_to_end(pair.far, got, much.size() + 1)).value() == much.size());
    CHECK((co_await written));
  }, 2);
}

TEST_CASE("TE4: contract: Unix streams: made at once, both ways, ended by a close, refused without a listener") {
  on_both_drivers([]() -> Task<void> {
    const auto name = SocketAddress::unix_path(std::string_view("\0rondeau-contract", 17)).value();
    std::optional<UnixListener> listener = UnixListener::bind(name).value();
    auto near = (co_await UnixStream::connect(name)).value();
    auto far = (co_await listener->accept()).value();
    CHECK((co_await near.write_all("ping")));
    std::string text(4, '\0');
    CHECK((co_await far.read_exact(std::as_writable_bytes(std::span(text)))));
    CHECK(text == "ping");
    { const UnixStream closed = std::move(near); }
    std::byte buffer[1];
    CHECK((co_await far.read_some(buffer)).value() == 0);
    listener.reset();
    CHECK((co_await UnixStream::connect(name)).error() == Errc::ConnectionRefused);
  });
}

TEST_CASE("TE4: contract: UDP: a datagram is one message, cut and flagged where it is too long, refused where nobody is") {
  on_both_drivers([]() -> Task<void> {
    auto one = UdpSocket::bind("127.0.0.1:0").value();
    std::optional<UdpSocket> other = UdpSocket::bind("127.0.0.1:0").value();
    const SocketAddress to = other->local_addr().value();
    CHECK((co_await one.send_to(std::as_bytes(std::span("first", 5)), to)).value() == 5);
    CHECK((co_await one.send_to({}, to)).value() == 0);
    std::byte room[3];
    auto got = (co_await other->recv_from(room)).value();
    // Each finds its way alone; on the kernel's loopback the first comes first.
    if (got.size == 0) got = (co_await other->recv_from(room)).value();
    CHECK(got.size == 3);
    CHECK(got.truncated);
    CHECK(got.from == one.local_addr().value());
    CHECK(one.connect(to));
    other.reset();
    CHECK((co_await one.send(std::as_bytes(std::span("x", 1)))));
    CHECK((co_await one.recv(room)).error() == Errc::ConnectionRefused);
  });
}
