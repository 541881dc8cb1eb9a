// What the client makes of servers of HTTP/2 that are broken or hostile: a script each, and the one outcome it may have.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "http2_peer.h"

using namespace peers;

namespace {

struct Row {
  std::string_view name;
  std::vector<Script> scripts;
  std::string_view expected;
  std::size_t connections = 1;
};

std::string repeated(std::size_t times, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// A server that answers the first request like that.
std::vector<Script> answers(std::string text) {
  return {{greet(), receive(), send(std::move(text)), stay()}};
}
std::vector<Script> answers_then(std::string first, std::string second) {
  return {{greet(), receive(), send(std::move(first)), receive(), send(std::move(second)), stay()}};
}
std::string with(const h2::Fields& fields) {
  return h2::headers(1, fields);
}
std::string interim(std::string status) {
  return head(1, {{"link", "</a>"}}, 0, std::move(status));
}

constexpr std::string_view kNoAnswer = "protocol sent=yes waiting for the answer";
constexpr std::string_view kBrokenBody = "200 protocol sent=yes reading the answer";
constexpr std::string_view kCut = "200 body_truncated sent=yes reading the answer";

std::vector<Row> rows() {
  const Script second{greet(), receive(), send(answer(1, "hello")), stay()};
  const std::string ping = h2::frame(NGHTTP2_PING, 0, 0, "12345678");
  return {
      {"a good one", answers(answer(1, "hello")), "200 hello"},
      {"in single bytes", {{drip(settings(), 1ms), receive(), drip(answer(1, "hello"), 1ms), stay()}}, "200 hello"},
      {"a head and nothing else", answers(head(1, {}, h2::kEnd)), "200 "},
      {"trailers", answers(head(1) + h2::data(1, "hello") + h2::headers(1, {{"a", "b"}})), "200 hello"},
      {"padding", answers(head(1) + h2::frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED | h2::kEnd, 1, std::string("\x02hello\0\0", 8))),
       "200 hello"},

      // What is no HTTP/2.
      {"HTTP/1.1", {{send("HTTP/1.1 400 Bad Request\r\n\r\n"), stay()}}, kNoAnswer},
      {"SSH", {{send("SSH-2.0-OpenSSH_9.2p1\r\n"), stay()}}, kNoAnswer},
      {"no SETTINGS first", {{receive(), send(answer(1, "hello")), stay()}}, kNoAnswer},
      {"bad HPACK", answers(h2::frame(NGHTTP2_HEADERS, h2::kEnd | h2::kEndHeaders, 1, "\x80")), kNoAnswer},
      {"a frame that is too long", answers(h2::frame(NGHTTP2_DATA, 0, 1, {}, 20'000)), kNoAnswer},
      {"a stream nobody opened", answers(answer(3, "hello")), kNoAnswer},
      {"a push", answers(h2::frame(NGHTTP2_PUSH_PROMISE, h2::kEndHeaders, 1, h2::word(2) + h2::hpack(h2::request("GET", "/")))),
       kNoAnswer},

      // Heads.
      {"no status", answers(with({{"a", "b"}})), kNoAnswer},
      {"two statuses", answers(with({{":status", "200"}, {":status", "200"}})), kNoAnswer},
      {"a status behind a field", answers(with({{"a", "b"}, {":status", "200"}})), kNoAnswer},
      {"a status of two digits", answers(with({{":status", "20"}})), kNoAnswer},
      {"a status below 100", answers(with({{":status", "099"}})), kNoAnswer},
      {"a field of requests", answers(with({{":status", "200"}, {":path", "/"}})), kNoAnswer},
      {"capitals", answers(with({{":status", "200"}, {"A", "b"}})), kNoAnswer},
      {"a field of connections", answers(with({{":status", "200"}, {"connection", "close"}})), kNoAnswer},
      {"a name that is none", answers(with({{":status", "200"}, {"a b", "c"}})), kNoAnswer},
      {"a line end in a value", answers(with({{":status", "200"}, {"a", "b\r\nc: d"}})), kNoAnswer},
      {"NUL in a value", answers(with({{":status", "200"}, {"a", std::string("\0", 1)}})), kNoAnswer},
      {"two lengths", answers(with({{":status", "200"}, {"content-length", "0"}, {"content-length", "0"}})), kNoAnswer},
      {"a signed length", answers(with({{":status", "200"}, {"content-length", "+0"}})), kNoAnswer},
      {"switching protocols", answers(interim("101")), kNoAnswer},
      {"eight informational answers", answers(repeated(8, interim("103")) + answer(1, "hello")), "200 hello"},
      {"nine informational answers", answers(repeated(9, interim("103")) + answer(1, "hello")), kNoAnswer},
      {"a field of 70 000 bytes", answers(head(1, {{"a", std::string(70'000, 'x')}}, h2::kEnd)), kNoAnswer},
      {"three of 30 000 bytes", answers(head(1, h2::Fields(3, {"a", std::string(30'000, 'x')}), h2::kEnd)),
       "too_large sent=yes waiting for the answer"},
      {"101 fields", answers(head(1, h2::Fields(101, {"a", "b"}), h2::kEnd)), "too_large sent=yes waiting for the answer"},

      // Bodies.
      {"more than its length", answers(answer(1, "hello", {{"content-length", "4"}})), kBrokenBody},
      {"less than its length", answers(answer(1, "hello", {{"content-length", "6"}})), kBrokenBody},
      {"trailers without end", answers(head(1) + h2::data(1, "hello") + h2::headers(1, {{"a", std::string(9'000, 'x')}})),
       kBrokenBody},
      {"a status behind a body", answers(head(1) + h2::data(1, "hello") + h2::headers(1, {{":status", "200"}})), kBrokenBody},
      {"a body on 204", answers(head(1, {}, 0, "204") + h2::data(1, "hello", h2::kEnd)), "204 "},
      {"a body above the limit", answers(answer(1, std::string(16'000, 'x')) ), "200 too_large sent=yes reading the answer"},
      {"DATA before a head", answers(h2::data(1, "hello", h2::kEnd)), kNoAnswer},

      // Ends.
      {"closed before anything", {{greet(), receive(), finish(), stay()}}, "connect sent=yes waiting for the answer"},
      {"reset before anything", {{greet(), receive(), reset()}}, "connect sent=yes waiting for the answer"},
      {"closed within a head", {{greet(), receive(), send(head(1).substr(0, 9)), finish(), stay()}},
       "connect sent=yes waiting for the answer"},
      {"closed within a body", {{greet(), receive(), send(head(1) + h2::data(1, "hello")), finish(), stay()}}, kCut},
      {"its stream reset", answers(rst(1, NGHTTP2_INTERNAL_ERROR)), "connect sent=yes waiting for the answer"},
      {"its stream reset within a body", answers(head(1) + h2::data(1, "hello") + rst(1, NGHTTP2_CANCEL)), kCut},
      {"reset without an error, but not whole", answers(head(1) + h2::data(1, "hello") + rst(1, NGHTTP2_NO_ERROR)), kCut},
      {"reset without an error behind the whole", answers(answer(1, "hello") + rst(1, NGHTTP2_NO_ERROR)), "200 hello"},
      {"refused, then not", answers_then(rst(1, NGHTTP2_REFUSED_STREAM), answer(3, "hello")), "200 hello"},
      {"refused twice", answers_then(rst(1, NGHTTP2_REFUSED_STREAM), rst(3, NGHTTP2_REFUSED_STREAM)),
       "connect sent=no waiting for the answer"},
      {"GOAWAY that spares the request", answers(go_away(1) + answer(1, "hello")), "200 hello"},
      {"GOAWAY that does not", {{greet(), receive(), send(go_away(0)), stay()}, second}, "200 hello", 2},
      {"GOAWAY at once, each time", {{greet(), send(go_away(0)), stay()}}, "connect sent=no waiting for the answer", 2},
      {"GOAWAY with an error", {{greet(), receive(), send(go_away(1, NGHTTP2_ENHANCE_YOUR_CALM)), finish(), stay()}},
       "connect sent=yes waiting for the answer"},

      // Silence.
      {"silent", answers(""), "read_timeout sent=yes waiting for the answer"},
      {"silent within a body", answers(head(1) + h2::data(1, "hello")), "200 read_timeout sent=yes reading the answer"},
      {"a header block byte by byte", {{greet(), receive(), drip(head(1), 5s), stay()}},
       "connect sent=yes waiting for the answer"},

      // Floods.
      {"SETTINGS", answers(repeated(1'100, settings())), kNoAnswer},
      {"PING", answers(repeated(1'100, ping)), kNoAnswer},
      {"a few PING", answers(repeated(100, ping) + answer(1, "hello")), "200 hello"},
      {"frames nobody knows", answers(repeated(1'100, h2::frame(0x77, 0, 0))), kNoAnswer},
      {"WINDOW_UPDATE", answers(repeated(1'100, h2::frame(NGHTTP2_WINDOW_UPDATE, 0, 0, h2::word(1)))), kNoAnswer},
      {"empty DATA", {{greet(), receive(), send(head(1)), wait(1ms), send(repeated(1'100, h2::data(1, ""))), stay()}},
       kBrokenBody},
      {"CONTINUATION", answers(h2::frame(NGHTTP2_HEADERS, 0, 1, h2::hpack({{":status", "200"}})) +
                               repeated(9, h2::frame(NGHTTP2_CONTINUATION, 0, 1))),
       kNoAnswer},
      {"a header block without end", answers(head(1, h2::Fields(30, {"a", std::string(10'000, 'x')}), h2::kEnd)),
       "too_large sent=yes waiting for the answer"},
  };
}

}  // namespace

TEST_CASE("client: each broken server of HTTP/2 has one outcome") {
  client::ClientOptions options = knowing();
  options.limits.body = 10'000;
  for (const Row& row : rows()) {
    CAPTURE(row.name);
    const PlayedHttp2 played = play2(row.scripts, get, options);
    CHECK(played.result == row.expected);
    CHECK(played.connections() == row.connections);
    CHECK(played.took < 40s);
  }
}

TEST_CASE("client: an answer that is malformed costs its stream, and not its connection") {
  const std::vector<h2::Fields> bad{{{":status", "200"}, {"A", "b"}},
                                    {{"a", "b"}},
                                    {{":status", "200"}, {"content-length", "7"}},
                                    h2::Fields(102, {"a", "b"})};
  for (h2::Fields fields : bad) {
    if (fields.size() > 100) fields.front() = {":status", "200"};
    const auto twice = [](client::Client asks) -> Task<std::string> {
      static_cast<void>(co_await get(asks));
      co_return co_await get(asks);
    };
    const Script script{greet(), receive(), send(with(fields)), receive(), send(answer(3, "hello")), stay()};
    const PlayedHttp2 played = play2({script}, twice);
    CHECK(played.result == "200 hello");
    CHECK(played.connections() == 1);
    CHECK(played.first().of_type(NGHTTP2_RST_STREAM, 1).size() == 1);
  }
}

TEST_CASE("client: DATA beyond the window is a failure of its stream") {
  const auto slowly = [](client::Client asks) -> Task<std::string> {
    auto response = (co_await asks.get("http://server/").send()).value();
    co_await rondeau::sleep_for(1s);
    const auto body = co_await response.text();
    co_return body ? std::to_string(body->size()) : describe(body.error());
  };
  const std::string piece = h2::data(1, std::string(16'384, 'x'));
  const PlayedHttp2 allowed = play2(answers(head(1) + repeated(128, piece) + h2::data(1, "", h2::kEnd)), slowly);
  CHECK(allowed.result == std::to_string(2 * 1024 * 1024));
  const PlayedHttp2 beyond = play2(answers(head(1) + repeated(130, piece) + h2::data(1, "", h2::kEnd)), slowly);
  CHECK(beyond.result == "protocol sent=yes reading the answer");
}
