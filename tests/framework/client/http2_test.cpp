// One request over HTTP/2: what is sent, bodies both ways, time.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/test/run.h>

#include "http2_peer.h"

using namespace peers;
namespace net = rondeau::net;
namespace test = rondeau::test;

namespace {

rondeau::task::AsyncGenerator<Bytes> pieces() {
  co_yield Bytes::copy_of("hello, ");
  co_yield Bytes::copy_of("world");
}

rondeau::task::AsyncGenerator<Bytes> endless() {
  for (;;) {
    co_await rondeau::sleep_for(10ms);
    co_yield Bytes(std::string(1'000, 'x'));
  }
}

template <class Ask>
Program asking(Ask ask) {
  return [ask](client::Client asks) -> Task<std::string> { co_return co_await outcome_of(ask(asks)); };
}

const std::vector<Script> kAnswers{{greet(), receive(), send(answer(1, "ok")), stay()}};

}  // namespace

TEST_CASE("client: a request of HTTP/2 says what one of HTTP/1.1 says, without what belongs to connections") {
  const PlayedHttp2 played = play2(kAnswers, asking([](client::Client& asks) {
                                     return asks.post("http://server/a?b=c").header("X-Thing", "1").body("hello");
                                   }));
  CHECK(played.result == "200 ok");
  const Conversed& heard = played.first();
  CHECK(heard.field(1, ":method") == "POST");
  CHECK(heard.field(1, ":scheme") == "http");
  CHECK(heard.field(1, ":authority") == "server");
  CHECK(heard.field(1, ":path") == "/a?b=c");
  CHECK(heard.field(1, "x-thing") == "1");
  CHECK(heard.field(1, "host").empty());
  CHECK(heard.field(1, "content-length") == "5");
  CHECK(heard.body(1) == "hello");
}

TEST_CASE("client: HTTP/2 begins with what this client allows") {
  const PlayedHttp2 played = play2(kAnswers, get);
  const h2::Frame& first = played.first().frames().front();
  CHECK(first.type == NGHTTP2_SETTINGS);
  CHECK(first.payload == h2::setting(NGHTTP2_SETTINGS_ENABLE_PUSH, 0) +
                             h2::setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 2 * 1024 * 1024) +
                             h2::setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64 * 1024));
  const auto windows = played.first().of_type(NGHTTP2_WINDOW_UPDATE, 0);
  REQUIRE(!windows.empty());
  CHECK(windows.front().word() == 16 * 1024 * 1024 - 65'535);
}

TEST_CASE("client: version, trailers and hints of an answer of HTTP/2 are told") {
  std::string hinted;
  client::ClientOptions options = knowing();
  options.on_early_hints = [&hinted](const http::Headers& fields) { hinted += fields.get("link").value_or("?"); };
  const Script script{greet(), receive(),
                      send(head(1, {{"link", "</a>"}}, 0, "103") + head(1) + h2::data(1, "hello") +
                           h2::headers(1, {{"x-sum", "5"}, {"authorization", "no"}})),
                      stay()};
  const PlayedHttp2 played = play2({script}, [](client::Client asks) -> Task<std::string> {
    auto response = (co_await asks.get("http://server/").send()).value();
    const std::string body = (co_await response.text()).value();
    co_return std::string(to_string(response.version())) + ' ' + body + ' ' +
        std::string(response.trailers().get("x-sum").value_or("none")) +
        (response.trailers().contains("authorization") ? " forbidden" : "");
  }, options);
  CHECK(played.result == "HTTP/2 hello 5");
  CHECK(hinted == "</a>");
}

TEST_CASE("client: bodies of any size and kind go up a stream of HTTP/2") {
  const std::string large(1'000'000, 'x');
  const auto upload = [&](client::Client& asks) { return asks.post("http://server/").body(large); };
  const PlayedHttp2 whole = play2(kAnswers, asking(upload));
  CHECK(whole.result == "200 ok");
  CHECK(whole.first().body(1) == large);
  CHECK(whole.first().field(1, "content-length") == "1000000");

  const PlayedHttp2 made = play2(kAnswers, asking([](client::Client& asks) {
                                   return asks.post("http://server/").body(client::RequestBody::stream(pieces()));
                                 }));
  CHECK(made.result == "200 ok");
  CHECK(made.first().body(1) == "hello, world");
  CHECK(made.first().field(1, "content-length").empty());

  const auto nothing = [](client::Client& asks) { return asks.post("http://server/").body(""); };
  const PlayedHttp2 empty = play2(kAnswers, asking(nothing));
  CHECK(empty.result == "200 ok");
  CHECK(empty.first().field(1, "content-length") == "0");
}

TEST_CASE("client: an answer that comes before the upload is done counts, and ends it") {
  const Script script{greet(), receive_head(), send(answer(1, "enough") + rst(1, NGHTTP2_NO_ERROR)), receive(),
                      send(answer(3, "two")), stay()};
  const PlayedHttp2 played = play2({script}, [](client::Client asks) -> Task<std::string> {
    const std::string first =
        co_await outcome_of(asks.post("http://server/").body(client::RequestBody::stream(endless())));
    co_return first + ", " + co_await get(asks);
  });
  CHECK(played.result == "200 enough, 200 two");
  CHECK(played.connections() == 1);
  // Without the server's reset it is ours that ends it.
  const Script silent{greet(), receive_head(), send(answer(1, "enough")), receive(), send(answer(3, "two")), stay()};
  const PlayedHttp2 reset = play2({silent}, [](client::Client asks) -> Task<std::string> {
    const std::string first =
        co_await outcome_of(asks.post("http://server/").body(client::RequestBody::stream(endless())));
    co_return first + ", " + co_await get(asks);
  });
  CHECK(reset.result == "200 enough, 200 two");
  CHECK(reset.first().of_type(NGHTTP2_RST_STREAM, 1).size() == 1);
}

TEST_CASE("client: a server that takes no more of an upload is given 30 s") {
  const auto upload = asking([](client::Client& asks) {
    return asks.post("http://server/").body(std::string(100'000, 'x'));
  });
  const PlayedHttp2 played = play2({{greet(), stay()}}, upload, knowing(), {.credits = false});
  CHECK(played.result == "write_timeout sent=maybe sending the request");
  CHECK(played.took >= 30s);
  CHECK(played.took < 31s);
  CHECK(played.first().of_type(NGHTTP2_RST_STREAM, 1).size() == 1);
}

TEST_CASE("client: Expect: 100-continue waits to be told, or a second") {
  const auto upload = asking([](client::Client& asks) {
    return asks.post("http://server/").body("hello").expect_continue();
  });
  const Script tells{greet(), receive_head(), send(head(1, {}, 0, "100")), receive(), send(answer(1, "ok")), stay()};
  CHECK(play2({tells}, upload).result == "200 ok");
  const Script refuses{greet(), receive_head(), send(answer(1, "no")), stay()};
  const PlayedHttp2 refused = play2({refuses}, upload);
  CHECK(refused.result == "200 no");
  CHECK(refused.first().body(1).empty());
  const Script silent{greet(), receive_head(), wait(2s), send(answer(1, "late")), stay()};
  const PlayedHttp2 late = play2({silent}, upload);
  CHECK(late.result == "200 late");
  CHECK(late.took >= 2s);
}

TEST_CASE("client: windows open as the caller reads, and a stream nobody reads for 30 s is given up") {
  std::string large = head(1);
  for (int i = 0; i < 128; ++i) large += h2::data(1, std::string(16'384, 'x'));
  const Script script{greet(), receive(), send(large), receive(), send(answer(3, "two")), stay()};
  const PlayedHttp2 played = play2({script}, [](client::Client asks) -> Task<std::string> {
    auto response = (co_await asks.get("http://server/").send()).value();
    const std::string other = co_await get(asks);
    co_await rondeau::sleep_for(31s);
    const auto body = co_await response.text();
    co_return other + ", " + (body ? "read" : describe(body.error()));
  });
  CHECK(played.result == "200 two, body_truncated sent=yes reading the answer");
  CHECK(played.first().of_type(NGHTTP2_WINDOW_UPDATE, 1).empty());
  CHECK(played.first().of_type(NGHTTP2_RST_STREAM, 1).size() == 1);
}

TEST_CASE("client: a connection is asked whether it lives while a stream is silent, and not while it is idle") {
  const Script silent{greet(), receive(), wait(24s), send(answer(1, "late")), stay()};
  const PlayedHttp2 slow = play2({silent}, get);
  CHECK(slow.result == "200 late");
  CHECK(slow.first().of_type(NGHTTP2_PING).size() == 1);

  const PlayedHttp2 alive = play2({{greet(), receive(), stay()}}, get);
  CHECK(alive.result == "read_timeout sent=yes waiting for the answer");

  const PlayedHttp2 dead = play2({{greet(), receive(), wait(100s)}}, get);
  CHECK(dead.result == "connect sent=yes waiting for the answer");
  CHECK(dead.took >= 25s);
  CHECK(dead.took < 26s);

  client::ClientOptions patient = knowing();
  patient.connections.idle_timeout = 60s;
  const Script idle{greet(), receive(), send(answer(1, "one")), receive(), send(answer(3, "two")), stay()};
  const PlayedHttp2 quiet = play2({idle}, [](client::Client asks) -> Task<std::string> {
    static_cast<void>(co_await get(asks));
    co_await rondeau::sleep_for(50s);
    co_return co_await get(asks);
  }, patient);
  CHECK(quiet.result == "200 two");
  CHECK(quiet.connections() == 1);
  CHECK(quiet.first().of_type(NGHTTP2_PING).empty());
}

TEST_CASE("client: a timeout without a frame since the request asks the connection at once whether it lives") {
  client::ClientOptions hasty = knowing();
  hasty.timeouts.read = 2s;
  const Script silent{greet(), receive(), send(answer(1, "one")), receive(), stay()};
  const PlayedHttp2 played = play2({silent}, [](client::Client asks) -> Task<std::string> {
    static_cast<void>(co_await get(asks));
    co_return co_await get(asks);
  }, hasty);
  CHECK(played.result == "read_timeout sent=yes waiting for the answer");
  CHECK(played.first().of_type(NGHTTP2_RST_STREAM, 3).size() == 1);
  CHECK(played.first().of_type(NGHTTP2_PING).size() == 1);
}

TEST_CASE("client: a dead connection of HTTP/2 is replaced, and what it swallowed sent again where that harms nobody") {
  const std::vector<Script> stale{{greet(), receive(), send(answer(1, "one")), receive(), reset()},
                                  {greet(), receive(), send(answer(1, "two")), stay()}};
  const auto after_first = [](auto ask) -> Program {
    return [ask](client::Client asks) -> Task<std::string> {
      static_cast<void>(co_await get(asks));
      co_return co_await outcome_of(ask(asks));
    };
  };
  CHECK(play2(stale, after_first([](client::Client& asks) { return asks.get("http://server/"); })).result == "200 two");
  CHECK(play2(stale, after_first([](client::Client& asks) { return asks.post("http://server/").body("x"); })).result ==
        "connect sent=yes waiting for the answer");
  // A GOAWAY that says that the request was not looked at makes it safe for any method.
  const std::vector<Script> left{{greet(), receive(), send(answer(1, "one")), receive(), send(go_away(1)), stay()},
                                 {greet(), receive(), send(answer(1, "two")), stay()}};
  CHECK(play2(left, after_first([](client::Client& asks) { return asks.post("http://server/").body("x"); })).result ==
        "200 two");
}

namespace {

/// Answers each request in two steps as soon as its head is there, whatever becomes of it.
Task<void> answer_all(net::TcpStream stream, std::shared_ptr<Conversed> heard) {
  std::string preface(24, '\0');
  if (!co_await stream.read_exact(std::as_writable_bytes(std::span(preface)))) co_return;
  heard->spoken = true;
  if (!co_await stream.write_all(settings())) co_return;
  std::int32_t last = 0;
  for (std::size_t looked = 0; co_await hear(stream, *heard, Habits{});) {
    for (; looked < heard->frames().size(); ++looked) {
      const std::int32_t id = heard->frames()[looked].id;
      if (heard->frames()[looked].type != NGHTTP2_HEADERS || id <= last) continue;
      last = id;
      if (!co_await stream.write_all(head(id, {}, 0, "103") + head(id) + h2::data(id, "hel"))) co_return;
      co_await rondeau::sleep_for(1ms);
      if (!co_await stream.write_all(h2::data(id, "lo") + h2::headers(id, {{"a", "b"}}))) co_return;
    }
  }
}

Task<void> serve_calls(net::TcpListener listener, std::shared_ptr<Heard> heard) {
  for (;;) {
    auto stream = co_await listener.accept();
    if (!stream) continue;
    heard->connections.push_back(std::make_shared<Conversed>());
    rondeau::spawn(answer_all(*std::move(stream), heard->connections.back())).detach();
  }
}

}  // namespace

TEST_CASE("client: a call over HTTP/2 that is given up at any of its suspensions leaves a connection that works") {
  test::run([]() -> Task<void> {
    net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
    const std::uint16_t port = listener.local_addr().value().port();
    const auto heard = std::make_shared<Heard>();
    auto server = rondeau::spawn(serve_calls(std::move(listener), heard));
    const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
    client::Client asks = client::Client::build(knowing()).value();
    static_cast<void>(co_await outcome_of(asks.get(url)));
    const auto report = co_await test::CancelEverywhere{
        [asks, url] { return outcome_of(asks.post(url).body(std::string(100'000, 'x'))); },
        [](std::optional<std::string> outcome) { return !outcome || *outcome == "200 hello"; }}.run();
    CHECK(report.suspensions >= 2);
    CHECK(report.problems.empty());
    CHECK(co_await outcome_of(asks.get(url)) == "200 hello");
    CHECK(heard->connections.size() == 1);
    server.abort();
    static_cast<void>(co_await server);
  });
}
