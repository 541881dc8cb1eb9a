#include <rondeau/connect/connector.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/task/context.h>
#include <rondeau/task/join.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>
#include <rondeau/tls/stream.h>

#include "support/certificates.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using namespace std::chrono_literals;
using connect::AddressPolicy;
using connect::ConnectErrorKind;
using connect::Connector;
using connect::ConnectPhase;
using connect::HostPort;
using connect::UnixPath;

namespace {

const support::Authority& authority() {
  static const support::Authority made;
  return made;
}

tls::ServerConfig server_config(std::vector<std::string> alpn = {}) {
  static const support::MadeCertificate made = authority().issue({.common_name = "db.test", .dns = {"db.test"}});
  return tls::ServerConfig::make({.identities = {made.identity()}, .alpn = std::move(alpn)}).value();
}

tls::ClientConfig client_config(std::vector<std::string> alpn = {}) {
  return tls::ClientConfig::make({.ca = tls::Pem::text(authority().pem()), .alpn = std::move(alpn)}).value();
}

struct Listening {
  net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
  std::uint16_t port = listener.local_addr().value().port();
};

/// Whose "db.test" is this host.
Connector connector(connect::ConnectorOptions options = {}) {
  options.resolver.set("db.test", {IpAddress::loopback_v4()});
  return Connector(std::move(options));
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

}  // namespace

TEST_CASE("connect: over TCP the connection has the options of a client that means to notice a dead peer") {
  test::run([]() -> Task<void> {
    Listening server;
    auto connected = (co_await connector().connect({.address = HostPort{"db.test", server.port}})).value();
    CHECK(connected.remote == server.listener.local_addr().value());
    CHECK(connected.alpn.empty());
    const int fd = static_cast<io::Reader&>(*connected.stream).described_descriptor();
    CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option(fd, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPIDLE) == 15);
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPINTVL) == 15);
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPCNT) == 3);
    CHECK(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) == 30'000);
    auto accepted = (co_await server.listener.accept()).value();
    CHECK(co_await connected.stream->write_all("hello"));
    std::array<std::byte, 5> room;
    CHECK(co_await accepted.read_exact(room));
  });
}

TEST_CASE("connect: a Unix socket is an address like any other, by its path or its abstract name") {
  support::TemporaryDirectory folder;
  test::run([path = (folder / "x.sock").native()]() -> Task<void> {
    auto listener = net::UnixListener::bind(SocketAddress::unix_path(path).value()).value();
    auto connected = co_await connector().connect({.address = UnixPath{path}});
    REQUIRE(connected);
    CHECK(connected->remote.to_string() == "unix:" + path);
    const std::string name = "@" + path;
    auto abstract = net::UnixListener::bind(SocketAddress::unix_path('\0' + path).value()).value();
    CHECK((co_await connector().connect({.address = UnixPath{name}})).has_value());

    const auto nobody = co_await connector().connect({.address = UnixPath{path + "x"}});
    CHECK(nobody.error().kind == ConnectErrorKind::Connect);
    CHECK(nobody.error().cause == Errc::NotFound);
    CHECK(nobody.error().message().starts_with("connect unix:" + path + "x: "));
    for (const std::string& bad : {std::string(), std::string("a\0b", 3), std::string(200, 'x')}) {
      CHECK((co_await connector().connect({.address = UnixPath{bad}})).error().kind ==
            ConnectErrorKind::InvalidEndpoint);
    }
  });
}

TEST_CASE("connect: TLS is spoken with the host that was asked for, and says what was agreed on") {
  test::run([]() -> Task<void> {
    Listening server;
    auto serving = spawn(
        [](Listening& here) -> Task<void> {
          auto accepted = (co_await here.listener.accept()).value();
          auto stream =
              (co_await tls::accept(io::AnyStream(std::move(accepted)), server_config({"h2", "http/1.1"}))).value();
          CHECK(stream.server_name() == "db.test");
          std::array<std::byte, 1> room;
          static_cast<void>(co_await stream.read_some(room));
        },
        std::ref(server));
    {
      auto connected = co_await connector().connect(
          {.address = HostPort{"db.test.", server.port}, .tls = connect::Tls{.config = client_config({"http/1.1"})}});
      REQUIRE(connected);
      CHECK(connected->alpn == "http/1.1");
      CHECK(connected->tls_version == "TLSv1.3");
      CHECK(connected->peer_certificate->dns_names == std::vector<std::string>{"db.test"});
    }
    CHECK((co_await serving).has_value());
  });
}

TEST_CASE("connect: a certificate for somebody else, or from nobody we know, is an error of TLS") {
  test::run([]() -> Task<void> {
    Listening server;
    auto serving = spawn(
        [](Listening& here) -> Task<void> {
          for (int i = 0; i < 2; ++i) {
            auto accepted = (co_await here.listener.accept()).value();
            CHECK_FALSE((co_await tls::accept(io::AnyStream(std::move(accepted)), server_config())).has_value());
          }
        },
        std::ref(server));
    const auto other =
        co_await connector().connect({.address = HostPort{"db.test", server.port},
                                      .tls = connect::Tls{.config = client_config(), .server_name = "other.test"}});
    REQUIRE_FALSE(other);
    CHECK(other.error().kind == ConnectErrorKind::Tls);
    CHECK(other.error().phase == ConnectPhase::Tls);
    CHECK(other.error().cause == Errc::PermissionDenied);
    CHECK(other.error().message().find("TLS handshake with other.test") != std::string::npos);
    const auto unknown =
        co_await connector().connect({.address = HostPort{"db.test", server.port},
                                      .tls = connect::Tls{.config = tls::ClientConfig::make().value()}});
    CHECK(unknown.error().kind == ConnectErrorKind::Tls);
    CHECK((co_await serving).has_value());
  });
}

TEST_CASE("connect: one bound holds for all phases together, and the error tells the one that took the time") {
  test::run([]() -> Task<void> {
    Listening server;  // takes connections and says nothing
    const auto silent =
        co_await connector({.timeout = 50ms})
            .connect({.address = HostPort{"db.test", server.port}, .tls = connect::Tls{.config = client_config()}});
    REQUIRE_FALSE(silent);
    CHECK(silent.error().kind == ConnectErrorKind::Timeout);
    CHECK(silent.error().phase == ConnectPhase::Tls);
    CHECK(silent.error().cause == Errc::TimedOut);
    CHECK(silent.error().message() ==
          "connect db.test:" + std::to_string(server.port) + ": no answer within 50 ms, while in the TLS handshake");
  });
  test::run(
      []() -> Task<void> {
        const Connector slow(
            {.resolver = connect::Resolver({.look_up = [](std::string) -> Task<Result<connect::Addresses>> {
               co_await sleep_for(6s);
               co_return connect::Addresses{};
             }})});
        Instant began = Instant::now();
        auto failed = co_await slow.connect({.address = HostPort{"db.test", 1}});
        CHECK(began.elapsed() == 5s);
        CHECK(failed.error().phase == ConnectPhase::Resolve);
        CHECK(failed.error().message() == "connect db.test:1: no answer within 5 s, while looking up the name");
        // The deadline of the context counts as well, and one that has passed begins nothing.
        co_await sleep_for(2s);
        began = Instant::now();
        failed = co_await with_context(Context::current().with_deadline(began + 1s),
                                       slow.connect({.address = HostPort{"db.test", 1}}));
        CHECK(began.elapsed() == 1s);
        CHECK(failed.error().kind == ConnectErrorKind::Timeout);
        failed = co_await with_context(Context::current().with_deadline(began),
                                       slow.connect({.address = HostPort{"db.test", 1}}));
        CHECK(failed.error().message() == "connect db.test:1: no time left, while looking up the name");
        co_await sleep_for(6s);  // for the look-up that was begun
      },
      {.start_paused = true});
}

TEST_CASE("connect: names that do not exist, and what is no name, are told apart") {
  test::run([]() -> Task<void> {
    const Connector here = connector();
    here.resolver().set("gone.test", {});
    const auto gone = co_await here.connect({.address = HostPort{"gone.test", 80}});
    CHECK(gone.error().kind == ConnectErrorKind::Dns);
    CHECK(gone.error().phase == ConnectPhase::Resolve);
    CHECK(gone.error().message() == "connect gone.test:80: look up gone.test: not found");
    CHECK((co_await here.connect({.address = HostPort{"", 80}})).error().kind == ConnectErrorKind::InvalidEndpoint);
    CHECK((co_await here.connect({.address = HostPort{"a b", 80}})).error().kind == ConnectErrorKind::InvalidEndpoint);
    CHECK((co_await here.connect({.address = UnixPath{"/x"}, .tls = connect::Tls{.config = client_config()}}))
              .error()
              .kind == ConnectErrorKind::InvalidEndpoint);
  });
}

TEST_CASE("connect: the address policy is asked of what a name was resolved to, not of the name") {
  test::run([]() -> Task<void> {
    Listening server;
    const Connector guarded = connector({.policy = AddressPolicy::public_only()});
    guarded.resolver().set("rebound.test", {IpAddress::v4(169, 254, 169, 254), IpAddress::v4(10, 0, 0, 1)});
    const auto denied = co_await guarded.connect({.address = HostPort{"rebound.test", 80}});
    CHECK(denied.error().kind == ConnectErrorKind::AddressDenied);
    CHECK(denied.error().cause == Errc::PermissionDenied);
    CHECK(denied.error().message() ==
          "connect rebound.test:80: the address policy does not allow 169.254.169.254 nor the 1 others");
    for (const char* host : {"db.test", "localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1", "127.1"}) {
      CAPTURE(host);
      CHECK((co_await guarded.connect({.address = HostPort{host, server.port}})).error().kind ==
            ConnectErrorKind::AddressDenied);
    }
    CHECK((co_await guarded.connect({.address = UnixPath{"/run/x.sock"}})).error().kind ==
          ConnectErrorKind::AddressDenied);
    // Where some are allowed, only those are tried.
    const Connector half = connector({.policy = AddressPolicy::custom([](const SocketAddress& address) {
                                        return address.ip() == IpAddress::loopback_v4();
                                      })});
    half.resolver().set("both.test", {IpAddress::v4(192, 0, 2, 1), IpAddress::loopback_v4()});
    CHECK((co_await half.connect({.address = HostPort{"both.test", server.port}})).has_value());
  });
}

TEST_CASE("connect: an attempt destroyed at any point leaves nothing behind") {
  test::run([]() -> Task<void> {
    Listening server;
    const Connector here = connector();
    here.resolver().set("two.test", {IpAddress::loopback_v4(), IpAddress::loopback_v4()});
    const auto config = client_config();
    for (const char* host : {"db.test", "two.test"}) {
      const auto report = co_await test::CancelEverywhere{[&]() -> Task<bool> {
                            auto connected = co_await here.connect({.address = HostPort{host, server.port}});
                            co_return connected.has_value();
                          }}.run();
      CHECK(report.problems.empty());
    }
    const Connector hasty = connector({.timeout = 20ms});
    const auto report = co_await test::CancelEverywhere{[&]() -> Task<bool> {
                          auto connected = co_await hasty.connect(
                              {.address = HostPort{"db.test", server.port}, .tls = connect::Tls{.config = config}});
                          co_return connected.has_value();
                        }}.run();
    CHECK(report.problems.empty());
    CHECK(report.suspensions >= 1);
  });
}
