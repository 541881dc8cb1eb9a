// A server that speaks TLS, over streams in memory and by the virtual clock.
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/server/serve.h>
#include <rondeau/task/join.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/run.h>
#include <rondeau/testing/test_response.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>
#include <rondeau/tls/stream.h>

#include "memory_server.h"
#include "support/certificates.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::answer;

namespace {

const support::Authority& authority() {
  static const support::Authority made;
  return made;
}

support::MadeCertificate certificate() {
  static const support::MadeCertificate made = authority().issue({.dns = {"server.test", "*.server.test"}});
  return made;
}

tls::ServerOptions usual() {
  tls::ServerOptions options;
  options.identities.push_back(certificate().identity());
  return options;
}

class Served : public support::MemoryServer {
 public:
  explicit Served(tls::ServerOptions options = usual(), const Limits& limits = {}, std::size_t buffered = 64 * 1024)
      : MemoryServer(
            routes(), limits,
            [&](server::Listener listener) {
              return std::move(listener).with_tls(tls::ServerConfig::make(std::move(options)).value());
            },
            buffered) {}

 private:
  static Router<> routes() {
    Router<> app;
    app.get<"/">([](Request request) { return std::string(request.scheme()); });
    app.get<"/who">([](PeerCertificate client) { return client->subject; });
    app.get<"/whoever">([](std::optional<PeerCertificate> client) { return client ? (*client)->subject : "nobody"; });
    app.get<"/own">([](Request request) {
      const Request own = request.own();
      return std::string(own.scheme()) + (own.block().peer_certificate != nullptr ? " known" : " unknown");
    });
    app.get<"/big">([] { return std::string(1'000'000, 'x'); });
    app.get<"/slow">([]() -> Task<std::string> {
      co_await sleep_for(3s);
      co_return "slow";
    });
    app.post<"/echo">([](Bytes body) { return Response::bytes(std::move(body)); });
    return app;
  }
};

tls::ClientConfig trusting(tls::ClientOptions options = {}) {
  options.ca = tls::Pem::text(authority().pem());
  return tls::ClientConfig::make(std::move(options)).value();
}

Task<Result<tls::Stream>> connect(Served& server, tls::ClientOptions options = {}, std::string name = "server.test") {
  return tls::connect(server.dial(), trusting(std::move(options)), std::move(name));
}

Task<std::optional<testing::TestResponse>> ask(io::Stream& stream, std::string target,
                                               std::string host = "server.test") {
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  if (!co_await stream.write_all(request)) co_return std::nullopt;
  co_return co_await answer(stream);
}

Task<std::string> rest_of(io::Stream& stream) {
  std::string text;
  std::array<std::byte, 4096> room;
  for (;;) {
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) co_return text;
    text.append(reinterpret_cast<const char*>(room.data()), *count);
  }
}

constexpr test::Options kPaused{.start_paused = true};

}  // namespace

TEST_CASE("server: requests over TLS are https, and connections are kept") {
  test::run(
      []() -> Task<void> {
        Served server;
        {
          auto stream = co_await connect(server);
          REQUIRE(stream);
          for (int i = 0; i < 3; ++i) {
            const auto response = co_await ask(*stream, "/");
            REQUIRE(response);
            CHECK(response->body() == "https");
          }
          CHECK((co_await ask(*stream, "/own"))->body() == "https unknown");
          const auto big = co_await ask(*stream, "/big");
          REQUIRE(big);
          CHECK(big->body().size() == 1'000'000);
          const std::string body(300'000, 'b');
          auto [sent, echoed] = co_await join(
              stream->write_all("POST /echo HTTP/1.1\r\nHost: server.test\r\nContent-Length: 300000\r\n\r\n" + body),
              answer(*stream));
          CHECK(sent);
          REQUIRE(echoed);
          CHECK(echoed->body() == body);
        }
        CHECK((co_await server.end()).requests == 6);
      },
      kPaused);
}

TEST_CASE("server: pipelined requests over TLS, cut anywhere and over pipes that hold little, are answered in order") {
  for (const std::size_t buffered : {1u, 7u, 100u, 4096u}) {
    CAPTURE(buffered);
    test::run(
        [&]() -> Task<void> {
          Served server(usual(), {}, buffered);
          {
            auto stream = co_await connect(server);
            REQUIRE(stream);
            std::string requests;
            for (int i = 0; i < 5; ++i) requests += "GET /whoever HTTP/1.1\r\nHost: server.test\r\n\r\n";
            requests += "GET / HTTP/1.1\r\nHost: server.test\r\nConnection: close\r\n\r\n";
            auto [sent, got] = co_await join(stream->write_all(requests), rest_of(*stream));
            CHECK(sent);
            std::size_t nobodies = 0;
            for (std::size_t at = got.find("nobody"); at != std::string::npos; at = got.find("nobody", at + 1))
              ++nobodies;
            CHECK(nobodies == 5);
            CHECK(got.ends_with("https"));
          }
          co_await server.end();
        },
        kPaused);
  }
}

TEST_CASE("server: an end that the server brings about carries a close_notify") {
  test::run(
      []() -> Task<void> {
        Served server;
        std::array<std::byte, 64> room;
        {
          auto closed = co_await connect(server);
          REQUIRE(closed);
          const std::string request = "GET / HTTP/1.1\r\nHost: server.test\r\nConnection: close\r\n\r\n";
          CHECK(co_await closed->write_all(request));
          CHECK((co_await answer(*closed))->body() == "https");
          CHECK((co_await closed->read_some(room)).value() == 0);
          auto idle = co_await connect(server);
          REQUIRE(idle);
          CHECK(co_await ask(*idle, "/"));
          CHECK((co_await timeout(76s, idle->read_some(room))).value() == 0);
          auto silent = co_await connect(server);
          REQUIRE(silent);
          CHECK((co_await timeout(11s, silent->read_some(room))).value() == 0);
        }
        co_await server.end();
      },
      kPaused);
}

TEST_CASE("server: plain HTTP on the port for TLS is answered by a 400 in clear text") {
  for (const std::string request :
       {"GET / HTTP/1.1\r\nHost: server.test\r\n\r\n", "HEAD / HTTP/1.1\r\n", "P", "DELETE /x HTTP/1.0\r\n\r\n"}) {
    CAPTURE(request);
    test::run(
        [&]() -> Task<void> {
          Served server;
          {
            io::DuplexStream wire = server.dial();
            CHECK(co_await wire.write_all(request));
            const std::string got = co_await rest_of(wire);
            CHECK(got.starts_with("HTTP/1.1 400 Bad Request\r\n"));
            CHECK(got.find("Connection: close\r\n") != std::string::npos);
            CHECK((got.find("http-on-an-https-port") != std::string::npos) == !request.starts_with("HEAD"));
            CHECK(Served::last_refused == "http-on-an-https-port");
          }
          CHECK((co_await server.end()).connections == 1);
        },
        kPaused);
  }
}

TEST_CASE("server: what is neither TLS nor text ends the connection") {
  test::run(
      []() -> Task<void> {
        Served server;
        for (const std::string& bytes :
             {std::string(100, '\0'), std::string("\x16\x03\x01\x00\x05hello", 10), std::string("\x80\x2e\x01", 3)}) {
          io::DuplexStream wire = server.dial();
          CHECK(co_await wire.write_all(bytes));
          CHECK(co_await wire.shutdown());
          CHECK((co_await rest_of(wire)).find("HTTP") == std::string::npos);
        }
        co_await server.end();
      },
      kPaused);
}

TEST_CASE("server: a handshake has 10 s from accept, and drips do not extend that") {
  test::run(
      []() -> Task<void> {
        Served server;
        {
          io::DuplexStream silent = server.dial();
          io::DuplexStream drips = server.dial();
          std::array<std::byte, 64> room;
          CHECK(co_await drips.write_all(std::string("\x16\x03\x01\x02\x00\x01", 6)));
          for (int i = 0; i < 9; ++i) {
            co_await sleep_for(1s);
            CHECK(co_await drips.write_all(std::string(1, '\0')));
          }
          co_await sleep_for(999ms);
          CHECK(silent.try_read(room).error() == Errc::WouldBlock);
          CHECK(drips.try_read(room).error() == Errc::WouldBlock);
          co_await sleep_for(2ms);
          CHECK(silent.try_read(room).value() == 0);
          CHECK(drips.try_read(room).value() == 0);
          // In time, and then the clock for the first request begins anew.
          io::DuplexStream wire = server.dial();
          co_await sleep_for(9s);
          auto late = co_await tls::connect(std::move(wire), trusting(), "server.test");
          REQUIRE(late);
          co_await sleep_for(9s);
          CHECK((co_await ask(*late, "/"))->body() == "https");
        }
        co_await server.end();
      },
      kPaused);
}

TEST_CASE("server: so many handshakes at once; the next waits for its turn, and who says nothing takes no place") {
  test::run(
      []() -> Task<void> {
        Limits limits;
        limits.max_tls_handshakes = 2;
        Served server(usual(), limits);
        {
          std::vector<io::DuplexStream> silent;
          for (int i = 0; i < 5; ++i) silent.push_back(server.dial());
          CHECK(co_await connect(server));
          std::vector<io::DuplexStream> slow;
          for (int i = 0; i < 2; ++i) {
            slow.push_back(server.dial());
            CHECK(co_await slow.back().write_all(std::string("\x16\x03\x01\x02\x00\x01", 6)));
          }
          co_await sleep_for(1s);
          auto queued = spawn([&] { return connect(server); });
          co_await sleep_for(100ms);
          CHECK_FALSE(queued.is_finished());
          // Peers that stop in the middle do not keep the others out.
          co_await sleep_for(500ms);
          CHECK(queued.is_finished());
          CHECK((co_await queued).value());
        }
        co_await server.end();
      },
      kPaused);
}

TEST_CASE("server: handshakes do not hold up a shutdown, requests over TLS are let finish") {
  test::run(
      []() -> Task<void> {
        Served server;
        io::DuplexStream silent = server.dial();
        io::DuplexStream begun = server.dial();
        CHECK(co_await begun.write_all(std::string("\x16\x03\x01\x02\x00\x01", 6)));
        auto idle = co_await connect(server);
        auto busy = co_await connect(server);
        REQUIRE(idle);
        REQUIRE(busy);
        CHECK(co_await ask(*idle, "/"));
        auto asking = spawn([&] { return ask(*busy, "/slow"); });
        co_await sleep_for(100ms);
        const auto began = Instant::now();
        const ServeReport report = co_await server.end();
        CHECK(report.cut == 0);
        CHECK(began.elapsed() < 8s);
        const auto last = (co_await asking).value();
        REQUIRE(last);
        CHECK(last->body() == "slow");
        CHECK(last->header("connection") == "close");
        std::array<std::byte, 64> room;
        CHECK((co_await idle->read_some(room)).value() == 0);
        CHECK((co_await rest_of(silent)).empty());
      },
      kPaused);
}

TEST_CASE("server: a host that the client has not verified us for is a 421, and the connection goes on") {
  test::run(
      []() -> Task<void> {
        tls::ServerOptions options = usual();
        options.identities.push_back(authority().issue({.dns = {"other.test"}}).identity());
        Served server(options);
        {
          auto stream = co_await connect(server);
          REQUIRE(stream);
          struct Row {
            const char* host;
            int status;
          };
          for (const Row& row :
               {Row{"server.test", 200}, Row{"SERVER.test:8443", 200}, Row{"a.server.test", 200},
                Row{"other.test", 421}, Row{"127.0.0.1", 421}, Row{"[::1]:443", 421}, Row{"server.test", 200}}) {
            CAPTURE(row.host);
            const auto response = co_await ask(*stream, "/", row.host);
            REQUIRE(response);
            CHECK(static_cast<int>(response->status()) == row.status);
          }
          const std::string absolute = "GET https://other.test/ HTTP/1.1\r\nHost: server.test\r\n\r\n";
          CHECK(co_await stream->write_all(absolute));
          CHECK((co_await answer(*stream))->status() == StatusCode::MisdirectedRequest);
          // Who asked for no name has verified whatever it did.
          auto nameless = co_await connect(server, {.danger_accept_invalid_certificates = true}, "192.0.2.1");
          REQUIRE(nameless);
          CHECK((co_await ask(*nameless, "/", "anything.test"))->body() == "https");
        }
        co_await server.end();
      },
      kPaused);
}

TEST_CASE("server: HTTP/1.1 is offered to clients that ask which protocols there are") {
  test::run(
      []() -> Task<void> {
        Served server;
        {
          auto stream = co_await connect(server, {.alpn = {"spdy/1", "http/1.1"}});
          REQUIRE(stream);
          CHECK(stream->alpn() == "http/1.1");
          CHECK((co_await ask(*stream, "/"))->body() == "https");
          const auto stranger = co_await connect(server, {.alpn = {"spdy/1"}});
          REQUIRE_FALSE(stranger);
          CHECK(stranger.error().message().find("no application protocol") != std::string::npos);
        }
        co_await server.end();
      },
      kPaused);
}

TEST_CASE("server: the certificate of a client that is gone is nobody else's, least of all in clear text") {
  test::run(
      []() -> Task<void> {
        tls::ServerOptions options = usual();
        options.client_auth = tls::ClientAuth::Optional;
        options.client_ca = tls::Pem::text(authority().pem());
        Router<> app;
        app.get<"/whoever">([](std::optional<PeerCertificate> who) { return who ? (*who)->subject : "nobody"; });
        auto [secure, to_secure] = net::memory_listener({});
        auto [plain, to_plain] = net::memory_listener({});
        std::vector<server::Listener> listeners;
        listeners.push_back(
            server::Listener(std::move(secure)).with_tls(tls::ServerConfig::make(std::move(options)).value()));
        listeners.push_back(server::Listener(std::move(plain)));
        const CancellationToken stop;
        auto server = spawn(serve(std::move(listeners), app.build().value(), ServeOptions{.shutdown = stop}));
        {
          tls::ClientOptions client;
          client.identity =
              authority().issue({.common_name = "billing", .for_servers = false, .for_clients = true}).identity();
          auto known = co_await tls::connect(to_secure.connect().value(), trusting(std::move(client)), "server.test");
          REQUIRE(known);
          CHECK((co_await ask(*known, "/whoever"))->body() == "CN=billing");
        }
        co_await sleep_for(1s);  // its end is read where requests are
        {
          io::DuplexStream stranger = to_plain.connect().value();
          CHECK((co_await ask(stranger, "/whoever"))->body() == "nobody");
        }
        stop.cancel();
        CHECK((co_await server).value());
      },
      kPaused);
}

TEST_CASE("server: handlers know the client's certificate") {
  test::run(
      []() -> Task<void> {
        tls::ServerOptions options = usual();
        options.client_auth = tls::ClientAuth::Optional;
        options.client_ca = tls::Pem::text(authority().pem());
        Served server(options);
        {
          tls::ClientOptions client;
          client.identity =
              authority().issue({.common_name = "billing", .for_servers = false, .for_clients = true}).identity();
          auto known = co_await connect(server, client);
          REQUIRE(known);
          CHECK((co_await ask(*known, "/who"))->body() == "CN=billing");
          CHECK((co_await ask(*known, "/whoever"))->body() == "CN=billing");
          CHECK((co_await ask(*known, "/own"))->body() == "https known");
          // The next connection on this worker is another one's.
          auto unknown = co_await connect(server);
          REQUIRE(unknown);
          CHECK((co_await ask(*unknown, "/who"))->status() == StatusCode::Forbidden);
          CHECK((co_await ask(*unknown, "/whoever"))->body() == "nobody");
        }
        co_await server.end();
      },
      kPaused);
}
