// Plays the tables of tests/conformance/http1 against the whole server, over streams in memory.
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

#include "support/wire_table.h"
#include "support/wire_ways.h"

using namespace rondeau;
using testing::kBefore;
using testing::kMarker;
using testing::Pieces;
using testing::WireCase;
using testing::WireVerdict;

namespace {

/// Answers 200 with the body it got, and says the target.
Task<Response> mirror(Request request) {
  if (request.method() == Method::Trace) co_return Response(StatusCode::MethodNotAllowed);
  const auto read = co_await request.body().buffer(std::numeric_limits<std::size_t>::max());
  if (!read) co_return Response(StatusCode::InternalServerError);
  co_return Response::bytes(request.body().buffered_bytes()).header("x-target", request.target());
}

Router<> mirrors() {
  Router<> app;
  app.fallback(mirror);
  return app;
}

const std::vector<WireCase>& tables() {
  static const std::vector<WireCase> cases = testing::read_wire_tables(HTTP1_TABLES);
  return cases;
}

std::string describe(const std::string& why, const WireVerdict& wanted) {
  return why + "; expected " + wanted.describe();
}

/// What an answer says of it: nothing where HTTP/1.1 stays open.
std::string_view connection(const WireCase& wire, const WireVerdict& verdict) {
  if (!verdict.kept) return "close";
  const bool is_ours = verdict.target == "/before" || verdict.target == "/marker";
  return !is_ours && wire.input.find("HTTP/1.0") != std::string::npos ? "keep-alive" : "";
}

/// Sends the bytes in the pieces given, and compares what comes back. Empty: as expected.
std::string play(TestApp& app, const WireCase& wire, const std::vector<WireVerdict>& expected, const Pieces& pieces) {
  testing::Wire client = app.connect();
  testing::ResponseReader answers;
  for (std::string_view piece : pieces) {
    client.send(piece);
    answers.feed(client.received());
  }
  const Method asked = wire.input.starts_with("HEAD ") ? Method::Head : Method::Get;
  for (const WireVerdict& verdict : expected) {
    const bool closed = client.closed();
    if (verdict.status == 0) {
      if (!answers.rest().empty()) return describe("an answer: " + std::string(answers.rest()), verdict);
      client.finish();
      if (!client.received().empty() || !client.closed()) return describe("not simply closed", verdict);
      return {};
    }
    const auto answer = answers.next(verdict.target == "/before" ? Method::Get : asked, closed);
    if (!answer) return describe("no answer", verdict);
    const int status = static_cast<int>(http::code(answer->status()));
    // The router answers OPTIONS.
    const bool is_options = status == 204 && wire.input.find("OPTIONS ") != std::string::npos;
    if (status != verdict.status && !is_options) {
      return describe("status " + std::to_string(status) + " " + answer->body(), verdict);
    }
    const bool last = &verdict == &expected.back();
    if (answer->header("connection").value_or("") != connection(wire, verdict)) {
      return describe("Connection is wrong", verdict);
    }
    if (last && verdict.kept == closed) return describe(closed ? "closed" : "kept open", verdict);
    if (verdict.status >= 400 && verdict.status < 500 && verdict.reason != "trace" &&
        answer->body().find("\"" + verdict.reason + "\"") == std::string::npos) {
      return describe("another reason: " + answer->body(), verdict);
    }
    if (verdict.status != 200 || asked == Method::Head || is_options) continue;
    if (verdict.body && answer->body() != *verdict.body) return describe("body " + answer->body(), verdict);
    if (verdict.length && answer->body().size() != *verdict.length) return describe("another length", verdict);
    if (verdict.target && answer->header("x-target") != *verdict.target) return describe("another target", verdict);
  }
  if (!answers.rest().empty()) return "one answer too many: " + std::string(answers.rest());
  return {};
}

template <class Play>
void for_each_case(Play check) {
  REQUIRE(tables().size() > 1000);
  TestApp app(mirrors());
  for (const WireCase& wire : tables()) {
    const std::string wrong = check(app, wire);
    app.advance(Limits().linger);  // those that were closed are gone
    if (!wrong.empty()) FAIL_CHECK(wire.place << ": " << wire.name << ": " << testing::escape_wire(wrong));
  }
}

WireVerdict served(std::string target) {
  WireVerdict verdict;
  verdict.status = 200;
  verdict.kept = true;
  verdict.target = std::move(target);
  return verdict;
}

}  // namespace

TEST_CASE("server: every case of the HTTP/1.1 tables gets its verdict") {
  for_each_case([](TestApp& app, const WireCase& wire) { return play(app, wire, wire.verdicts, {wire.input}); });
}

// Cases that differ by one word are cut once here: the parser's own test cuts them all.

TEST_CASE("server: verdicts are the same when the bytes come one by one") {
  for_each_case([](TestApp& app, const WireCase& wire) -> std::string {
    if (!wire.first || wire.input.size() > 4096) return {};  // so many of one byte: the parser's own test has them
    return play(app, wire, wire.verdicts, testing::one_by_one(wire.input));
  });
}

TEST_CASE("server: verdicts are the same when the bytes are cut in two anywhere") {
  for_each_case([](TestApp& app, const WireCase& wire) -> std::string {
    if (!wire.first) return {};
    return testing::cut_in_two(wire.input, 997,
                               [&](const Pieces& pieces) { return play(app, wire, wire.verdicts, pieces); });
  });
}

TEST_CASE("server: verdicts are the same behind a pipelined request") {
  for_each_case([](TestApp& app, const WireCase& wire) {
    std::vector<WireVerdict> expected = wire.verdicts;
    expected.insert(expected.begin(), served("/before"));
    const std::string input = std::string(kBefore) + wire.input;
    // Behind a request there is no telling that a stream ended inside of the next but by what came before.
    if (wire.verdicts.front().status == 0) expected = {served("/before")};
    return play(app, wire, expected, {input});
  });
}

TEST_CASE("server: a marker is served behind a kept request and never behind a refused one") {
  for_each_case([](TestApp& app, const WireCase& wire) -> std::string {
    if (wire.verdicts.back().status == 0 || wire.input.starts_with("HEAD ")) return {};
    std::vector<WireVerdict> expected = wire.verdicts;
    if (expected.back().kept) expected.push_back(served("/marker"));
    return play(app, wire, expected, {wire.input + std::string(kMarker)});
  });
}
