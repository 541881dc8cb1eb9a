// Plays the tables of tests/conformance/http1 against the parser, cut in every way that must make no difference.
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/parser_peer.h"
#include "support/wire_table.h"
#include "support/wire_ways.h"

using namespace rondeau;
using testing::kBefore;
using testing::kMarker;
using testing::ParserPeer;
using testing::Pieces;
using testing::WireCase;
using testing::WireVerdict;

namespace {

const http::Limits kLimits;

const std::vector<WireCase>& tables() {
  static const std::vector<WireCase> cases = testing::read_wire_tables(HTTP1_TABLES);
  return cases;
}

std::vector<WireVerdict> play(const Pieces& pieces) {
  ParserPeer peer(kLimits);
  for (std::string_view piece : pieces) peer.feed(piece);
  return peer.finish();
}

/// Empty when the verdicts are as expected, else a sentence.
std::string difference(const std::vector<WireVerdict>& expected, const std::vector<WireVerdict>& found) {
  for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    if (i == found.size()) return "no answer; expected " + expected[i].describe();
    if (i == expected.size()) return "one answer too many: " + found[i].describe();
    const WireVerdict& want = expected[i];
    const WireVerdict& have = found[i];
    bool same = want.status == have.status && want.kept == have.kept && want.reason == have.reason &&
                (!want.body || want.body == have.body) &&
                (!want.length || (have.body && want.length == have.body->size())) &&
                (!want.target || want.target == have.target);
    if (!same) return "answer " + std::to_string(i + 1) + " is " + have.describe() + "; expected " + want.describe();
  }
  return {};
}

void for_each_case(const std::function<std::string(const WireCase&)>& check) {
  REQUIRE(tables().size() > 1000);
  for (const WireCase& wire : tables()) {
    std::string wrong = check(wire);
    if (!wrong.empty()) FAIL_CHECK(wire.place << ": " << wire.name << ": " << wrong);
  }
}

bool ends_inside(const WireCase& wire) {
  return wire.verdicts.back().status == 0;
}

}  // namespace

TEST_CASE("parser: every case of the HTTP/1.1 tables gets its verdict") {
  for_each_case([](const WireCase& wire) { return difference(wire.verdicts, play({wire.input})); });
}

TEST_CASE("parser: verdicts are the same when the bytes come one by one") {
  for_each_case([](const WireCase& wire) { return difference(wire.verdicts, play(testing::one_by_one(wire.input))); });
}

TEST_CASE("parser: verdicts are the same when the bytes are cut in two anywhere") {
  for_each_case([](const WireCase& wire) {
    return testing::cut_in_two(wire.input, 61,
                               [&](const Pieces& pieces) { return difference(wire.verdicts, play(pieces)); });
  });
}

TEST_CASE("parser: verdicts are the same behind a good request in the same bytes") {
  for_each_case([](const WireCase& wire) {
    std::vector<WireVerdict> expected = wire.verdicts;
    WireVerdict before;
    before.status = 200;
    before.kept = true;
    before.target = "/before";
    expected.insert(expected.begin(), before);
    return difference(expected, play({std::string(kBefore) + wire.input}));
  });
}

TEST_CASE("parser: a marker is served behind a kept request and never behind a refused one") {
  for_each_case([](const WireCase& wire) -> std::string {
    if (ends_inside(wire)) return {};
    std::vector<WireVerdict> expected = wire.verdicts;
    if (expected.back().kept) {
      WireVerdict marker;
      marker.status = 200;
      marker.kept = true;
      marker.target = "/marker";
      expected.push_back(marker);
    }
    std::string input = wire.input + std::string(kMarker);
    std::string wrong = difference(expected, play({input}));
    return wrong.empty() ? difference(expected, play(testing::one_by_one(input))) : "whole: " + wrong;
  });
}
