#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/resp_player.h"

using namespace rondeau;
using support::play_resp;

namespace {

struct Case {
  std::string_view bytes;
  std::string_view verdict;
};

// What the peer sends, and what it is; the same whole, split at every byte, and behind another reply.
constexpr Case kCases[] = {
    {"+OK\r\n", "+OK"},
    {"+\r\n", "+"},
    {"+a\tb\xff\r\n", "+a\\x09b\\xff"},
    {"-ERR no\r\n", "-ERR no"},
    {":0\r\n", "0"},
    {":-1\r\n", "-1"},
    {":+7\r\n", "7"},
    {":007\r\n", "7"},
    {":9223372036854775807\r\n", "9223372036854775807"},
    {":-9223372036854775808\r\n", "-9223372036854775808"},
    {"$0\r\n\r\n", "''"},
    {"$5\r\na\r\nbc\r\n", "'a\\x0d\\x0abc'"},
    {"$05\r\nhello\r\n", "'hello'"},
    {"$-1\r\n", "nil"},
    {"*-1\r\n", "nil"},
    {"_\r\n", "nil"},
    {"*0\r\n", "[]"},
    {"*2\r\n:1\r\n*1\r\n$1\r\na\r\n", "[1 ['a']]"},
    {"*3\r\n$-1\r\n*-1\r\n-ERR x\r\n", "[nil nil -ERR x]"},
    {"#t\r\n", "true"},
    {"#f\r\n", "false"},
    {",1.5\r\n", "1.500000"},
    {",-2\r\n", "-2.000000"},
    {",+1e2\r\n", "100.000000"},
    {",1.25E-1\r\n", "0.125000"},
    {",inf\r\n", "inf"},
    {",-inf\r\n", "-inf"},
    {",nan\r\n", "nan"},
    {"(3492890328409238509324850943850943825024385\r\n", "(3492890328409238509324850943850943825024385"},
    {"(-1\r\n", "(-1"},
    {"!9\r\nERR a\r\nbc\r\n", "-ERR a\\x0d\\x0abc"},
    {"=8\r\ntxt:abcd\r\n", "=abcd"},
    {"=4\r\nmkd:\r\n", "="},
    {"%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n", "{+a 1 +b {}}"},
    {"~2\r\n+a\r\n+a\r\n", "~[+a +a]"},
    {">2\r\n+pubsub\r\n+x\r\n", ">[+pubsub +x]"},
    {"|1\r\n+ttl\r\n:3\r\n+OK\r\n", "+OK"},
    {"|0\r\n+OK\r\n", "+OK"},
    {"*2\r\n|1\r\n+a\r\n|1\r\n+b\r\n:1\r\n:2\r\n:3\r\n:4\r\n", "[3 4]"},
    {"|1\r\n+a\r\n:1\r\n>1\r\n+x\r\n", ">[+x]"},
    {"+a\r\n:1\r\n$1\r\nb\r\n", "+a ; 1 ; 'b'"},
    // not yet whole
    {"$5\r\nhel", "..."},
    {"$5\r\nhello", "..."},
    {"$5\r\nhello\r", "..."},
    {"*2\r\n:1\r\n", "..."},
    {"|1\r\n+a\r\n:1\r\n", "..."},
    {"+OK", "..."},
    {"+OK\r", "..."},
    // refused
    {"OK\r\n", "error: protocol"},
    {"\r\n", "error: protocol"},
    {"\n", "error: protocol"},
    {"HTTP/1.1 400 Bad Request\r\n", "error: protocol"},
    {"+OK\n", "error: protocol"},
    {"+O\rK\r\n", "error: protocol"},
    {"+OK\r\r\n", "error: protocol"},
    {":\r\n", "error: protocol"},
    {":+\r\n", "error: protocol"},
    {":1 \r\n", "error: protocol"},
    {": 1\r\n", "error: protocol"},
    {":+-1\r\n", "error: protocol"},
    {":0x1\r\n", "error: protocol"},
    {":9223372036854775808\r\n", "error: protocol"},
    {"$\r\n", "error: protocol"},
    {"$-2\r\n", "error: protocol"},
    {"$-1 \r\n", "error: protocol"},
    {"$+1\r\na\r\n", "error: protocol"},
    {"$1\r\nab\r\n", "error: protocol"},
    {"$1\r\na\n", "error: protocol"},
    {"$1\r\na\rb", "error: protocol"},
    {"$?\r\n", "error: protocol"},
    {"*?\r\n", "error: protocol"},
    {"%?\r\n", "error: protocol"},
    {"~?\r\n", "error: protocol"},
    {";4\r\nabcd\r\n", "error: protocol"},
    {".\r\n", "error: protocol"},
    {"*-2\r\n", "error: protocol"},
    {"%-1\r\n", "error: protocol"},
    {"~-1\r\n", "error: protocol"},
    {">-1\r\n", "error: protocol"},
    {"!-1\r\n", "error: protocol"},
    {"=-1\r\n", "error: protocol"},
    {"=3\r\ntxt\r\n", "error: protocol"},
    {"=5\r\nabcde\r\n", "error: protocol"},
    {">0\r\n", "error: protocol"},
    {"*1\r\n>1\r\n+a\r\n", "error: protocol"},
    {"_x\r\n", "error: protocol"},
    {"#T\r\n", "error: protocol"},
    {"#\r\n", "error: protocol"},
    {"#true\r\n", "error: protocol"},
    {",\r\n", "error: protocol"},
    {",.5\r\n", "error: protocol"},
    {",1.\r\n", "error: protocol"},
    {",1e\r\n", "error: protocol"},
    {",infinity\r\n", "error: protocol"},
    {",1e999\r\n", "error: protocol"},
    {",0x1p3\r\n", "error: protocol"},
    {"(1a\r\n", "error: protocol"},
    {"(\r\n", "error: protocol"},
    // announced, and too much
    {"$1073741824\r\n", "error: too large"},
    {"$18446744073709551615\r\n", "error: too large"},
    {"$18446744073709551616\r\n", "error: too large"},
    {"*9223372036854775807\r\n", "error: too large"},
    {"*1073741824\r\n", "error: too large"},
    {"%4294967296\r\n", "error: too large"},
};

}  // namespace

TEST_CASE("parser: every reply of the table is what the table says, whole, in pieces and behind another one") {
  for (const Case& one : kCases) {
    CAPTURE(redis::escaped(one.bytes));
    CHECK(play_resp(one.bytes, one.bytes.size()) == one.verdict);
    for (const std::size_t piece : {1u, 2u, 3u, 7u}) CHECK(play_resp(one.bytes, piece) == one.verdict);
    const std::string behind = "+first\r\n" + std::string(one.bytes);
    CHECK(play_resp(behind, behind.size()) == "+first ; " + std::string(one.verdict));
  }
}

TEST_CASE("parser: a reply split at any one place is the same reply") {
  constexpr std::string_view bytes = "*3\r\n$4\r\na\r\nb\r\n%1\r\n+k\r\n,1.5\r\n|1\r\n+t\r\n:1\r\n!5\r\nERR x\r\n";
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    redis::Parser parser;
    std::string_view first = bytes.substr(0, at);
    std::string_view second = bytes.substr(at);
    auto reply = parser.next(first);
    REQUIRE(reply);
    if (!*reply) reply = parser.next(second);
    REQUIRE(reply);
    REQUIRE(*reply);
    CHECK(support::render(**reply) == "['a\\x0d\\x0ab' {+k 1.500000} -ERR x]");
    CHECK(second.empty() == (at < bytes.size() || second.empty()));
  }
}

TEST_CASE("parser: aggregates nest as deep as is allowed and no deeper") {
  const auto nested = [](std::size_t depth) {
    std::string bytes;
    for (std::size_t i = 0; i < depth; ++i) bytes += "*1\r\n";
    return bytes + ":1\r\n";
  };
  CHECK(play_resp(nested(32), 4096).ends_with("1" + std::string(32, ']')));
  CHECK(play_resp(nested(33), 4096) == "error: protocol");
  CHECK(play_resp(nested(1'000'000), 4096) == "error: protocol");
}

TEST_CASE("parser: limits hold for lines, strings, and what many small elements take") {
  const redis::ParserLimits limits{.max_reply = 4096, .max_line = 100};
  CHECK(play_resp("+" + std::string(98, 'x') + "\r\n", 7, limits) == "+" + std::string(98, 'x'));
  CHECK(play_resp("+" + std::string(100, 'x') + "\r\n", 7, limits) == "error: too large");
  CHECK(play_resp("+" + std::string(1000, 'x'), 7, limits) == "error: too large");
  CHECK(play_resp("$4097\r\n", 7, limits) == "error: too large");
  CHECK(play_resp("*2\r\n$3000\r\n" + std::string(3000, 'x') + "\r\n$1200\r\n", 7, limits) == "error: too large");
  std::string nils = "*1000\r\n";
  for (int i = 0; i < 1000; ++i) nils += "_\r\n";
  CHECK(nils.size() < limits.max_reply);
  CHECK(play_resp(nils, 7, limits) == "error: too large");
  std::string attributes;
  for (int i = 0; i < 1000; ++i) attributes += "|1\r\n+a\r\n:1\r\n";
  CHECK(play_resp(attributes, 7, limits) == "error: too large");
  // The next reply has a budget of its own.
  const std::string one = "$2000\r\n" + std::string(2000, 'x') + "\r\n";
  CHECK(play_resp(one + one + one, 512, limits).find("error") == std::string::npos);
}

TEST_CASE("parser: what was announced takes no memory before it comes") {
  redis::Parser parser({.max_reply = std::size_t{1} << 60});
  std::string_view bytes = "*1000000000000\r\n$1000000000000000\r\nabc";
  CHECK(parser.next(bytes).value() == nullptr);
  CHECK(bytes.empty());
}

TEST_CASE("parser: after an error it says the same again") {
  redis::Parser parser;
  std::string_view bad = "?\r\n";
  CHECK(parser.next(bad).error().message() == "no type of RESP: \"?\"");
  std::string_view good = "+OK\r\n";
  CHECK(parser.next(good).error().kind() == redis::ErrorKind::Protocol);
}
