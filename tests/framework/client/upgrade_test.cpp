// Connections that change their protocol: which 101 is one, and whose the connection is then.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include <rondeau/client/layers.h>
#include <rondeau/http/upgrade.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>

#include "scripted_peer.h"

using namespace peers;

namespace {

const std::string kSwitches = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

Task<std::string> read_until_end(rondeau::io::Stream& stream, std::string text) {
  for (;;) {
    char buffer[64];
    const auto count = co_await stream.read_some(std::as_writable_bytes(std::span(buffer)));
    if (!count) co_return text + "!";
    if (*count == 0) co_return text;
    text.append(buffer, *count);
  }
}

/// Says "ping" and tells what came, or why there is no connection.
Task<std::string> speak(Result<client::Upgraded, client::Error> upgraded) {
  if (!upgraded) co_return describe(upgraded.error());
  if (!co_await upgraded->stream->write_all(std::string_view("ping"))) co_return "unwritten";
  co_return co_await read_until_end(*upgraded->stream, upgraded->read_ahead);
}

Task<std::string> upgrade(client::Client asks) {
  co_return co_await speak(co_await asks.get("http://server/").upgrade("echo"));
}

std::string outcome(std::string answer) {
  return play({{receive(), send(std::move(answer)), wait(1s), finish(), stay()}}, upgrade).result;
}

/// Answers everything it hears in capitals.
class Shout final : public http::Upgrade {
 public:
  Task<void> run(http::UpgradedStream& upgraded) override {
    char buffer[64];
    for (;;) {
      const auto count = co_await upgraded.stream().read_some(std::as_writable_bytes(std::span(buffer)));
      if (!count || *count == 0) co_return;
      std::string text(buffer, *count);
      for (char& c : text) c = static_cast<char>(std::toupper(c));
      if (!co_await upgraded.stream().write_all(text)) co_return;
    }
  }
};

rondeau::Response shout(const rondeau::Request&) {
  return rondeau::Response::upgrade("echo", http::UpgradePtr(new Shout));
}

template <class F>
auto without_network(F program) {
  auto runtime = rondeau::runtime::Builder::current_thread().start_paused(true).build().value();
  return runtime.block_on(program());
}

client::Client shouting() {
  return client::Client::mock([](rondeau::Request request) -> Task<Result<rondeau::Response>> { co_return shout(request); });
}

}  // namespace

TEST_CASE("client: behind a 101 the connection is the caller's, with what came early") {
  const Played played =
      play({{receive(), send(kSwitches + "early "), take(4), send("pong"), finish(), stay()}}, upgrade);
  CHECK(played.result == "early pong");
  CHECK(played.seen.taken == "ping");
  REQUIRE(played.seen.requests.size() == 1);
  const std::string& head = played.seen.requests[0];
  CHECK(head.find("\r\nUpgrade: echo\r\n") != std::string::npos);
  CHECK(head.find("\r\nConnection: Upgrade\r\n") != std::string::npos);
}

TEST_CASE("client: a 101 in single bytes is as good") {
  CHECK(play({{receive(), drip(kSwitches + "early", 1ms), finish(), stay()}}, upgrade).result == "early");
}

TEST_CASE("client: what is no 101 for that protocol is an error") {
  struct Row {
    std::string_view name;
    std::string answer;
    std::string_view expected;
  };
  const std::string_view odd = "protocol sent=yes waiting for the answer";
  const std::vector<Row> rows{
      {"200", ok("hello"), "status sent=yes waiting for the answer"},
      {"426", "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", "status sent=yes waiting for the answer"},
      {"another protocol", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n", odd},
      {"two protocols", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: echo, other\r\n\r\n", odd},
      {"the protocol twice", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: echo\r\nUpgrade: echo\r\n\r\n", odd},
      {"no protocol", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n", odd},
      {"not of this connection", "HTTP/1.1 101 X\r\nUpgrade: echo\r\n\r\n", odd},
      {"in HTTP/1.0", "HTTP/1.0 101 X\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", odd},
      {"with a length", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: echo\r\nContent-Length: 0\r\n\r\n", odd},
      {"in chunks", "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: echo\r\nTransfer-Encoding: chunked\r\n\r\n", odd},
      {"the case of letters", "HTTP/1.1 101 X\r\nconnection: keep-alive, UPGRADE\r\nUPGRADE: Echo\r\n\r\n", ""},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(outcome(row.answer) == row.expected);
  }
}

TEST_CASE("client: a 101 that is cut anywhere is an error, never a connection") {
  for (std::size_t bytes = 0; bytes < kSwitches.size(); ++bytes) {
    INFO(bytes);
    const std::string expected = bytes == 0 ? "connect" : "protocol";
    CHECK(play({{receive(), send(kSwitches.substr(0, bytes)), finish(), stay()}}, upgrade).result ==
          expected + " sent=yes waiting for the answer");
  }
}

TEST_CASE("client: an upgraded connection leaves the pool, which has room for another one") {
  client::ClientOptions options;
  options.connections.per_origin = 1;
  const Script upgraded{receive(), send(ok("one")), receive(), send(kSwitches), stay()};
  const Script second{receive(), send(ok("two")), stay()};
  const Played played = play({upgraded, second}, [](client::Client asks) -> Task<std::string> {
    static_cast<void>(co_await get(asks));
    const auto held = co_await asks.get("http://server/").upgrade("echo");
    co_return (held ? "held " : "no ") + co_await get(asks);
  }, options);
  CHECK(played.result == "held 200 two");
  CHECK(played.seen.connections == 2);
}

TEST_CASE("client: an upgrade that a dead connection of the pool has swallowed is asked for again") {
  const Script dead{receive(), send(ok("one")), receive(), reset()};
  const Script second{receive(), send(kSwitches), take(4), finish(), stay()};
  const Played played = play({dead, second}, [](client::Client asks) -> Task<std::string> {
    static_cast<void>(co_await get(asks));
    co_return co_await upgrade(asks);
  });
  CHECK(played.result == "");
  CHECK(played.seen.taken == "ping");
}

TEST_CASE("client: a request for another protocol is refused where it has a body, or names none") {
  const auto refused = [](Program program) { return play({{stay()}}, std::move(program)); };
  const Played body = refused([](client::Client asks) -> Task<std::string> {
    co_return co_await speak(co_await asks.post("http://server/").body("x").upgrade("echo"));
  });
  CHECK(body.result == "invalid_request sent=no request");
  CHECK(body.seen.connections == 0);
  const Played name = refused([](client::Client asks) -> Task<std::string> {
    co_return co_await speak(co_await asks.get("http://server/").upgrade("echo\r\nX: y"));
  });
  CHECK(name.result == "invalid_request sent=no request");
}

TEST_CASE("client: a proxy of HTTP is asked for a tunnel where the protocol is to change") {
  client::ClientOptions options;
  options.proxy = client::Proxy::http("http://server:80").value();
  const Script tunnel{receive(), send("HTTP/1.1 200 OK\r\n\r\n"), receive(), send(kSwitches), take(4), finish(), stay()};
  const Played played = play({tunnel}, [](client::Client asks) -> Task<std::string> {
    co_return co_await speak(co_await asks.get("http://far.example/x").upgrade("echo"));
  }, options);
  CHECK(played.seen.taken == "ping");
  REQUIRE(played.seen.requests.size() == 2);
  CHECK(played.seen.requests[0].starts_with("CONNECT far.example:80 HTTP/1.1\r\n"));
  CHECK(played.seen.requests[1].starts_with("GET /x HTTP/1.1\r\n"));
}

TEST_CASE("client in process: an upgrade speaks over a stream in memory, also through layers") {
  const auto speak_once = [](client::Client asks) -> Task<std::string> {
    auto upgraded = co_await asks.get("http://api/").upgrade("echo");
    if (!upgraded) co_return describe(upgraded.error());
    CHECK((co_await upgraded->stream->write_all(std::string_view("ping"))).has_value());
    CHECK(upgraded->stream->try_shutdown(rondeau::io::How::Write).has_value());
    co_return std::string(upgraded->headers.get("x-through").value_or("")) +
        co_await read_until_end(*upgraded->stream, upgraded->read_ahead);
  };
  CHECK(without_network([&] { return speak_once(shouting()); }) == "PING");
  const auto note = [](rondeau::Request request, rondeau::Next next) -> Task<rondeau::Response> {
    rondeau::Response response = co_await next(std::move(request));
    response.headers().set("x-through", "noted:").value();
    co_return response;
  };
  CHECK(without_network([&] { return speak_once(client::with_layers(shouting(), note).value()); }) == "noted:PING");
  const auto refuse = [](rondeau::Request, rondeau::Next) -> Task<rondeau::Response> {
    co_return rondeau::Response(rondeau::StatusCode::Forbidden);
  };
  CHECK(without_network([&] { return speak_once(client::with_layers(shouting(), refuse).value()); }) ==
        "status sent=yes waiting for the answer");
}

TEST_CASE("client in process: a 101 that nobody asked for is an error") {
  CHECK(without_network([] { return get(shouting()); }) == "protocol sent=yes waiting for the answer");
  const auto empty_handed = [](rondeau::Request) -> Task<Result<rondeau::Response>> {
    co_return rondeau::Response(rondeau::StatusCode::SwitchingProtocols);
  };
  CHECK(without_network([&] { return upgrade(client::Client::mock(empty_handed)); }) ==
        "protocol sent=yes waiting for the answer");
}
