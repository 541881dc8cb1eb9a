#include <rondeau/redis/command.h>

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace rondeau;

TEST_CASE("command: arguments are bulk strings, whatever they hold") {
  CHECK(redis::command<std::string>("GET", "a\r\nb").take().bytes.view() == "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n");
  CHECK(redis::command<void>("PING").take().bytes.view() == "*1\r\n$4\r\nPING\r\n");
  CHECK(redis::command<std::string>("ECHO", std::string_view("\0x", 2)).take().bytes.view() ==
        std::string("*2\r\n$4\r\nECHO\r\n$2\r\n\0x\r\n", 22));
  CHECK(redis::command<std::string>("CONFIG GET", "x").take().bytes.view() == "*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\nx\r\n");
}

TEST_CASE("command: numbers are written so that they read back the same") {
  CHECK(redis::command<void>("SET", "k", std::numeric_limits<std::int64_t>::min()).take().bytes.view().ends_with(
      "$20\r\n-9223372036854775808\r\n"));
  CHECK(redis::command<void>("SET", "k", 0.1).take().bytes.view().ends_with("$3\r\n0.1\r\n"));
  CHECK(redis::command<void>("SET", "k", std::numeric_limits<double>::infinity()).take().bytes.view().ends_with("$3\r\ninf\r\n"));
}

TEST_CASE("command: lists, maps and optionals are as many arguments as they hold") {
  const std::vector<std::string> keys{"a", "b"};
  CHECK(redis::command<void>("MGET", keys).take().bytes.view() == "*3\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n");
  const std::map<std::string, int> fields{{"x", 1}, {"y", 2}};
  CHECK(redis::command<void>("HSET", "k", fields).take().bytes.view().starts_with("*6\r\n"));
  CHECK(redis::command<void>("SET", "k", "v", std::optional<std::string>()).take().bytes.view().starts_with("*3\r\n"));
  CHECK(redis::command<void>("SET", "k", std::vector{std::byte{1}}).take().bytes.view().ends_with("$1\r\n\x01\r\n"));
  CHECK(redis::command<void>("DEL", std::vector<std::string>()).take().bytes.view() == "*1\r\n$3\r\nDEL\r\n");
}

TEST_CASE("command: what may be sent twice is known by its word, or said") {
  CHECK(redis::command<std::string>("get", "k").take().repeatable);
  CHECK(redis::command<void>("Config Get", "k").take().repeatable);
  CHECK_FALSE(redis::command<void>("SET", "k", 1).take().repeatable);
  CHECK_FALSE(redis::command<void>("GETDEL", "k").take().repeatable);
  CHECK_FALSE(redis::command<void>("SORT", "k").take().repeatable);
  CHECK_FALSE(redis::command<void>("GETEX", "k").take().repeatable);
  CHECK(redis::command<void>("SET", "k", 1).idempotent().take().repeatable);
}

TEST_CASE("command: arguments that would hold up or change a shared connection are refused") {
  const auto refused = [](auto command) {
    auto request = std::move(command).take();
    return request.refused ? request.refused->message() : std::string("fine");
  };
  CHECK(refused(redis::command<redis::Value>("XREAD", "COUNT", 1, "block", 0, "STREAMS", "s", "$")) ==
        "XREAD: BLOCK would hold up the shared connection; take an Exclusive");
  CHECK(refused(redis::command<redis::Value>("XREADGROUP", "GROUP", "g", "c", "BLOCK", 5, "STREAMS", "s", ">")) !=
        "fine");
  CHECK(refused(redis::command<redis::Value>("XREADGROUP", "GROUP", "block", "block", "STREAMS", "s", ">")) == "fine");
  CHECK(refused(redis::command<redis::Value>("XREAD", "STREAMS", "BLOCK", "$")) == "fine");
  CHECK(refused(redis::command<void>("CLIENT", "reply", "OFF")) ==
        "CLIENT: this subcommand would change the connection");
  CHECK(refused(redis::command<void>("CLIENT", "TRACKING", "ON")) != "fine");
  CHECK(refused(redis::command<void>("SCRIPT", "DEBUG", "YES")) != "fine");
  CHECK(refused(redis::command<std::string>("CLIENT", "GETNAME")) == "fine");
  CHECK(refused(redis::command<void>("CLIENT")) == "fine");
}
