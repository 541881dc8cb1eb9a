// One row for each way to make a server work for nothing: just below the limit is served, what is above ends it.
#include <chrono>
#include <functional>
#include <string>

#include <doctest/doctest.h>

#include "http2/flood_guard.h"
#include "http2/session.h"
#include "support/http2/frames.h"

using namespace rondeau;
using namespace http2_test;
using namespace std::chrono_literals;

namespace {

/// A session whose handlers answer 200 to everything, without bodies.
struct Peer : Client {
  explicit Peer(const Limits& with = {}) : limits(with), session(limits, now) { say(preface()); }

  void say(std::string_view bytes) {
    session.receive(bytes, now);
    for (const auto& stream : session.take_requests()) {
      asked.push_back(stream);
      http::Response ok(http::StatusCode::Ok);
      http2::AnswerFields fields;
      REQUIRE(fields.fill(ok, {.method = http::Method::Head}));
      if (answers) session.answer(*stream, ok, fields);
    }
    http::OutputBuffer out;
    session.pull(out, std::string::npos, now);
    feed(out.view());
  }

  Limits limits;
  Instant now = Instant::now();
  bool answers = true;
  std::vector<std::shared_ptr<http2::Stream>> asked;
  http2::Session session;
};

struct Row {
  std::string what;
  std::size_t harmless;                             ///< so many are served
  std::function<std::string(std::int32_t)> repeat;  ///< the odd number is a stream's
  std::string trouble;                              ///< what one more leads to
};

void repeat(const Row& row, std::size_t times, Peer& peer) {
  for (std::size_t i = 0; i < times; ++i) peer.say(row.repeat(static_cast<std::int32_t>(2 * i + 1)));
}

const std::string kCalm = "GOAWAY ENHANCE_YOUR_CALM";

}  // namespace

TEST_CASE("http2: what a peer does more often than it may ends the connection") {
  const Row rows[] = {
      // The preface has had one SETTINGS already.
      {"SETTINGS", 199, [](auto) { return frame(NGHTTP2_SETTINGS, 0, 0); }, kCalm},
      {"PING", 200, [](auto) { return frame(NGHTTP2_PING, 0, 0, "12345678"); }, kCalm},
      {"PRIORITY", 200, [](auto id) { return frame(NGHTTP2_PRIORITY, 0, id, word(0) + "x"); }, kCalm},
      {"PRIORITY_UPDATE", 200, [](auto id) { return frame(NGHTTP2_PRIORITY_UPDATE, 0, 0, word(static_cast<std::uint32_t>(id)) + "u=1"); }, kCalm},
      {"WINDOW_UPDATE", 200, [](auto) { return frame(NGHTTP2_WINDOW_UPDATE, 0, 0, word(1)); }, kCalm},
      {"frames of an unknown type", 200, [](auto) { return frame(0xbf, 0, 0, "?"); }, kCalm},
      {"rapid resets", 200, [](auto id) { return get(id) + frame(NGHTTP2_RST_STREAM, 0, id, word(8)); }, kCalm},
      {"resets that we have to send: a window that overflows", 200,
       [](auto id) { return post(id) + frame(NGHTTP2_WINDOW_UPDATE, 0, id, word(0x7fffffff)); }, kCalm},
      {"resets that we have to send: malformed requests", 200,
       [](auto id) { return headers(id, {{":method", "GET"}}); }, kCalm},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Peer peer;
    repeat(row, row.harmless, peer);
    CHECK(peer.of_type(NGHTTP2_GOAWAY).empty());
    CHECK_FALSE(peer.session.over());
    Peer worse;
    repeat(row, row.harmless + 1, worse);
    CHECK(worse.trouble() == row.trouble);
    CHECK(worse.session.over());
  }
}

TEST_CASE("http2: allowances grow again with time") {
  Peer peer;
  const std::string ping = frame(NGHTTP2_PING, 0, 0, "12345678");
  for (int i = 0; i < 200; ++i) peer.say(ping);
  peer.now = peer.now + 1s;
  for (int i = 0; i < 50; ++i) peer.say(ping);
  CHECK(peer.trouble() == "");
  peer.say(ping);
  CHECK(peer.trouble() == kCalm);
}

TEST_CASE("http2: streams above the limit are refused, and too many of those end the connection") {
  Peer peer;
  peer.answers = false;
  const auto limit = static_cast<std::int32_t>(peer.limits.http2.max_concurrent_streams);
  std::int32_t id = 1;
  for (std::int32_t i = 0; i < limit; ++i, id += 2) peer.say(get(id));
  CHECK(peer.trouble() == "");
  peer.say(get(id));
  CHECK(peer.trouble() == "RST_STREAM " + std::to_string(id) + " REFUSED_STREAM");
  for (std::size_t i = 1; i < peer.limits.http2.max_refused_streams; ++i) peer.say(get(id += 2));
  CHECK(peer.of_type(NGHTTP2_GOAWAY).empty());
  peer.say(get(id += 2));
  CHECK(peer.trouble() == kCalm);
}

TEST_CASE("http2: a header block in too many pieces ends the connection") {
  const std::string block = hpack(request("GET", "/"));
  const auto in_pieces = [&](std::size_t continuations) {
    std::string bytes = frame(NGHTTP2_HEADERS, kEnd, 1, block);
    for (std::size_t i = 1; i < continuations; ++i) bytes += frame(NGHTTP2_CONTINUATION, 0, 1);
    return bytes + frame(NGHTTP2_CONTINUATION, kEndHeaders, 1);
  };
  Peer peer;
  peer.say(in_pieces(peer.limits.http2.max_continuations));
  CHECK(peer.status(1) == "200");
  Peer worse;
  worse.say(in_pieces(peer.limits.http2.max_continuations + 1));
  CHECK(worse.trouble() == kCalm);
}

TEST_CASE("http2: small and empty DATA frames have to be paid for by content or time") {
  const Limits limits;
  const Instant now = Instant::now();
  http2::FloodGuard empty(limits.http2);
  for (std::size_t i = 0; i < limits.http2.max_empty_data; ++i) CHECK(empty.data(0, false, now));
  CHECK_FALSE(empty.data(0, false, now));

  // One for each stream costs nothing: streams are counted.
  http2::FloodGuard ends(limits.http2);
  for (int i = 0; i < 1000; ++i) REQUIRE(ends.data(0, true, now));

  http2::FloodGuard small(limits.http2);
  for (std::size_t i = 0; i < 100; ++i) CHECK(small.data(1, false, now));
  CHECK_FALSE(small.data(1, false, now));
  for (std::size_t i = 0; i < limits.http2.control_per_second; ++i) CHECK(small.data(1, false, now + 1s));

  http2::FloodGuard padded(limits.http2);
  for (std::size_t i = 0; i < 100; ++i) CHECK(padded.data(256, false, now, 256));
  CHECK_FALSE(padded.data(256, false, now, 256));

  http2::FloodGuard paid(limits.http2);
  for (int i = 0; i < 100'000; ++i) REQUIRE((paid.data(1, false, now) && paid.data(511, false, now)));
}

TEST_CASE("http2: small frames of a tunnel cost little more than their bytes, those of padding alone are counted") {
  Peer peer;
  peer.answers = false;
  peer.say(headers(1, request("POST", "/"), kEndHeaders));
  REQUIRE(peer.asked.size() == 1);
  http2::Stream& stream = *peer.asked.front();
  stream.is_tunnel = true;
  for (int i = 0; i < 10'000; ++i) peer.say(data(1, i % 2 == 0 ? "a" : "b"));
  CHECK(peer.trouble() == "");
  CHECK(stream.in.unread == 10'000);
  CHECK(stream.in.pieces.size() <= 10);
  std::string all;
  for (const Bytes& piece : stream.in.pieces) all += piece.view();
  CHECK(all.size() == 10'000);
  CHECK(all.starts_with("abab"));
  for (int i = 0; i < 1000 && peer.trouble().empty(); ++i) {
    peer.say(data(1, std::string_view("\0", 1), NGHTTP2_FLAG_PADDED));
  }
  CHECK(peer.trouble() == kCalm);
}

TEST_CASE("http2: many small requests with bodies are no flood") {
  Peer peer;
  for (std::int32_t id = 1; id < 4001; id += 2) peer.say(post(id) + data(id, "x") + data(id, "", kEnd));
  CHECK(peer.trouble() == "");
  CHECK(peer.status(3999) == "200");
}

TEST_CASE("http2: refusals are counted when they are caused, whether their answers are read or not") {
  const Limits limits;
  const Instant now = Instant::now();
  http2::Session session(limits, now);
  session.receive(preface(), now);
  std::int32_t id = 1;
  const auto refused = static_cast<std::int32_t>(limits.http2.max_concurrent_streams + limits.http2.max_refused_streams);
  for (; id < 2 * refused + 1; id += 2) session.receive(get(id), now);
  CHECK_FALSE(session.over());
  session.receive(get(id), now);
  http::OutputBuffer out;
  session.pull(out, std::string::npos, now);
  Client client;
  client.feed(out.view());
  CHECK(client.trouble() == kCalm);
}

TEST_CASE("http2: fields that nobody wants are counted, too") {
  // An entry of 4,000 bytes in the table, then references to it of one byte each: 4 times the limit, and beyond.
  std::string entry = "\x40\x01x\x7f";
  entry += static_cast<char>(0x80 | ((3900 - 127) & 0x7f));
  entry += static_cast<char>((3900 - 127) >> 7);
  entry += std::string(3900, 'v');
  Peer peer;
  peer.answers = false;
  peer.say(post(1) + frame(NGHTTP2_HEADERS, kEnd | kEndHeaders, 1, entry + std::string(30, '\xbe')));
  CHECK(peer.trouble() == "");
  peer.say(post(3) + frame(NGHTTP2_HEADERS, kEnd | kEndHeaders, 3, std::string(34, '\xbe')));
  CHECK(peer.trouble() == kCalm);
}

TEST_CASE("http2: WINDOW_UPDATEs are allowed for what we send") {
  const Limits limits;
  http2::FloodGuard guard(limits.http2);
  const Instant now = Instant::now();
  for (int i = 0; i < 1000; ++i) {
    guard.sent_data();
    for (int k = 0; k < 16; ++k) REQUIRE(guard.frame(NGHTTP2_WINDOW_UPDATE, now));
  }
  for (int i = 0; i < 200; ++i) static_cast<void>(guard.frame(NGHTTP2_WINDOW_UPDATE, now));
  CHECK_FALSE(guard.frame(NGHTTP2_WINDOW_UPDATE, now));
}

TEST_CASE("http2: answers nobody reads are not collected for ever") {
  Limits limits;
  limits.http2.control_burst = 1'000'000;
  const Instant now = Instant::now();
  http2::Session session(limits, now);
  session.receive(preface(), now);
  const std::string ping = frame(NGHTTP2_PING, 0, 0, "12345678");
  for (std::size_t i = 0; i < limits.http2.max_queued_control + 2; ++i) session.receive(ping, now);
  http::OutputBuffer out;
  session.pull(out, std::string::npos, now);
  CHECK(session.over());
}

TEST_CASE("http2: bytes that are no HTTP/2 end the connection with an error that says so") {
  struct Case {
    std::string what;
    std::string bytes;
    std::string trouble;
  };
  const Case cases[] = {
      {"another preface", "GET / HTTP/1.1\r\nhost: a\r\n\r\n", "GOAWAY PROTOCOL_ERROR"},
      {"no SETTINGS first", std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + frame(NGHTTP2_PING, 0, 0, "12345678"),
       "GOAWAY PROTOCOL_ERROR"},
      {"a frame longer than we allow", preface() + frame(NGHTTP2_DATA, 0, 1, "", 16 * 1024 + 1),
       "GOAWAY FRAME_SIZE_ERROR"},
      {"PING of seven bytes", preface() + frame(NGHTTP2_PING, 0, 0, "1234567"), "GOAWAY FRAME_SIZE_ERROR"},
      {"SETTINGS of five bytes", preface() + frame(NGHTTP2_SETTINGS, 0, 0, "12345"), "GOAWAY FRAME_SIZE_ERROR"},
      {"SETTINGS on a stream", preface() + frame(NGHTTP2_SETTINGS, 0, 1), "GOAWAY PROTOCOL_ERROR"},
      {"an acknowledgement with content", preface() + frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "123456"),
       "GOAWAY FRAME_SIZE_ERROR"},
      {"a window beyond 2^31-1", preface() + frame(NGHTTP2_SETTINGS, 0, 0, setting(4, 0x80000000)),
       "GOAWAY FLOW_CONTROL_ERROR"},
      {"a frame size below 16 KiB", preface() + frame(NGHTTP2_SETTINGS, 0, 0, setting(5, 16383)),
       "GOAWAY PROTOCOL_ERROR"},
      {"DATA on a stream that was never opened", preface() + data(1, "x"), "GOAWAY PROTOCOL_ERROR"},
      {"DATA on stream 0", preface() + data(0, "x"), "GOAWAY PROTOCOL_ERROR"},
      {"a stream of an even number", preface() + get(2), "GOAWAY PROTOCOL_ERROR"},
      {"a stream number that goes back", preface() + get(5) + get(3), "GOAWAY PROTOCOL_ERROR"},
      {"a header block that is none", preface() + frame(NGHTTP2_HEADERS, kEnd | kEndHeaders, 1, "\xff\xff\xff\xff\xff"),
       "GOAWAY COMPRESSION_ERROR"},
      {"CONTINUATION out of nowhere", preface() + frame(NGHTTP2_CONTINUATION, kEndHeaders, 1), "GOAWAY PROTOCOL_ERROR"},
      {"another frame inside a header block",
       preface() + frame(NGHTTP2_HEADERS, kEnd, 1, hpack(request("GET", "/"))) + frame(NGHTTP2_PING, 0, 0, "12345678"),
       "GOAWAY PROTOCOL_ERROR"},
      {"a window that grows by nothing", preface() + frame(NGHTTP2_WINDOW_UPDATE, 0, 0, word(0)),
       "GOAWAY PROTOCOL_ERROR"},
      {"the connection's window beyond 2^31-1", preface() + frame(NGHTTP2_WINDOW_UPDATE, 0, 0, word(0x7fffffff)),
       "GOAWAY FLOW_CONTROL_ERROR"},
      {"more padding than frame", preface() + post(1) + frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, "\x05x"),
       "GOAWAY PROTOCOL_ERROR"},
      {"PRIORITY on stream 0", preface() + frame(NGHTTP2_PRIORITY, 0, 0, word(0) + "x"), "GOAWAY PROTOCOL_ERROR"},
      {"PRIORITY_UPDATE of stream 0", preface() + frame(NGHTTP2_PRIORITY_UPDATE, 0, 0, word(0) + "u=1"),
       "GOAWAY PROTOCOL_ERROR"},
      {"a promise from a client", preface() + get(1) + frame(NGHTTP2_PUSH_PROMISE, kEndHeaders, 1, word(2)),
       "GOAWAY PROTOCOL_ERROR"},
      {"RST_STREAM on a stream that was never opened", preface() + frame(NGHTTP2_RST_STREAM, 0, 1, word(8)),
       "GOAWAY PROTOCOL_ERROR"},
      {"too many entries in SETTINGS",
       preface() + frame(NGHTTP2_SETTINGS, 0, 0, [] {
         std::string entries;
         for (int i = 0; i < 33; ++i) entries += setting(0xf000, 1);
         return entries;
       }()),
       kCalm},
  };
  for (const Case& each : cases) {
    for (const bool bytewise : {false, true}) {
      CAPTURE(each.what);
      CAPTURE(bytewise);
      const Limits limits;
      const Instant now = Instant::now();
      http2::Session session(limits, now);
      if (bytewise) {
        for (const char byte : each.bytes) session.receive({&byte, 1}, now);
      } else {
        session.receive(each.bytes, now);
      }
      http::OutputBuffer out;
      session.pull(out, std::string::npos, now);
      Client client;
      client.feed(out.view());
      CHECK(client.trouble() == each.trouble);
      CHECK(session.over());
    }
  }
}

TEST_CASE("http2: a malformed request costs its stream, not the connection") {
  const Fields good = request("GET", "/");
  struct Case {
    std::string what;
    Fields fields;
  };
  const auto with = [&](const char* name, const char* value) {
    Fields fields = good;
    fields.emplace_back(name, value);
    return fields;
  };
  const Case cases[] = {
      {"an upper-case name", with("X-Y", "z")},
      {"connection", with("connection", "close")},
      {"transfer-encoding", with("transfer-encoding", "chunked")},
      {"upgrade", with("upgrade", "websocket")},
      {"te that is not trailers", with("te", "gzip")},
      {"a pseudo-header field behind the others", {{":method", "GET"}, {":scheme", "http"}, {"x", "y"}, {":path", "/"}}},
      {"an unknown pseudo-header field", with(":what", "ever")},
      {"two methods", {{":method", "GET"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}}},
      {"no path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}}},
      {"an empty path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", ""}}},
      {"a line end in a value", with("x", "a\r\nb")},
      {"a blank before a value", with("x", " a")},
      {"a colon in a name", with("x:y", "z")},
      {"a status in a request", with(":status", "200")},
      {"a length, but no body", with("content-length", "5")},
  };
  for (const Case& each : cases) {
    CAPTURE(each.what);
    Peer peer;
    peer.say(headers(1, each.fields) + get(3));
    CHECK(peer.trouble() == "RST_STREAM 1 PROTOCOL_ERROR");
    CHECK(peer.status(1) == "");
    CHECK(peer.status(3) == "200");
  }
}
