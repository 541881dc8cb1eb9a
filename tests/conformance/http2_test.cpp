// Plays the rows of tests/conformance/http2 against the whole server, cut in every way that must make no difference.
//
// An error of the connection leaves no answers behind it (RFC 9113 §5.4.1): where a row is one, the good request in
// front has a write of its own.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "http2/row.h"
#include "support/wire_ways.h"

using namespace rondeau;
using http2_test::Row;
using testing::Pieces;

namespace {

Router<> service() {
  Router<> app;
  app.get<"/">([] { return "hello"; });
  app.any<"/waits">([]() -> Task<Response> {
    co_await sleep_for(std::chrono::hours(1));
    co_return Response::text("late");
  });
  app.post<"/echo">([](Bytes body) { return Response::bytes(std::move(body)); });
  return app;
}

const std::string kBefore = http2_test::get(1);
const std::string kMarker = http2_test::get(99);

std::string hello() {
  return http2_test::preface() + http2_test::frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0);
}

bool ends_connection(const Row& row) {
  return row.verdict.starts_with("GOAWAY");
}

/// Sends a row as a client does, and compares what comes back. Empty: as expected.
std::string play(TestApp& app, const Row& row, const Pieces& pieces, bool between) {
  http2_test::Client heard;
  testing::Wire wire = app.connect();
  for (const std::string_view piece : pieces) {
    wire.send(piece);
    heard.feed(wire.received());
  }
  std::string found = heard.trouble();
  if (found.empty()) found = heard.status(3);
  const bool refused = found == "400" || found == "501" || found == "RST_STREAM 3 PROTOCOL_ERROR";
  if (found != row.verdict && !(row.verdict == "refused" && refused))
    return "it is " + (found.empty() ? "nothing" : found);
  if (wire.closed() != ends_connection(row)) return wire.closed() ? "it is closed" : "it is open";
  for (const http2_test::Frame& goaway : heard.of_type(NGHTTP2_GOAWAY)) {
    // Whoever asked is told whether it may ask again.
    if (between && goaway.word() < 1) return "GOAWAY says that the request before it was not seen";
  }
  if (!between) return {};
  if (heard.status(1) != "200" || heard.body(1) != "hello") return "the request before it was not answered";
  if ((heard.status(99) == "200") == ends_connection(row)) return "the request behind it was answered, or not";
  return {};
}

template <class Check>
void for_each_row(Check check) {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all = http2_test::frame_rows();
    for (const auto& more : {http2_test::stream_rows(), http2_test::request_rows(), http2_test::hpack_rows()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  TestApp app(service());
  app.allow_http2();
  for (const Row& row : rows) {
    const std::string wrong = check(app, row);
    if (!wrong.empty()) FAIL_CHECK(row.what << ": expected " << row.verdict << "; " << wrong);
    app.advance(Limits().linger);
    REQUIRE(app.live_tasks() == 0);
  }
}

}  // namespace

TEST_CASE("http2: every row gets its verdict") {
  for_each_row([](TestApp& app, const Row& row) { return play(app, row, {hello() + row.bytes}, false); });
}

TEST_CASE("http2: verdicts are the same when the bytes come one by one") {
  for_each_row([](TestApp& app, const Row& row) -> std::string {
    if (!row.first || row.bytes.size() > 4096) return {};
    const std::string bytes = hello() + row.bytes;
    return play(app, row, testing::one_by_one(bytes), false);
  });
}

TEST_CASE("http2: verdicts are the same when the bytes are cut in two anywhere") {
  for_each_row([](TestApp& app, const Row& row) -> std::string {
    if (!row.first) return {};
    const std::string bytes = hello() + row.bytes;
    return testing::cut_in_two(bytes, 997, [&](const Pieces& pieces) { return play(app, row, pieces, false); });
  });
}

TEST_CASE("http2: verdicts are the same between two good requests, in one write and cut, and those are answered") {
  for_each_row([](TestApp& app, const Row& row) {
    const std::string front = hello() + kBefore;
    const std::string rest = row.bytes + kMarker;
    const std::string whole = front + rest;
    const std::string wrong =
        ends_connection(row) ? play(app, row, {front, rest}, true) : play(app, row, {whole}, true);
    return !wrong.empty() || !row.first || row.bytes.size() > 4096 ? wrong
                                                                   : play(app, row, testing::one_by_one(whole), true);
  });
}
