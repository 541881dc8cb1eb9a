// Windows, and peers that do not read or do not write.
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/http2/wire.h"

using namespace rondeau;
using namespace http2_test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kWindow = 65'535;  // what a peer gives that says nothing

std::size_t produced = 0;
Task<Result<void>> produce(BodyWriter& out) {
  produced = 0;
  for (int i = 0; i < 1000; ++i) {
    RONDEAU_TRY_VOID(co_await out.write(Bytes(std::string(1000, 'x'))));
    produced += 1000;
  }
  co_return Result<void>();
}

Task<std::string> never_read(BodyStream) {
  co_await sleep_for(1h);
  co_return "";
}
Task<std::string> read_slowly(BodyStream body) {
  std::size_t bytes = 0;
  for (auto piece = co_await body.next(); piece && !piece->empty(); piece = co_await body.next()) {
    bytes += piece->size();
    co_await sleep_for(1ms);
  }
  co_return std::to_string(bytes);
}

Router<> routes() {
  Router<> app;
  app.get<"/">([] { return "hello"; });
  app.get<"/big">([] { return std::string(200'000, 'b'); });
  app.get<"/produce">([] { return Response::stream(&produce, "text/plain"); });
  app.post<"/never">(never_read);
  app.post<"/slowly">(read_slowly);
  app.post<"/echo">([](Bytes body) { return Response::bytes(std::move(body)); });
  return app;
}

std::string credit(std::int32_t id, std::size_t bytes) {
  return frame(NGHTTP2_WINDOW_UPDATE, 0, id, word(static_cast<std::uint32_t>(bytes)));
}

/// So many bytes in frames of 16 KiB.
std::string content(std::int32_t id, std::size_t bytes, int flags = 0) {
  std::string out;
  for (; bytes > 16'384; bytes -= 16'384) out += data(id, std::string(16'384, 'x'));
  return out + data(id, std::string(bytes, 'x'), flags);
}

}  // namespace

TEST_CASE("http2: no more is sent than the windows allow, of one answer and of all") {
  TestApp app(routes());
  Http2Wire wire(app, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 100));
  wire.send(get(1, "/big"));
  CHECK(wire.body(1).size() == 100);
  wire.send(credit(1, 50));
  CHECK(wire.body(1).size() == 150);
  wire.send(credit(1, 1'000'000));
  CHECK(wire.body(1).size() == kWindow);
  // Others that have nothing to send are answered meanwhile.
  CHECK(wire.send(headers(3, request("HEAD", "/"))).status(3) == "200");
  wire.send(credit(0, 1'000'000));
  CHECK(wire.body(1).size() == 200'000);
  CHECK(wire.ended(1));
}

TEST_CASE("http2: a window that shrinks below nothing is waited for") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/big"));
  CHECK(wire.body(1).size() == kWindow);
  wire.send(frame(NGHTTP2_SETTINGS, 0, 0, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0)) + credit(0, 1'000'000));
  CHECK(wire.send(credit(1, kWindow)).body(1).size() == kWindow);
  CHECK(wire.send(credit(1, 10)).body(1).size() == kWindow + 10);
}

TEST_CASE("http2: what is urgent goes first, and what is as urgent by turns") {
  TestApp app(routes());
  Http2Wire wire(app, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1'000'000));
  wire.send(get(1, "/big", {{"priority", "u=7"}}) + get(3, "/big", {{"priority", "u=0"}}));
  CHECK(wire.body(3).size() == kWindow);
  CHECK(wire.body(1).size() == 0);
  wire.send(frame(NGHTTP2_PRIORITY_UPDATE, 0, 0, word(1) + "u=0"));
  wire.send(frame(NGHTTP2_PRIORITY_UPDATE, 0, 0, word(3) + "u=7"));
  wire.send(credit(0, 10'000));
  CHECK(wire.body(1).size() == 10'000);
  wire.send(credit(0, 1'000'000));
  CHECK(wire.ended(1));
  CHECK(wire.ended(3));

  Http2Wire fair(app, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1'000'000));
  fair.send(get(1, "/big") + get(3, "/big"));
  CHECK(fair.body(1).size() >= 16'384);
  CHECK(fair.body(3).size() >= 16'384);

  Http2Wire ordered(app, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1'000'000));
  ordered.send(get(1, "/big", {{"priority", "u=3"}}) + get(3, "/big", {{"priority", "u=3"}}));
  CHECK(ordered.body(1).size() == kWindow);
  CHECK(ordered.body(3).size() == 0);
}

TEST_CASE("http2: many streams together hold no more than one frame each beyond the connection's share") {
  TestApp app(routes());
  Http2Wire wire(app, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0));
  std::size_t total = 0;
  for (std::int32_t id = 1; id < 101; id += 2) {
    wire.send(get(id, "/produce"));
    total += produced;
  }
  const Limits limits;
  CHECK(total > limits.http2.max_unsent);
  CHECK(total < limits.http2.max_unsent + 64 * 1024 + 50 * (limits.http2.max_frame + 1000));
}

TEST_CASE("http2: a producer waits for its peer, and is ended when that does not read in time") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(get(1, "/produce"));
  CHECK(wire.body(1).size() == kWindow);
  CHECK(produced < kWindow + 64 * 1024 + 2000);
  wire.send(credit(0, 1'000'000) + credit(1, 100'000));
  CHECK(wire.body(1).size() == kWindow + 100'000);
  app.advance(31s);
  wire.look();
  CHECK(wire.trouble() == "RST_STREAM 1 CANCEL");
  CHECK(wire.send(get(3)).body(3) == "hello");
}

TEST_CASE("http2: who keeps the connection's window shut loses the connection") {
  TestApp app(routes());
  Http2Wire wire(app, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1'000'000));
  wire.send(get(1, "/big"));
  CHECK(wire.body(1).size() == kWindow);
  app.advance(31s);
  CHECK(wire.look().trouble() == "GOAWAY ENHANCE_YOUR_CALM");
}

TEST_CASE("http2: a handler that does not read holds its own window, not that of others") {
  TestApp app(routes());
  Http2Wire wire(app);
  const std::size_t window = Limits().http2.stream_window;
  std::int32_t id = 1;
  // Eight times a stream's window are twice the connection's.
  for (; id < 17; id += 2) {
    wire.send(post(id, "/never"));
    wire.send(content(id, window));
    CHECK(wire.of_type(NGHTTP2_WINDOW_UPDATE, id).empty());
  }
  wire.send(post(id, "/echo"));
  wire.send(content(id, 100'000, kEnd));
  CHECK(wire.field(id, "content-length") == "100000");
  CHECK(wire.trouble() == "");
  wire.send(data(1, "one more"));
  CHECK(wire.trouble() == "RST_STREAM 1 FLOW_CONTROL_ERROR");
}

TEST_CASE("http2: what is kept for handlers that do not read is bounded") {
  Limits limits;
  limits.http2.max_unread = 512 * 1024;
  TestApp app(routes(), limits);
  Http2Wire wire(app);
  std::size_t sent = 0;
  for (std::int32_t id = 1; id < 17; id += 2, sent += limits.http2.stream_window) {
    wire.send(post(id, "/never"));
    wire.send(content(id, limits.http2.stream_window));
    if (!wire.of_type(NGHTTP2_GOAWAY).empty()) break;
  }
  // What may be unread, and one window of the connection.
  CHECK(sent <= limits.http2.max_unread + limits.http2.connection_window);
  CHECK(wire.trouble() == "GOAWAY FLOW_CONTROL_ERROR");
}

TEST_CASE("http2: what is given up opens the connection's window again") {
  Limits limits;
  limits.http2.max_unread = 512 * 1024;
  TestApp app(routes(), limits);
  Http2Wire wire(app);
  std::int32_t id = 1;
  // Up to what may be unread, and one window of the connection: it is shut.
  for (; id < 13; id += 2) {
    wire.send(post(id, "/never"));
    wire.send(content(id, limits.http2.stream_window));
  }
  CHECK(wire.trouble() == "");
  for (std::int32_t each = 1; each < id; each += 2) wire.send(frame(NGHTTP2_RST_STREAM, 0, each, word(8)));
  wire.send(post(id, "/echo"));
  wire.send(content(id, 100'000, kEnd));
  CHECK(wire.trouble() == "");
  CHECK(wire.field(id, "content-length") == "100000");
}

TEST_CASE("http2: a body in bursts is as fast as its average") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(post(1, "/slowly"));
  for (int burst = 0; burst < 6; ++burst) {
    wire.send(content(1, 100'000));
    app.advance(25s);
    wire.look();
  }
  wire.send(data(1, "", kEnd));
  app.advance(1s);
  CHECK(wire.look().trouble() == "");
  CHECK(wire.status(1) == "200");
  CHECK(wire.body(1) == std::to_string(6 * 100'000));
}

TEST_CASE("http2: a window that opens a crack at a time is not waited for") {
  TestApp app(routes());
  Http2Wire wire(app, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10));
  wire.send(get(1, "/big"));
  for (int i = 0; i < 10 && wire.trouble().empty(); ++i) {
    app.advance(20s);
    wire.send(credit(1, 1));
    for (const Frame& ping : wire.of_type(NGHTTP2_PING)) wire.send(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, ping.payload));
  }
  CHECK(wire.trouble() == "RST_STREAM 1 CANCEL");
}

TEST_CASE("http2: a handler that reads gets everything, and gives the windows back") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(post(1, "/slowly"));
  std::size_t sent = 0;
  for (; sent < 1'000'000; sent += 16'384) {
    wire.send(data(1, std::string(16'384, 'x')));
    app.advance(10ms);
  }
  wire.send(data(1, "", kEnd));
  app.advance(1s);
  CHECK(wire.look().body(1) == std::to_string(sent));
  CHECK(wire.trouble() == "");
}

TEST_CASE("http2: a body that comes too slowly is not waited for") {
  TestApp app(routes());
  Http2Wire wire(app);
  wire.send(post(1, "/echo") + data(1, "x"));
  app.advance(31s);
  wire.look();
  CHECK(wire.status(1) == "408");
  CHECK(wire.send(get(3)).body(3) == "hello");
}

TEST_CASE("http2: a socket that takes nothing for too long is given up") {
  TestApp app(routes());
  Http2Wire wire(app, setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10'000'000), 1000);
  wire.send(credit(0, 10'000'000));
  wire.wire().send(get(1, "/big"));
  app.advance(29s);
  CHECK(app.live_tasks() > 0);
  app.advance(2s);
  CHECK(app.live_tasks() == 0);
}
