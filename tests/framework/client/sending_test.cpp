// How requests are sent: replays, uploads, redirections, what strangers see.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <rondeau/task/async_generator.h>

#include "scripted_peer.h"

using namespace peers;

namespace {

/// The first request is served, then the connection ends while it lies idle, as seen too late: the second request meets
/// a connection that is dead.
std::vector<Script> stale(std::string_view answer = "two") {
  return {{receive(), send(ok("one")), receive(), reset()}, {receive(), send(ok(std::string(answer))), stay()}};
}

template <class Ask>
Program after_first(Ask ask) {
  return [ask](client::Client asks) -> Task<std::string> {
    static_cast<void>(co_await get(asks));
    co_return co_await outcome_of(ask(asks));
  };
}

std::string field(const std::string& head, std::string_view name) {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(start);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + start.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

rondeau::task::AsyncGenerator<Bytes> pieces() {
  co_yield Bytes::copy_of("hello, ");
  co_yield Bytes::copy_of("world");
}

}  // namespace

TEST_CASE("client: a request that a dead connection of the pool has swallowed is sent again where that harms nobody") {
  const auto get_again = [](client::Client& asks) { return asks.get("http://server/"); };
  const auto post = [](client::Client& asks) { return asks.post("http://server/").body("x"); };
  const auto put = [](client::Client& asks) { return asks.put("http://server/").body("x"); };
  const auto keyed = [](client::Client& asks) { return asks.post("http://server/").body("x").idempotent(); };
  CHECK(play(stale(), after_first(get_again)).result == "200 two");
  CHECK(play(stale(), after_first(post)).result == "connect sent=yes waiting for the answer");
  CHECK(play(stale(), after_first(put)).result == "connect sent=yes waiting for the answer");
  CHECK(play(stale(), after_first(keyed)).result == "200 two");
  // A stream that was asked for its pieces is gone.
  const auto stream = [](client::Client& asks) {
    return asks.post("http://server/").body(client::RequestBody::stream(pieces())).idempotent();
  };
  CHECK(play(stale(), after_first(stream)).result == "connect sent=yes waiting for the answer");
  client::ClientOptions options;
  options.replay_idempotent_methods = true;
  CHECK(play(stale(), after_first(put), options).result == "200 two");
  CHECK(play(stale(), after_first(post), options).result == "connect sent=yes waiting for the answer");
}

TEST_CASE("client: a 408 that a server left on an idle connection is no answer to what met it there") {
  const std::string gone = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  const std::vector<Script> stale408{{receive(), send(ok("one")), receive(), send(gone), finish()},
                                     {receive(), send(ok("two")), stay()}};
  const auto again = [](client::Client& asks) { return asks.get("http://server/"); };
  CHECK(play(stale408, after_first(again)).result == "200 two");
  const auto post = [](client::Client& asks) { return asks.post("http://server/").body("x"); };
  CHECK(play(stale408, after_first(post)).result == "408 ");
  const auto keyed = [](client::Client& asks) { return asks.post("http://server/").body("x").idempotent(); };
  CHECK(play(stale408, after_first(keyed)).result == "200 two");
  // On a connection of its own it is an answer, and a second one is, too.
  CHECK(play({{receive(), send(gone), finish()}}, get).result == "408 ");
  const std::vector<Script> twice{{receive(), send(ok("one")), receive(), send(gone), finish()},
                                  {receive(), send(gone), finish()}};
  CHECK(play(twice, after_first(again)).result == "408 ");
}

TEST_CASE("client: a replay happens once, on a new connection, and not where an answer had begun") {
  const std::vector<Script> twice{{receive(), send(ok("one")), receive(), reset()}, {receive(), reset()}};
  const auto again = [](client::Client& asks) { return asks.get("http://server/"); };
  const Played played = play(twice, after_first(again));
  CHECK(played.result == "connect sent=yes waiting for the answer");
  CHECK(played.seen.connections == 2);
  const std::vector<Script> begun{{receive(), send(ok("one")), receive(), send("HTTP/1.1 2"), finish(), stay()},
                                  {receive(), send(ok("two")), stay()}};
  CHECK(play(begun, after_first(again)).result == "protocol sent=yes waiting for the answer");
}

TEST_CASE("client: where connections end just as they are used, a GET never fails, and a POST only where it may have arrived") {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    CAPTURE(seed);
    sim::Runtime world(seed);
    std::vector<Script> scripts;
    for (int i = 0; i < 400; ++i) {
      scripts.push_back({receive(), send(ok("one")), wait(std::chrono::microseconds(9'000 + 20 * (i % 100))), finish()});
    }
    const auto seen = std::make_shared<Seen>();
    world.host("server", [&] { return serve(scripts, seen); });
    const std::string wrong = world.block_on([&]() -> Task<std::string> {
      client::Client asks = client::Client::build().value();
      for (int i = 0; i < 300; ++i) {
        const std::string outcome = co_await get(asks);
        if (outcome != "200 one") co_return "GET: " + outcome;
        co_await rondeau::sleep_for(std::chrono::microseconds(9'000 + world.below(4'000)));
        const std::string posted = co_await outcome_of(asks.post("http://server/").body("x"));
        const bool may_have_arrived = posted.starts_with("connect sent=yes") || posted.starts_with("connect sent=maybe");
        if (posted != "200 one" && !may_have_arrived) co_return "POST: " + posted;
      }
      co_return "";
    });
    CHECK(wrong == "");
  }
}

TEST_CASE("client: a fresh connection that fails is not tried again") {
  const Played played = play({{receive(), reset()}}, get);
  CHECK(played.seen.connections == 1);
}

TEST_CASE("client: what a request says of itself") {
  const Played played = play({{receive(), send(ok("")), stay()}}, [](client::Client asks) -> Task<std::string> {
    co_return co_await outcome_of(asks.get("http://server/a/../b?c=d#e").header("X-Mine", "1").query("q", "a b"));
  });
  REQUIRE(played.seen.requests.size() == 1);
  const std::string& head = played.seen.requests[0];
  CHECK(head.starts_with("GET /b?c=d&q=a+b HTTP/1.1\r\nHost: server\r\n"));
  CHECK(field(head, "X-Mine") == "1");
  CHECK(field(head, "User-Agent") == "rondeau/0.1");
  CHECK(field(head, "Accept") == "*/*");
  CHECK_FALSE(field(head, "Accept-Encoding").empty());
  CHECK(field(head, "Connection").empty());
  CHECK(field(head, "Content-Length").empty());
}

TEST_CASE("client: a POST without a body says so, a body says its length, a stream goes in chunks") {
  const Script answers{receive(), send(ok("")), receive(), send(ok("")), receive(), send(ok("")), receive(), send(ok("")), stay()};
  const Played played = play({answers}, [](client::Client asks) -> Task<std::string> {
    co_await outcome_of(asks.post("http://server/"));
    co_await outcome_of(asks.post("http://server/").body("hello", "text/plain"));
    co_await outcome_of(asks.post("http://server/").body(client::RequestBody::stream(pieces())));
    co_return co_await outcome_of(asks.post("http://server/").body(client::RequestBody::stream(pieces(), 12)));
  });
  REQUIRE(played.seen.requests.size() == 4);
  CHECK(field(played.seen.requests[0], "Content-Length") == "0");
  CHECK(field(played.seen.requests[1], "Content-Length") == "5");
  CHECK(field(played.seen.requests[1], "Content-Type") == "text/plain");
  CHECK(played.seen.bodies[1] == "hello");
  CHECK(field(played.seen.requests[2], "Transfer-Encoding") == "chunked");
  CHECK(played.seen.bodies[2] == "7\r\nhello, \r\n5\r\nworld\r\n0\r\n\r\n");
  CHECK(field(played.seen.requests[3], "Content-Length") == "12");
  CHECK(played.seen.bodies[3] == "hello, world");
  CHECK(played.seen.connections == 1);
}

TEST_CASE("client: a stream that does not keep to its length ends the request") {
  const auto upload = [](std::uint64_t length) {
    return play({{receive(), send(ok("")), stay()}}, [length](client::Client asks) -> Task<std::string> {
      co_return co_await outcome_of(asks.post("http://server/").body(client::RequestBody::stream(pieces(), length)));
    });
  };
  CHECK(upload(20).result == "invalid_request sent=maybe sending the request");
  CHECK(upload(3).result == "invalid_request sent=maybe sending the request");
}

TEST_CASE("client: an answer that comes before the upload is over is the answer, and the connection is closed") {
  const std::string large(4'000'000, 'x');
  const Script refuses{send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"), stay()};
  const Played played = play({refuses, {receive(), send(ok("two")), stay()}}, [&](client::Client asks) -> Task<std::string> {
    std::string first = co_await outcome_of(asks.post("http://server/").body(large));
    co_return first + ", " + co_await get(asks);
  });
  CHECK(played.result == "413 no, 200 two");
  CHECK(played.seen.connections == 2);
}

TEST_CASE("client: a refusal that comes in two pieces is heard, though the connection breaks under the upload") {
  const std::string large(4'000'000, 'x');
  const Script refuses{send("HTTP/1.1 413 Content Too"), wait(5ms),
                       send(" Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"), wait(5ms), finish()};
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Played played = play({refuses}, [&](client::Client asks) -> Task<std::string> {
      co_return co_await outcome_of(asks.post("http://server/").body(large));
    }, {}, seed);
    CHECK(played.result == "413 no");
  }
}

TEST_CASE("client: a peer that stops reading an upload is given up after 30 s without progress") {
  const std::string large(4'000'000, 'x');
  client::ClientOptions options;
  options.timeouts.total = std::nullopt;
  const Played played = play({{stay()}}, [&](client::Client asks) -> Task<std::string> {
    co_return co_await outcome_of(asks.post("http://server/").body(large));
  }, options);
  CHECK(played.result == "write_timeout sent=maybe sending the request");
  CHECK(played.took >= 30s);
}

TEST_CASE("client: the body waits until it is asked for, where the caller wants that") {
  const auto upload = [](Script script) {
    return play({std::move(script)}, [](client::Client asks) -> Task<std::string> {
      co_return co_await outcome_of(asks.post("http://server/").body("hello").expect_continue());
    });
  };
  const Played told = upload({wait(100ms), send("HTTP/1.1 100 Continue\r\n\r\n"), receive(), send(ok("thanks")), stay()});
  CHECK(told.result == "200 thanks");
  CHECK(told.seen.bodies.at(0) == "hello");
  CHECK(field(told.seen.requests.at(0), "Expect") == "100-continue");
  const Played never_told = upload({receive(), send(ok("thanks")), stay()});
  CHECK(never_told.result == "200 thanks");
  CHECK(never_told.took >= 1s);
  CHECK(upload({send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"), stay()}).result == "417 ");
  // Told and refused in one breath.
  const std::string both = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
  CHECK(upload({send(both), stay()}).result == "403 no");
}

TEST_CASE("client: a redirection changes the method as browsers do, and secrets stay with their origin") {
  const auto to = [](std::string_view status, std::string_view where) {
    return send("HTTP/1.1 " + std::string(status) + " x\r\nLocation: " + std::string(where) + "\r\nContent-Length: 0\r\n\r\n");
  };
  const auto post = [](client::Client asks) -> Task<std::string> {
    co_return co_await outcome_of(asks.post("http://server/").body("hello").bearer("secret"));
  };
  const Played found = play({{receive(), to("302", "/b"), receive(), send(ok("there")), stay()}}, post);
  CHECK(found.result == "200 there");
  CHECK(found.seen.requests.at(1).starts_with("GET /b HTTP/1.1\r\n"));
  CHECK(field(found.seen.requests.at(1), "Content-Type").empty());
  CHECK(field(found.seen.requests.at(1), "Authorization") == "Bearer secret");
  const Played kept = play({{receive(), to("307", "/b"), receive(), send(ok("there")), stay()}}, post);
  CHECK(kept.seen.requests.at(1).starts_with("POST /b HTTP/1.1\r\n"));
  CHECK(kept.seen.bodies.at(1) == "hello");
  const Played once = play({{receive(), to("307", "/b"), receive(), send(ok("there")), stay()}},
                           [](client::Client asks) -> Task<std::string> {
                             co_return co_await outcome_of(
                                 asks.post("http://server/").body(client::RequestBody::stream(pieces())));
                           });
  CHECK(once.result == "body_not_replayable sent=yes request");
}

TEST_CASE("client: the deadline of what a request is for ends it, and is told to the server") {
  const Played played = play({{receive(), stay()}}, [](client::Client asks) -> Task<std::string> {
    const auto deadline = Instant::now() + 2s;
    const auto outcome = co_await rondeau::with_context(rondeau::Context::current().with_deadline(deadline), get(asks));
    co_return outcome;
  });
  CHECK(played.result == "total_timeout sent=yes waiting for the answer");
  CHECK(played.took >= 2s);
  CHECK(played.took < 3s);
  const int told = std::stoi(field(played.seen.requests.at(0), "X-Request-Timeout-Ms"));
  CHECK(told > 1900);
  CHECK(told <= 2000);
}

TEST_CASE("client: a deadline shorter than all other times is told as what it is") {
  client::ClientOptions options;
  options.timeouts.read = 500ms;
  const Played played = play({{receive(), stay()}}, [](client::Client asks) -> Task<std::string> {
    co_return co_await outcome_of(asks.get("http://server/").timeout(200ms));
  }, options);
  CHECK(played.result == "total_timeout sent=yes waiting for the answer");
}

TEST_CASE("client: a deadline that is past sends nothing") {
  const Played played = play({{receive(), send(ok("")), stay()}}, [](client::Client asks) -> Task<std::string> {
    co_return co_await outcome_of(asks.get("http://server/").timeout(0s));
  });
  CHECK(played.result == "total_timeout sent=no waiting for a connection");
  CHECK(played.seen.connections == 0);
}

TEST_CASE("client: what cannot be sent is refused before anything is") {
  struct Row {
    std::string_view name;
    std::function<client::RequestBuilder(const client::Client&)> make;
    std::string_view expected;
  };
  const std::vector<Row> rows{
      {"no URL", [](const client::Client& asks) { return asks.get("server"); }, "invalid_url sent=no request"},
      {"another scheme", [](const client::Client& asks) { return asks.get("ftp://server/"); }, "invalid_url sent=no request"},
      {"credentials in it", [](const client::Client& asks) { return asks.get("http://a:b@server/"); }, "invalid_url sent=no request"},
      {"a line end in a field", [](const client::Client& asks) { return asks.get("http://server/").header("A", "b\r\nC: d"); },
       "invalid_request sent=no request"},
      {"Host", [](const client::Client& asks) { return asks.get("http://server/").header("Host", "other"); },
       "invalid_request sent=no request"},
      {"Content-Length", [](const client::Client& asks) { return asks.get("http://server/").header("content-length", "5"); },
       "invalid_request sent=no request"},
      {"a colon in a user's name", [](const client::Client& asks) { return asks.get("http://server/").basic("a:b", "c"); },
       "invalid_request sent=no request"},
      {"CONNECT", [](const client::Client& asks) { return asks.request(http::Method::Connect, "http://server/"); },
       "invalid_request sent=no request"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const Played played = play({{stay()}}, [&](client::Client asks) -> Task<std::string> {
      co_return co_await outcome_of(row.make(asks));
    });
    CHECK(played.result == row.expected);
    CHECK(played.seen.connections == 0);
  }
}
