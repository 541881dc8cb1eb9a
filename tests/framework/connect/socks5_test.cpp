#include <rondeau/connect/socks5.h>

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/connect/connector.h>
#include <rondeau/io/copy.h>
#include <rondeau/io/duplex.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/task/join.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/test/run.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using connect::ConnectError;
using connect::ConnectErrorKind;
using connect::HostPort;
using connect::socks5_tunnel;
using connect::Socks5Login;

namespace {

/// What the proxy expects to hear, then says; piece by piece.
struct Line {
  std::string_view hears;
  std::string_view says;
};

Task<void> play(io::DuplexStream proxy, std::vector<Line> script) {
  for (const Line& line : script) {
    std::string heard(line.hears.size(), '\0');
    if (!co_await proxy.read_exact(std::as_writable_bytes(std::span(heard)))) co_return;
    CHECK(heard == line.hears);
    for (const char each : line.says) {
      if (!co_await proxy.write_all(std::string_view(&each, 1))) co_return;
    }
  }
}

struct Asked {
  std::optional<io::AnyStream> stream;
  std::optional<ConnectError> error;
};

Task<Asked> ask(HostPort target, std::optional<Socks5Login> login, std::vector<Line> script) {
  auto [near, far] = io::duplex(16);
  auto playing = spawn(play(std::move(far), std::move(script)));
  auto through =
      co_await timeout(10s, socks5_tunnel(std::move(login))(io::AnyStream(std::move(near)), std::move(target)));
  REQUIRE(through);
  Asked asked;
  if (*through) {
    asked.stream = **std::move(through);
  } else {
    asked.error = std::move(*through).error();
  }
  if (!asked.stream) co_return asked;
  CHECK((co_await playing).has_value());
  co_return asked;
}

template <class F>
void run(F body) {
  test::run(body, {.start_paused = true});
}

constexpr auto kNoLogin = "\x05\x01\x00"sv;
constexpr auto kBothWays = "\x05\x02\x00\x02"sv;
constexpr auto kName =
    "\x05\x01\x00\x03\x07"
    "db.test"
    "\x15\x38"sv;
constexpr auto kDone = "\x05\x00\x00\x01\x0a\x00\x00\x01\x12\x34"sv;

}  // namespace

TEST_CASE("connect: a SOCKS proxy is asked for a name, which it looks up itself (RFC 1928)") {
  run([]() -> Task<void> {
    auto asked = co_await ask({"db.test", 5432}, std::nullopt,
                              {{kNoLogin, "\x05\x00"sv}, {kName, "\x05\x00\x00\x01\x0a\x00\x00\x01\x12\x34hello"sv}});
    REQUIRE(asked.stream);
    // What follows is the target's, to the byte.
    std::string hello(5, '\0');
    CHECK(co_await (*asked.stream)->read_exact(std::as_writable_bytes(std::span(hello))));
    CHECK(hello == "hello");
  });
}

TEST_CASE("connect: a SOCKS proxy is asked for addresses as what they are") {
  run([]() -> Task<void> {
    CHECK((co_await ask({"10.0.0.7", 80}, std::nullopt,
                        {{kNoLogin, "\x05\x00"sv}, {"\x05\x01\x00\x01\x0a\x00\x00\x07\x00\x50"sv, kDone}}))
              .stream);
    CHECK((co_await ask({"2001:db8::1", 443}, std::nullopt,
                        {{kNoLogin, "\x05\x00"sv},
                         {"\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb"sv,
                          "\x05\x00\x00\x04"
                          "0123456789abcdef"
                          "\x00\x00"sv}}))
              .stream);
    // The proxy may tell its own address by a name.
    CHECK((co_await ask({"db.test", 5432}, std::nullopt,
                        {{kNoLogin, "\x05\x00"sv},
                         {kName,
                          "\x05\x00\x00\x03\x03"
                          "abc\x00\x00"sv}}))
              .stream);
    CHECK((co_await ask({"db.test", 5432}, std::nullopt,
                        {{kNoLogin, "\x05\x00"sv}, {kName, "\x05\x00\x00\x03\x00\x00\x00"sv}}))
              .stream);
  });
}

TEST_CASE("connect: a login is offered, and given where the proxy wants it (RFC 1929)") {
  run([]() -> Task<void> {
    const Socks5Login login{.user = "me", .password = "secret"};
    CHECK((co_await ask({"db.test", 5432}, login,
                        {{kBothWays, "\x05\x02"sv}, {"\x01\x02me\x06secret"sv, "\x01\x00"sv}, {kName, kDone}}))
              .stream);
    CHECK((co_await ask({"db.test", 5432}, login, {{kBothWays, "\x05\x00"sv}, {kName, kDone}})).stream);
    const auto wrong =
        co_await ask({"db.test", 5432}, login, {{kBothWays, "\x05\x02"sv}, {"\x01\x02me\x06secret"sv, "\x01\x01"sv}});
    REQUIRE(wrong.error);
    CHECK(wrong.error->kind == ConnectErrorKind::Proxy);
    CHECK(wrong.error->cause == Errc::PermissionDenied);
    CHECK(wrong.error->message() == "the SOCKS proxy does not accept the login");
  });
}

TEST_CASE("connect: what a SOCKS proxy refuses is said in words, with its number") {
  run([]() -> Task<void> {
    const auto refused = [](char reply) -> Task<ConnectError> {
      const std::string says = {'\x05', reply};
      auto asked = co_await ask({"db.test", 5432}, std::nullopt, {{kNoLogin, "\x05\x00"sv}, {kName, says}});
      REQUIRE(asked.error);
      co_return *std::move(asked.error);
    };
    CHECK((co_await refused(2)).message() == "the SOCKS proxy does not allow this connection");
    CHECK((co_await refused(4)).message() == "the SOCKS proxy cannot reach the host");
    CHECK((co_await refused(5)).proxy_status == 5);
    CHECK((co_await refused(8)).kind == ConnectErrorKind::Proxy);
    CHECK((co_await refused('\xff')).message() == "the SOCKS proxy refused for a reason that no standard names");
  });
}

TEST_CASE("connect: what is no answer of a SOCKS proxy is an error, and so is an end before it") {
  run([]() -> Task<void> {
    struct Case {
      std::string_view first;
      std::string_view second;
      std::string_view message;
    };
    for (const Case& each : {
             Case{"\x04\x00"sv, ""sv, "does not speak version 5"},
             Case{"HT"sv, ""sv, "does not speak version 5"},
             Case{"\x05\xff"sv, ""sv, "wants a login"},
             Case{"\x05\x02"sv, ""sv, "chose a way to log in that was not offered"},
             Case{"\x05\x01"sv, ""sv, "chose a way to log in that was not offered"},
             Case{"\x05\x00"sv, "\x04\x00"sv, "gave an answer that is none"},
             Case{"\x05\x00"sv, "\x05\x00\x00\x02"sv, "gave an answer that is none"},
             Case{"\x05"sv, ""sv, "did not answer: unexpected end"},
             Case{"\x05\x00"sv, "\x05\x00\x00\x01\x01"sv, "did not answer: unexpected end"},
             Case{"\x05\x00"sv,
                  "\x05\x00\x00\x03\xff"
                  "abc"sv,
                  "did not answer: unexpected end"},
         }) {
      CAPTURE(each.message);
      const auto asked = co_await ask({"db.test", 5432}, std::nullopt,
                                      {{kNoLogin, each.first}, {each.second.empty() ? ""sv : kName, each.second}});
      REQUIRE(asked.error);
      CHECK(asked.error->kind == ConnectErrorKind::Proxy);
      CHECK(asked.error->message().starts_with("the SOCKS proxy " + std::string(each.message)));
    }
  });
}

TEST_CASE("connect: what cannot be said to a SOCKS proxy is not sent") {
  run([]() -> Task<void> {
    CHECK((co_await ask({"", 1}, std::nullopt, {})).error->cause == Errc::InvalidArgument);
    CHECK((co_await ask({std::string(256, 'a'), 1}, std::nullopt, {})).error->cause == Errc::InvalidArgument);
    for (const Socks5Login& login :
         {Socks5Login{"", "x"}, Socks5Login{"x", ""}, Socks5Login{std::string(256, 'x'), "secret"},
          Socks5Login{"x", std::string(256, 's')}}) {
      const auto asked = co_await ask({"db.test", 1}, login, {});
      REQUIRE(asked.error);
      CHECK(asked.error->cause == Errc::InvalidArgument);
      CHECK(asked.error->message().find("sss") == std::string::npos);
    }
  });
}

TEST_CASE("connect: through a proxy a connector reaches what the proxy reaches, and its time bounds the proxy's") {
  test::run([]() -> Task<void> {
    auto target = net::TcpListener::bind("127.0.0.1:0").value();
    auto proxy = net::TcpListener::bind("127.0.0.1:0").value();
    const auto target_address = target.local_addr().value();
    const std::uint16_t proxy_port = proxy.local_addr().value().port();
    auto serving = spawn(
        [](net::TcpListener& listener, SocketAddress to) -> Task<void> {
          auto client = (co_await listener.accept()).value();
          std::array<std::byte, 3 + 4 + 1 + 7 + 2> asked;
          CHECK(co_await client.read_exact(std::span(asked).first(3)));
          CHECK(co_await client.write_all("\x05\x00"sv));
          CHECK(co_await client.read_exact(std::span(asked).first(4 + 1 + 7 + 2)));
          auto onward = (co_await net::TcpStream::connect(to)).value();
          CHECK(co_await client.write_all(kDone));
          static_cast<void>(co_await io::copy_bidirectional(client, onward));
        },
        std::ref(proxy), target_address);
    const connect::Connector connector;
    {
      auto connected = co_await connector.connect(
          {.address = HostPort{"db.test", target_address.port()},
           .proxy = connect::Proxy{.address = HostPort{"127.0.0.1", proxy_port}, .tunnel = socks5_tunnel()}});
      REQUIRE(connected);
      CHECK(connected->remote.port() == proxy_port);
      auto accepted = (co_await target.accept()).value();
      CHECK(co_await connected->stream->write_all("ping"));
      std::array<std::byte, 4> room;
      CHECK(co_await accepted.read_exact(room));
    }
    CHECK((co_await serving).has_value());

    // A proxy that takes the connection and says nothing.
    const connect::Connector hasty({.timeout = 30ms});
    const auto silent = co_await hasty.connect(
        {.address = HostPort{"db.test", 1},
         .proxy = connect::Proxy{.address = HostPort{"127.0.0.1", proxy_port}, .tunnel = socks5_tunnel()}});
    REQUIRE_FALSE(silent);
    CHECK(silent.error().kind == ConnectErrorKind::Timeout);
    CHECK(silent.error().phase == connect::ConnectPhase::Proxy);
    CHECK(silent.error().message() == "connect db.test:1: no answer within 30 ms, while asking the proxy");
    // The proxy is our own choice, wherever it is; what it must not be asked for is not.
    const connect::Connector guarded({.policy = connect::AddressPolicy::public_only()});
    const auto nobody = co_await guarded.connect(
        {.address = HostPort{"db.test", 1},
         .proxy = connect::Proxy{.address = connect::UnixPath{"/no/such.sock"}, .tunnel = socks5_tunnel()}});
    CHECK(nobody.error().kind == ConnectErrorKind::Connect);
    CHECK(nobody.error().cause == Errc::NotFound);
    for (const char* host : {"127.0.0.1", "localhost", "10.0.0.1", "::1"}) {
      const auto denied = co_await guarded.connect(
          {.address = HostPort{host, 1},
           .proxy = connect::Proxy{.address = HostPort{"127.0.0.1", proxy_port}, .tunnel = socks5_tunnel()}});
      CHECK(denied.error().kind == ConnectErrorKind::AddressDenied);
    }
  });
}

TEST_CASE("connect: a tunnel destroyed at any point leaves nothing behind") {
  test::run([]() -> Task<void> {
    const auto report = co_await test::CancelEverywhere{
        []() -> Task<bool> {
          auto [near, far] = io::duplex(16);
          auto [through, played] = co_await join(
              socks5_tunnel(Socks5Login{"me", "secret"})(io::AnyStream(std::move(near)), HostPort{"db.test", 5432}),
              play(std::move(far),
                   {{kBothWays, "\x05\x02"sv}, {"\x01\x02me\x06secret"sv, "\x01\x00"sv}, {kName, kDone}}));
          co_return through.has_value();
        },
        [](std::optional<bool> got) {
          return got.value_or(true);
        }}.run();
    CHECK(report.problems.empty());
  });
}
