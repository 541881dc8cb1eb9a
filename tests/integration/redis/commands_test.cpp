// Commands and their types against a real server: over TCP, a Unix socket and TLS, in RESP3 and with an ACL.
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/redis/client.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>

#include "support/certificates.h"
#include "support/redis_server.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::RedisServer;

namespace {

struct User {
  std::string name;
  int age = 0;
  std::optional<double> score;
};

redis::Client open(std::string_view url) {
  auto options = redis::Options::from_url(url);
  if (!options) FAIL(options.error().message());
  // What a test does not say about time is not about time: a sanitizer on a busy machine may take long.
  if (options->command_timeout == redis::Options().command_timeout) options->command_timeout = 20s;
  return redis::Client::open(*std::move(options)).value();
}

}  // namespace

TEST_CASE("redis: replies of a real server become C++ types") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = open(server.url());
    const std::string binary("a\0\r\n\xff", 5);
    CHECK_OK(co_await client.command<void>("SET", binary, binary));
    CHECK_OK(co_await client.command<std::string>("GET", binary), binary);
    CHECK_OK(co_await client.command<std::optional<std::string>>("GET", "missing"), std::nullopt);
    CHECK_OK(co_await client.command<bool>("SET", "lock", "me", "NX", "PX", 60'000), true);
    CHECK_OK(co_await client.command<bool>("SET", "lock", "you", "NX", "PX", 60'000), false);
    CHECK_OK(co_await client.command<std::int64_t>("INCRBY", "n", -5), -5);
    CHECK_OK(co_await client.command<int>("GET", "n"), -5);
    CHECK_OK(co_await client.command<double>("INCRBYFLOAT", "f", 0.5), 0.5);
    CHECK_OK(co_await client.command<int>("HSET", "user", "name", "Ada", "age", 36, "score", 1.5), 3);
    const auto user = co_await client.command<User>("HGETALL", "user");
    REQUIRE(user);
    CHECK(user->name == "Ada");
    CHECK(user->age == 36);
    CHECK(user->score == 1.5);
    CHECK((co_await client.command<std::map<std::string, std::string>>("HGETALL", "user")).value().size() == 3);
    CHECK_OK(co_await client.command<int>("ZADD", "z", std::vector<std::pair<double, std::string>>{{1, "a"}, {2.5, "b"}}), 2);
    CHECK((co_await client.command<std::vector<std::pair<std::string, double>>>("ZRANGE", "z", 0, -1, "WITHSCORES"))
              .value() == std::vector<std::pair<std::string, double>>{{"a", 1}, {"b", 2.5}});
    CHECK_OK(co_await client.command<int>("SADD", "s", std::set<std::string>{"x", "y"}), 2);
    CHECK((co_await client.command<std::unordered_set<std::string>>("SMEMBERS", "s")).value().contains("y"));
    CHECK((co_await client.command<std::vector<std::optional<std::string>>>("MGET", "missing", "n")).value() ==
          std::vector<std::optional<std::string>>{std::nullopt, "-5"});
    CHECK((co_await client.command<std::map<std::string, std::string>>("CONFIG GET", "appendonly")).value().at(
              "appendonly") == "no");
    CHECK((co_await client.command<int>("GET", "user")).error().code() == "WRONGTYPE");
    CHECK((co_await client.command<int>("GET", "lock")).error() == redis::ErrorKind::TypeMismatch);
    const std::string large(3 * 1024 * 1024, 'x');
    CHECK_OK(co_await client.command<void>("SET", "large", large));
    CHECK((co_await client.command<std::string>("GET", "large")).value() == large);
  });
}

TEST_CASE("redis: Unix sockets, ACL users, names and databases") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client admin = open("unix:" + server.socket_path() + "?db=5");
    CHECK_OK(co_await admin.command<void>("SET", "in", "five"));
    CHECK_OK(co_await admin.command<void>("ACL SETUSER", "app", "on", ">p@ss/:", "~*", "+@all"));
    const std::string host = "127.0.0.1:" + std::to_string(server.port());
    const redis::Client app = open("redis://app:p%40ss%2F%3A@" + host + "/5?name=orders");
    CHECK_OK(co_await app.command<std::string>("ACL WHOAMI"), "app");
    CHECK_OK(co_await app.command<std::string>("CLIENT GETNAME"), "orders");
    CHECK_OK(co_await app.command<std::string>("GET", "in"), "five");
    const redis::Client stranger = open("redis://app:wrong@" + host);
    const auto refused = co_await stranger.command<std::string>("GET", "in");
    CHECK(refused.error() == redis::ErrorKind::Auth);
    CHECK(refused.error().message().find("wrong") == std::string::npos);
    const redis::Client nowhere = open("redis://" + host + "/9999?command_timeout_ms=100");
    CHECK((co_await nowhere.command<std::string>("GET", "in")).error().message().ends_with("ERR DB index is out of range"));
  });
}

TEST_CASE("redis: over TLS, with a certificate that is looked at") {
  support::Authority authority;
  const auto made = authority.issue({.dns = {"localhost"}});
  support::TemporaryDirectory keys;
  RedisServer server({.tls = support::RedisTls{.certificate = keys.put("cert.pem", made.certificate),
                                               .key = keys.put("key.pem", made.key)}});
  test::run([&]() -> Task<void> {
    redis::Options options = redis::Options::from_url(server.url()).value();
    options.tls->config = tls::ClientConfig::make({.ca = tls::Pem::text(authority.pem())}).value();
    options.command_timeout = 20s;  // a mebibyte under the thread sanitizer beside other programs
    const redis::Client client = redis::Client::open(options).value();
    const std::string large(1024 * 1024, 'x');
    CHECK_OK(co_await client.command<void>("SET", "large", large));
    CHECK((co_await client.command<std::string>("GET", "large")).value() == large);

    options.tls->server_name = "elsewhere.example";
    options.command_timeout = 2s;
    const redis::Client mistaken = redis::Client::open(options).value();
    const auto refused = co_await mistaken.command<std::string>("GET", "large");
    CHECK(refused.error() == redis::ErrorKind::Timeout);
    CHECK(refused.error().message().find("hostname mismatch") != std::string::npos);
  });
}

TEST_CASE("redis: transactions, scripts and scans of a real server") {
  RedisServer server;
  test::run([&]() -> Task<void> {
    const redis::Client client = open(server.url());
    const auto both = co_await client.multi(redis::command<int>("INCR", "a"), redis::command<int>("LLEN", "a"));
    REQUIRE(both);
    CHECK_OK(std::get<0>(*both), 1);
    CHECK(std::get<1>(*both).error().code() == "WRONGTYPE");
    const auto aborted = co_await client.multi(redis::command<int>("INCR", "a"), redis::command<int>("INCR"));
    CHECK(aborted.error() == redis::ErrorKind::ExecAborted);
    CHECK_OK(co_await client.command<int>("GET", "a"), 1);

    const redis::Script add("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    CHECK_OK(co_await client.eval<int>(add, {"a"}, 5), 6);
    CHECK_OK(co_await client.command<void>("SCRIPT FLUSH"));
    CHECK_OK(co_await client.eval<int>(add, {"a"}, 5), 11);
    CHECK_OK(co_await client.eval<int>(add, {"a"}, 5), 16);

    std::map<std::string, int> values;
    for (int i = 0; i < 1000; ++i) values["k:" + std::to_string(i)] = i;
    CHECK_OK(co_await client.command<void>("MSET", values));
    std::set<std::string> seen;
    auto keys = client.scan({.match = "k:*", .count = 50});
    while (auto key = co_await keys.next()) seen.insert(key->value());
    CHECK(seen.size() == 1000);
  });
}
