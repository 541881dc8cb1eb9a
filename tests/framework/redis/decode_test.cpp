#include <rondeau/redis/decode.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "redis/parser.h"

using namespace rondeau;

namespace {

enum class Colour { red, green };

struct Account {
  std::string name;
  int age = 18;
  std::optional<double> score;
  Colour colour = Colour::red;
};
struct Strict {
  std::string name;
  int number;
};

redis::Value value(std::string_view bytes) {
  redis::Parser parser;
  return *parser.next(bytes).value();
}

template <class T>
T good(std::string_view bytes) {
  auto decoded = redis::decode<T>(value(bytes));
  if (!decoded) FAIL(decoded.error().message());
  return *std::move(decoded);
}

template <class T>
std::string bad(std::string_view bytes) {
  const auto decoded = redis::decode<T>(value(bytes));
  if (decoded) return "it was taken";
  CHECK(decoded.error() == redis::ErrorKind::TypeMismatch);
  CHECK(decoded.error().phase() == redis::Phase::Decode);
  CHECK(decoded.error().sent() == redis::Sent::Yes);
  return decoded.error().message();
}

}  // namespace

TEST_CASE("decode: numbers come from numbers and from text, within their range") {
  CHECK(good<std::int64_t>(":-5\r\n") == -5);
  CHECK(good<int>("$2\r\n42\r\n") == 42);
  CHECK(good<std::uint64_t>("$20\r\n18446744073709551615\r\n") == 18446744073709551615u);
  CHECK(good<double>(",0.5\r\n") == 0.5);
  CHECK(good<double>("$3\r\n1.5\r\n") == 1.5);
  CHECK(good<double>(":3\r\n") == 3.0);
  CHECK(bad<std::int8_t>(":128\r\n") == "an integer that the type does not hold");
  CHECK(bad<std::uint32_t>(":-1\r\n") == "an integer where an integer of zero or more is expected");
  CHECK(bad<int>("$3\r\n4 2\r\n") == "a bulk string where an integer is expected");
  CHECK(bad<int>("$0\r\n\r\n") == "a bulk string where an integer is expected");
  CHECK(bad<int>("_\r\n") == "nil where an integer is expected");
  CHECK(bad<int>("*0\r\n") == "an array where an integer is expected");
  CHECK(bad<double>("$3\r\nabc\r\n") == "a bulk string where a number is expected");
}

TEST_CASE("decode: bool is what commands say of what they did") {
  CHECK(good<bool>("#t\r\n"));
  CHECK_FALSE(good<bool>(":0\r\n"));
  CHECK(good<bool>("+OK\r\n"));
  CHECK_FALSE(good<bool>("_\r\n"));
  CHECK(good<bool>("$1\r\n1\r\n"));
  CHECK(bad<bool>(":2\r\n") == "an integer where a boolean is expected");
  CHECK(bad<bool>("$4\r\ntrue\r\n") == "a bulk string where a boolean is expected");
}

TEST_CASE("decode: text, bytes and enumerators") {
  CHECK(good<std::string>("$3\r\na\r\n\r\n") == "a\r\n");
  CHECK(good<std::string>("=7\r\ntxt:abc\r\n") == "abc");
  CHECK(good<Bytes>("$2\r\nhi\r\n").view() == "hi");
  CHECK(good<std::vector<std::byte>>("$1\r\nA\r\n") == std::vector{std::byte{'A'}});
  CHECK(good<Colour>("$5\r\ngreen\r\n") == Colour::green);
  CHECK(bad<Colour>("$4\r\nblue\r\n") == "text that names no enumerator");
  CHECK(bad<std::string>(":1\r\n") == "an integer where text is expected");
  CHECK(bad<std::string>("_\r\n") == "nil where text is expected");
}

TEST_CASE("decode: nil is an empty optional, and nothing else") {
  CHECK(good<std::optional<std::string>>("_\r\n") == std::nullopt);
  CHECK(good<std::optional<std::string>>("$-1\r\n") == std::nullopt);
  CHECK(good<std::optional<std::string>>("$0\r\n\r\n") == "");
  CHECK(bad<void>("_\r\n") == "nil where a reply is expected");
  CHECK(redis::decode<void>(value("+OK\r\n")));
  CHECK(redis::decode<void>(value(":1\r\n")));
}

TEST_CASE("decode: containers, with pairs flat or nested") {
  CHECK(good<std::vector<int>>("*2\r\n:1\r\n$1\r\n2\r\n") == std::vector{1, 2});
  CHECK(good<std::set<std::string>>("~2\r\n+a\r\n+b\r\n") == std::set<std::string>{"a", "b"});
  CHECK(good<std::array<int, 2>>("*2\r\n:1\r\n:2\r\n") == std::array{1, 2});
  CHECK(good<std::tuple<int, std::string>>("*2\r\n:1\r\n+a\r\n") == std::tuple(1, std::string("a")));
  using Scores = std::vector<std::pair<std::string, double>>;
  const Scores scores{{"a", 1.0}, {"b", 2.5}};
  CHECK(good<Scores>("*4\r\n+a\r\n$1\r\n1\r\n+b\r\n$3\r\n2.5\r\n") == scores);
  CHECK(good<Scores>("*2\r\n*2\r\n+a\r\n,1\r\n*2\r\n+b\r\n,2.5\r\n") == scores);
  CHECK(good<Scores>("%2\r\n+a\r\n,1\r\n+b\r\n,2.5\r\n") == scores);
  CHECK(good<std::map<std::string, int>>("%1\r\n+a\r\n:1\r\n") == std::map<std::string, int>{{"a", 1}});
  CHECK(good<std::unordered_map<std::string, int>>("*2\r\n+a\r\n:1\r\n").at("a") == 1);
  CHECK(bad<std::vector<int>>("*2\r\n:1\r\n+x\r\n") == "element 1: a simple string where an integer is expected");
  CHECK(bad<std::map<std::string, int>>("*1\r\n+a\r\n") == "a key without a value where a map is expected");
  CHECK(bad<Scores>("*3\r\n+a\r\n,1\r\n+b\r\n") == "element 1: 1 elements where 2 are expected");
  CHECK(bad<std::array<int, 2>>("*3\r\n:1\r\n:2\r\n:3\r\n") == "3 elements where 2 are expected");
  CHECK(bad<std::vector<int>>(":1\r\n") == "an integer where an array is expected");
}

TEST_CASE("decode: an aggregate is filled by the names of its members") {
  const auto account = good<Account>("%3\r\n$4\r\nname\r\n$3\r\nAda\r\n$3\r\nage\r\n$2\r\n36\r\n$4\r\nmore\r\n:1\r\n");
  CHECK(account.name == "Ada");
  CHECK(account.age == 36);
  CHECK(account.score == std::nullopt);
  CHECK(account.colour == Colour::red);
  CHECK(good<Account>("*4\r\n+name\r\n+Bo\r\n+colour\r\n+green\r\n").colour == Colour::green);
  CHECK(bad<Account>("%2\r\n+name\r\n+Ada\r\n+age\r\n+old\r\n") == "age: a simple string where an integer is expected");
  CHECK(bad<Strict>("%1\r\n+name\r\n+Ada\r\n") == "number: missing");
  CHECK(bad<Strict>("%0\r\n").ends_with(": missing"));
  CHECK(bad<std::vector<Account>>("*1\r\n:1\r\n") == "element 0: an integer where a map is expected");
}

TEST_CASE("decode: the first alternative that fits") {
  using Either = std::variant<std::int64_t, std::vector<std::string>, std::string>;
  CHECK(std::get<std::int64_t>(good<Either>(":7\r\n")) == 7);
  CHECK(std::get<std::string>(good<Either>("+x\r\n")) == "x");
  CHECK(std::get<1>(good<Either>("*1\r\n+x\r\n")).size() == 1);
  CHECK(bad<Either>("_\r\n") == "nil where one of the alternatives is expected");
}

TEST_CASE("decode: an error reply is an error of the server, also within an aggregate") {
  const auto refused = redis::decode<int>(value("-WRONGTYPE Operation against a key\r\n"));
  CHECK(refused.error() == redis::ErrorKind::Server);
  CHECK(refused.error().code() == "WRONGTYPE");
  CHECK(refused.error().retry() == redis::Retry::Never);
  CHECK(redis::decode<std::vector<int>>(value("*1\r\n-ERR x\r\n")).error() == redis::ErrorKind::Server);
  const auto each = good<std::vector<redis::Result<int>>>("*2\r\n:1\r\n-OOM full\r\n");
  CHECK(each[0].value() == 1);
  CHECK(each[1].error().code() == "OOM");
  CHECK(good<redis::Value>("-ERR x\r\n").is_error());
}

TEST_CASE("error: what may help is told by the server's word") {
  const auto of = [](std::string_view reply) { return redis::Error::from_server(reply); };
  CHECK(of("LOADING Redis is loading").retry() == redis::Retry::Backoff);
  CHECK(of("BUSY a script runs").retry() == redis::Retry::Backoff);
  CHECK(of("READONLY You can't write").retry() == redis::Retry::Reconnect);
  CHECK(of("OOM command not allowed").retry() == redis::Retry::Never);
  CHECK(of("NOAUTH Authentication required.").retry() == redis::Retry::Never);
  CHECK(of("NOAUTH Authentication required.") == redis::ErrorKind::Auth);
  CHECK(of("MASTERDOWN Link with MASTER is down").retry() == redis::Retry::Backoff);
  CHECK(of("EXECABORT Transaction discarded") == redis::ErrorKind::ExecAborted);
  CHECK(of("no code here").code() == "");
  CHECK(of("ERR").code() == "ERR");
  CHECK(of("WRONGTYPE x").with("GET").message() == "GET: WRONGTYPE x");
  CHECK(of("WRONGTYPE x").with("GET").code() == "WRONGTYPE");
}
