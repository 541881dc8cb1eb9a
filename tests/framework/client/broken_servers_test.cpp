// What the client makes of servers that are broken or hostile: a script each, and the one outcome it may have.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scripted_peer.h"

using namespace peers;

namespace {

struct Row {
  std::string_view name;
  std::vector<Script> scripts;
  std::string_view expected;
  std::size_t connections = 1;
};

const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::vector<Row> rows() {
  std::vector<Row> rows{
      {"a good one", {{receive(), send(ok("hello")), stay()}}, "200 hello"},
      {"in single bytes", {{receive(), drip(ok("hello"), 1ms), stay()}}, "200 hello"},
      {"until the end", {{receive(), send("HTTP/1.1 200 OK\r\n\r\nhello"), finish()}}, "200 hello"},
      {"until the end, from 1990", {{receive(), send("HTTP/1.0 200 OK\r\n\r\nhello"), finish()}}, "200 hello"},
      {"chunks", {{receive(), send(kChunked + "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nA: b\r\n\r\n"), stay()}}, "200 hello"},

      // Connections that end.
      {"reset before anything", {{reset()}}, "connect sent=no connecting"},
      {"reset behind the request", {{receive(), reset()}}, "connect sent=yes waiting for the answer"},
      {"ended behind the request", {{receive(), finish(), stay()}}, "connect sent=yes waiting for the answer"},
      {"ended within the status line", {{receive(), send("HTTP/1.1 20"), finish(), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"ended within the head", {{receive(), send("HTTP/1.1 200 OK\r\nA: b\r\n"), finish(), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"ended within the body", {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), finish(), stay()}},
       "200 body_truncated sent=yes reading the answer"},
      {"reset within the body", {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), wait(1s), reset()}},
       "200 body_truncated sent=yes reading the answer"},
      {"ended within a chunk", {{receive(), send(kChunked + "9\r\nhello"), finish(), stay()}},
       "200 body_truncated sent=yes reading the answer"},
      {"ended before the last chunk", {{receive(), send(kChunked + "5\r\nhello\r\n"), finish(), stay()}},
       "200 body_truncated sent=yes reading the answer"},
      {"ended within the trailers", {{receive(), send(kChunked + "5\r\nhello\r\n0\r\nA: b\r\n"), finish(), stay()}},
       "200 body_truncated sent=yes reading the answer"},

      // Silence.
      {"silent", {{receive(), stay()}}, "read_timeout sent=yes waiting for the answer"},
      {"silent within the head", {{receive(), send("HTTP/1.1 200 OK\r\n"), stay()}},
       "read_timeout sent=yes waiting for the answer"},
      {"silent within the body", {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), stay()}},
       "200 read_timeout sent=yes reading the answer"},

      // What is no HTTP/1.1.
      {"HTTP/0.9", {{receive(), send("hello"), finish(), stay()}}, "protocol sent=yes waiting for the answer"},
      {"SSH", {{send("SSH-2.0-OpenSSH_9.2p1\r\n"), stay()}}, "protocol sent=yes waiting for the answer"},
      {"TLS", {{receive(), send(std::string("\x15\x03\x01\x00\x02\x02\x46", 7)), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a preface of HTTP/2", {{receive(), send(std::string("\x00\x00\x12\x04\x00\x00\x00\x00\x00", 9)), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"bare LF", {{receive(), send("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a folded line", {{receive(), send("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a space before the colon", {{receive(), send("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"NUL in a field", {{receive(), send(std::string("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 26)), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a status of two digits", {{receive(), send("HTTP/1.1 20 OK\r\n\r\n"), stay()}},
       "protocol sent=yes waiting for the answer"},

      // Framing that could be understood in two ways.
      {"length and chunks", {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"two lengths", {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a list of lengths", {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a signed length", {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a length beyond 2^63", {{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a transfer coding", {{receive(), send("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), stay()}},
       "protocol sent=yes waiting for the answer"},
      {"a chunk size that overflows", {{receive(), send(kChunked + "FFFFFFFFFFFFFFFFF\r\n"), stay()}},
       "200 protocol sent=yes reading the answer"},
      {"a chunk line without end", {{receive(), send(kChunked + "1;" + std::string(1200, 'x')), stay()}},
       "200 protocol sent=yes reading the answer"},
      {"no line end behind a chunk", {{receive(), send(kChunked + "2\r\nhello"), stay()}},
       "200 protocol sent=yes reading the answer"},
      {"trailers without end", {{receive(), send(kChunked + "0\r\nA: " + std::string(9000, 'x')), stay()}},
       "200 protocol sent=yes reading the answer"},

      // Too much of it.
      {"a head without end", {{receive(), send("HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'x')), stay()}},
       "too_large sent=yes waiting for the answer"},
      {"a body above the limit", {{receive(), send(ok(std::string(20'000, 'x'))), stay()}},
       "200 too_large sent=yes reading the answer"},

      // Informational answers.
      {"continue, unasked", {{receive(), send("HTTP/1.1 100 Continue\r\n\r\n" + ok("hello")), stay()}}, "200 hello"},
      {"early hints", {{receive(), send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok("hello")), stay()}},
       "200 hello"},
      {"switching protocols, unasked", {{receive(), send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), stay()}},
       "protocol sent=yes waiting for the answer"},

      // Bodies where there is none.
      {"a body on 204", {{receive(), send("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), stay()}}, "204 "},
      {"a body on 304", {{receive(), send("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"), stay()}}, "304 "},

      // Codings.
      {"not the gzip it says", {{receive(), send(ok("plain", "Content-Encoding: gzip\r\n")), stay()}},
       "200 decode sent=yes decoding the answer"},
      {"three codings", {{receive(), send(ok("x", "Content-Encoding: gzip, gzip, gzip\r\n")), stay()}},
       "decode sent=yes decoding the answer"},
      {"a coding nobody knows", {{receive(), send(ok("x", "Content-Encoding: lzw\r\n")), stay()}},
       "decode sent=yes decoding the answer"},

      // Redirections.
      {"a loop", {{receive(), send("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), stay()}},
       "too_many_redirects sent=yes request"},
      {"to a file", {{receive(), send("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"), stay()}},
       "redirect sent=yes request"},
      {"to two places", {{receive(), send("HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"), stay()}},
       "redirect sent=yes request"},
      {"to nowhere", {{receive(), send("HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhm"), stay()}}, "302 hm"},
  };
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "A: b\r\n";
  rows.push_back({"101 fields", {{receive(), send(ok("hello", fields)), stay()}},
                  "too_large sent=yes waiting for the answer"});
  std::string interim;
  for (int i = 0; i < 9; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  rows.push_back({"nine informational answers", {{receive(), send(interim + ok("hello")), stay()}},
                  "protocol sent=yes waiting for the answer"});
  return rows;
}

client::ClientOptions bounded() {
  client::ClientOptions options;
  options.limits.body = 10'000;
  options.timeouts.total = 60s;
  return options;
}

/// A program that asks twice, and tells what came of the second.
Task<std::string> ask_twice(client::Client asks) {
  static_cast<void>(co_await outcome_of(asks.get("http://server/")));
  co_await rondeau::sleep_for(1s);
  co_return co_await outcome_of(asks.get("http://server/"));
}

}  // namespace

TEST_CASE("client: each broken server has its one outcome") {
  for (const Row& row : rows()) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      CAPTURE(row.name);
      CAPTURE(seed);
      const Played played = play(row.scripts, get, bounded(), seed);
      CHECK(played.result == row.expected);
      CHECK(played.seen.connections == row.connections);
      CHECK(played.took < 33s);
    }
  }
}

TEST_CASE("client: silence is told as such, also where the time of the call is over with it") {
  CHECK(play({{receive(), stay()}}, get).result == "read_timeout sent=yes waiting for the answer");
}

TEST_CASE("client: nobody listens") {
  sim::Runtime world(1);
  world.host("server", []() -> Task<void> { co_return; });
  const std::string result = world.block_on([]() -> Task<std::string> {
    co_return co_await get(client::Client::build().value());
  });
  CHECK(result == "connect sent=no connecting");
}

TEST_CASE("client: a head that comes a byte every 29 s ends with the time of the call") {
  const Played played = play({{receive(), drip(ok("hello"), 29s), stay()}}, get);
  CHECK(played.result == "total_timeout sent=yes waiting for the answer");
  CHECK(played.took >= 30s);
  CHECK(played.took < 31s);
}

TEST_CASE("client: a body that drips is bounded where the client collects it, and not where the caller reads") {
  const std::string text(40, 'x');
  const Script script{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"), drip(text, 1s), stay()};
  CHECK(play({script}, get).result == "200 total_timeout sent=yes reading the answer");
  const Played read = play({script}, [](client::Client asks) -> Task<std::string> {
    auto response = (co_await asks.get("http://server/").send()).value();
    std::size_t bytes = 0;
    for (;;) {
      const auto piece = co_await response.next();
      if (!piece) co_return describe(piece.error());
      if (piece->empty()) break;
      bytes += piece->size();
    }
    co_return std::to_string(bytes);
  });
  CHECK(read.result == "40");
  CHECK(read.took >= 39s);
}

TEST_CASE("client: a body below the least speed is given up, and who reads slowly is not the peer") {
  client::ClientOptions options;
  options.timeouts.total = std::nullopt;
  options.limits.min_rate = http::MinimumRate{100, 5s};
  const Script slow{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"), drip(std::string(40, 'x'), 1s), stay()};
  const Played dripped = play({slow}, get, options);
  CHECK(dripped.result == "200 read_timeout sent=yes reading the answer");
  CHECK(dripped.took >= 5s);
  CHECK(dripped.took < 7s);
  const Script fast{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x')), stay()};
  const Played read_slowly = play({fast}, [](client::Client asks) -> Task<std::string> {
    auto response = (co_await asks.get("http://server/").send()).value();
    for (int i = 0;; ++i) {
      const auto piece = co_await response.next();
      if (!piece) co_return describe(piece.error());
      if (piece->empty()) co_return "all";
      if (i < 3) co_await rondeau::sleep_for(10s);
    }
  }, options);
  CHECK(read_slowly.result == "all");
}

TEST_CASE("client: what comes unasked never answers the next request") {
  const Script first{receive(), send(ok("one") + ok("poison")), stay()};
  const Script unasked{receive(), send(ok("one")), wait(500ms), send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"), stay()};
  const Script early{receive(), send(ok("one")), wait(500ms), send("x"), stay()};
  const Script on_204{receive(), send("HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison"), stay()};
  const Script second{receive(), send(ok("two")), stay()};
  for (const Script& script : {first, unasked, early, on_204}) {
    const Played played = play({script, second}, ask_twice);
    CHECK(played.result == "200 two");
    CHECK(played.seen.connections == 2);
  }
}

TEST_CASE("client: a connection serves one request after the other, unless it was told not to") {
  const Script twice{receive(), send(ok("one")), receive(), send(ok("two")), stay()};
  CHECK(play({twice}, ask_twice).seen.connections == 1);
  const Script chunks{receive(), send(kChunked + "3\r\none\r\n0\r\n\r\n"), receive(), send(ok("two")), stay()};
  CHECK(play({chunks}, ask_twice).seen.connections == 1);
  const Script empty{receive(), send("HTTP/1.1 204 No Content\r\n\r\n"), receive(), send(ok("two")), stay()};
  CHECK(play({empty}, ask_twice).seen.connections == 1);
  const Script closes{receive(), send(ok("one", "Connection: close\r\n")), receive(), send(ok("poison")), stay()};
  const Script second{receive(), send(ok("two")), stay()};
  CHECK(play({closes, second}, ask_twice).result == "200 two");
  const Script old{receive(), send("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\none"), receive(), send(ok("poison")), stay()};
  CHECK(play({old, second}, ask_twice).result == "200 two");
}

TEST_CASE("client: a peer that keeps idle connections for 2 s is not asked on one that is 1.5 s old") {
  const Script first{receive(), send(ok("one", "Keep-Alive: timeout=2\r\n")), receive(), send(ok("stale")), stay()};
  const Script second{receive(), send(ok("two")), stay()};
  const Played played = play({first, second}, [](client::Client asks) -> Task<std::string> {
    static_cast<void>(co_await get(asks));
    co_await rondeau::sleep_for(1500ms);
    co_return co_await get(asks);
  });
  CHECK(played.result == "200 two");
}

TEST_CASE("client: a body nobody reads is drained if it is short, else its connection is closed") {
  const auto drop_first = [](client::Client asks) -> Task<std::string> {
    { const auto dropped = co_await asks.get("http://server/").send(); }
    co_await rondeau::sleep_for(1s);
    co_return co_await get(asks);
  };
  const Script second{receive(), send(ok("two")), stay()};
  const std::string short_head = "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n";
  const Script is_short{receive(), send(short_head), wait(10ms), send(std::string(20'000, 'x')), receive(), send(ok("same")), stay()};
  CHECK(play({is_short, second}, drop_first).result == "200 same");
  const Script is_long{receive(), send("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"), wait(10ms),
                       send(std::string(200'000, 'x')), receive(), send(ok("same")), stay()};
  CHECK(play({is_long, second}, drop_first).result == "200 two");
  const Script is_slow{receive(), send(short_head), wait(100ms), send(std::string(20'000, 'x')), receive(), send(ok("same")), stay()};
  CHECK(play({is_slow, second}, drop_first).result == "200 two");
}
