// Connections through a proxy that says for whom, over streams in memory and by the virtual clock.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/server/serve.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>
#include <rondeau/tls/stream.h>

#include "memory_server.h"
#include "support/certificates.h"
#include "support/proxy_header.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr test::Options kPaused{.start_paused = true};
const std::string kHeader = "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n";
const std::string kAsk = "GET / HTTP/1.1\r\nHost: server.test\r\n\r\n";

http::TrustedProxies networks(std::vector<std::string> list) {
  return http::TrustedProxies::parse(list).value();
}

/// Streams in memory come from 0.0.0.0.
class Served : public support::MemoryServer {
 public:
  explicit Served(const Limits& limits = {}, std::vector<std::string> trusted = {"0.0.0.0"},
                  const tls::ServerConfig* config = nullptr)
      : MemoryServer(routes(), limits, [&](server::Listener listener) {
          listener = std::move(listener).with_proxy_protocol(networks(std::move(trusted)));
          return config == nullptr ? std::move(listener) : std::move(listener).with_tls(*config);
        }) {}

 private:
  static Router<> routes() {
    Router<> app;
    app.get<"/">([](std::optional<ConnectInfo> peer) { return peer ? (*peer)->to_string() : "nobody"; });
    return app;
  }
};

/// The body of the next answer, or its status; empty where there is none.
Task<std::string> answer(io::Stream& stream) {
  const auto response = co_await support::answer(stream);
  if (!response) co_return "";
  const bool ok = response->status() == StatusCode::Ok;
  co_return ok ? std::string(response->body()) : std::to_string(http::code(response->status()));
}

Task<std::string> say(io::DuplexStream stream, std::string text) {
  static_cast<void>(co_await stream.write_all(text));
  co_return co_await answer(stream);
}

}  // namespace

TEST_CASE("server: a trusted proxy says who the peer is, a byte at a time if it likes") {
  test::run(
      []() -> Task<void> {
        Served server;
        CHECK(co_await say(server.dial(), kHeader + kAsk) == "192.0.2.1:56324");
        CHECK(co_await say(server.dial(), "PROXY UNKNOWN\r\n" + kAsk) == "nobody");
        CHECK(co_await say(server.dial(), support::proxy_v2(0x20, 0, "") + kAsk) == "nobody");
        const std::string v4("\x0a\0\0\x01\x0a\0\0\x02\xd4\x31\x01\xbb", 12);
        CHECK(co_await say(server.dial(), support::proxy_v2(0x21, 0x11, v4) + kAsk) == "10.0.0.1:54321");
        io::DuplexStream slow = server.dial();
        for (const char c : kHeader + kAsk) {
          CHECK(co_await slow.write_all(std::string(1, c)));
          co_await sleep_for(10ms);
        }
        CHECK(co_await answer(slow) == "192.0.2.1:56324");
        // It holds for the whole connection, and there is only one.
        CHECK(co_await slow.write_all(kAsk));
        CHECK(co_await answer(slow) == "192.0.2.1:56324");
        CHECK(co_await say(server.dial(), kHeader + kHeader + kAsk) == "400");
        slow = server.dial();
        co_await server.end();
      },
      kPaused);
}

TEST_CASE("server: a trusted proxy without a header is closed, and what others send is none") {
  test::run(
      []() -> Task<void> {
        Served server;
        for (const std::string& bad : {kAsk, "PROXY TCP4 1 2 3 4\r\n" + kAsk, support::proxy_v2(0x23, 0x11, "") + kAsk}) {
          Served::last_refused.clear();
          CHECK(co_await say(server.dial(), bad) == "");
          CHECK(Served::last_refused == "no-proxy-header");
        }
        // As balancers do that look whether we live; nobody has to hear of it.
        Served::last_refused.clear();
        {
          const io::DuplexStream gone = server.dial();
        }
        io::DuplexStream half = server.dial();
        CHECK(co_await half.write_all(kHeader.substr(0, 20)));
        CHECK(co_await half.shutdown());
        CHECK(co_await answer(half) == "");
        CHECK(Served::last_refused == "");
        co_await server.end();

        Served other({}, {"192.0.2.0/24"});
        CHECK(co_await say(other.dial(), kHeader + kAsk) == "400");
        CHECK(co_await say(other.dial(), kAsk) == "nobody");
        co_await other.end();
      },
      kPaused);
}

TEST_CASE("server: a proxy's header has the time of a first byte, and drips do not extend it") {
  test::run(
      []() -> Task<void> {
        Limits limits;
        limits.first_byte = 2s;
        Served server(limits);
        for (const bool drips : {false, true}) {
          io::DuplexStream stream = server.dial();
          const Instant began = Instant::now();
          auto drip = spawn([&stream, drips]() -> Task<void> {
            for (const char c : kHeader) {
              if (!drips || !co_await stream.write_all(std::string(1, c))) co_return;
              co_await sleep_for(100ms);
            }
          });
          CHECK(co_await answer(stream) == "");
          CHECK(began.elapsed() >= 2s);
          CHECK(began.elapsed() < 2100ms);
          drip.abort();
          static_cast<void>(co_await drip);
        }
        // A server that stops waits for none of them.
        const io::DuplexStream silent = server.dial();
        co_await sleep_for(10ms);
        const Instant began = Instant::now();
        co_await server.end();
        CHECK(began.elapsed() < 1s);
      },
      kPaused);
}

TEST_CASE("server: clients behind a proxy have their own share of connections") {
  test::run(
      []() -> Task<void> {
        Limits limits;
        limits.max_connections_per_address = 1;
        Served server(limits);
        const auto from = [&](const char* address) {
          return "PROXY TCP4 " + std::string(address) + " 10.0.0.1 1 2\r\n" + kAsk;
        };
        io::DuplexStream first = server.dial();
        CHECK(co_await first.write_all(from("192.0.2.1")));
        CHECK(co_await answer(first) == "192.0.2.1:1");
        CHECK(co_await say(server.dial(), from("192.0.2.1")) == "");
        CHECK(co_await say(server.dial(), from("192.0.2.2")) == "192.0.2.2:1");
        { const io::DuplexStream closed = std::move(first); }
        co_await sleep_for(10ms);
        CHECK(co_await say(server.dial(), from("192.0.2.1")) == "192.0.2.1:1");
        CHECK(co_await say(server.dial(), from("192.0.2.1")) == "192.0.2.1:1");
        co_await server.end();
      },
      kPaused);
}

TEST_CASE("server: TLS begins behind a proxy's header") {
  test::run(
      []() -> Task<void> {
        const support::Authority authority;
        tls::ServerOptions options;
        options.identities.push_back(authority.issue({.dns = {"server.test"}}).identity());
        const auto config = tls::ServerConfig::make(std::move(options)).value();
        Served server({}, {"0.0.0.0"}, &config);
        io::DuplexStream wire = server.dial();
        CHECK(co_await wire.write_all(kHeader));
        tls::ClientOptions trusting;
        trusting.ca = tls::Pem::text(authority.pem());
        auto stream =
            co_await tls::connect(std::move(wire), tls::ClientConfig::make(std::move(trusting)).value(), "server.test");
        REQUIRE(stream);
        CHECK(co_await stream->write_all(kAsk));
        CHECK(co_await answer(*stream) == "192.0.2.1:56324");
        stream = Error(Errc::Closed);
        co_await server.end();
      },
      kPaused);
}
