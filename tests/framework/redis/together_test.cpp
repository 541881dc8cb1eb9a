#include <rondeau/redis/client.h>

#include <chrono>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/test/check.h>
#include <rondeau/test/run.h>

#include "peer.h"

using namespace rondeau;
using namespace std::chrono_literals;
using redis::command;
using support::Peer;
using support::PeerConnection;
using support::kPaused;
using support::wire;

TEST_CASE("pipeline: each command has its result, an error among them is one of them") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(peer.options()).value();
    PeerConnection server = co_await peer.greet();
    auto asked = spawn(client.pipeline(command<std::string>("GET", "a"), command<int>("INCR", "b"), command<int>("GET", "c")));
    co_await server.expect(wire("GET a") + wire("INCR b") + wire("GET c"));
    co_await server.send("+A\r\n-WRONGTYPE no\r\n$1\r\nx\r\n");
    const auto [a, b, c] = (co_await asked).value();
    CHECK_OK(a, "A");
    CHECK(b.error().code() == "WRONGTYPE");
    CHECK(c.error() == redis::ErrorKind::TypeMismatch);
    auto one = spawn(client.pipeline(command<std::string>("GET", "a")));
    co_await server.expect_command("GET a");
    co_await server.send("+A\r\n");
    CHECK_OK(std::get<0>((co_await one).value()), "A");
  }, kPaused);
}

TEST_CASE("pipeline: lost in its middle it is repeated whole where all of it only reads, else each is told") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(peer.options()).value();
    auto reads = spawn(client.pipeline(command<std::string>("GET", "a"), command<std::string>("GET", "b")));
    auto writes = spawn(client.pipeline(command<std::string>("GET", "a"), command<int>("INCR", "b")));
    {
      PeerConnection server = co_await peer.greet();
      co_await server.expect(wire("GET a") + wire("GET b") + wire("GET a") + wire("INCR b"));
      co_await server.send("+A\r\n");
    }
    PeerConnection again = co_await peer.greet();
    co_await again.expect(wire("GET a") + wire("GET b"));
    co_await again.send("+A\r\n+B\r\n");
    const auto [a, b] = (co_await reads).value();
    CHECK_OK(a, "A");
    CHECK_OK(b, "B");
    const auto [c, d] = (co_await writes).value();
    CHECK(c.error() == redis::ErrorKind::MaybeExecuted);
    CHECK(d.error() == redis::ErrorKind::MaybeExecuted);
  }, kPaused);
}

TEST_CASE("pipeline: a command that is refused keeps the others from being sent") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(peer.options()).value();
    PeerConnection server = co_await peer.greet();
    const auto [a, b] = co_await client.pipeline(command<void>("SET", "a", 1),
                                                 command<redis::Value>("XREAD", "BLOCK", 0, "STREAMS", "s", "$"));
    CHECK(a.error() == redis::ErrorKind::Config);
    CHECK(b.error() == redis::ErrorKind::Config);
    CHECK(server.take_all().empty());
  }, kPaused);
}

TEST_CASE("multi: what EXEC says is told apart") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(peer.options()).value();
    PeerConnection server = co_await peer.greet();
    const std::string flight = wire("MULTI") + wire("INCR a") + wire("GET b") + wire("EXEC");
    const auto ask = [&] { return spawn(client.multi(command<int>("INCR", "a"), command<std::string>("GET", "b"))); };

    auto asked = ask();
    co_await server.expect(flight);
    co_await server.send("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n-WRONGTYPE no\r\n");
    const auto done = (co_await asked).value();
    REQUIRE(done);
    CHECK_OK(std::get<0>(*done), 1);
    CHECK(std::get<1>(*done).error().code() == "WRONGTYPE");

    asked = ask();
    co_await server.expect(flight);
    co_await server.send("+OK\r\n+QUEUED\r\n-ERR wrong number of arguments\r\n-EXECABORT Transaction discarded\r\n");
    const auto aborted = (co_await asked).value();
    CHECK(aborted.error() == redis::ErrorKind::ExecAborted);
    CHECK(aborted.error().message() == "MULTI: command 1: ERR wrong number of arguments; nothing ran");

    asked = ask();
    co_await server.expect(flight);
    co_await server.send("+OK\r\n+QUEUED\r\n+QUEUED\r\n_\r\n");
    CHECK((co_await asked).value().error() == redis::ErrorKind::WatchFailed);

    asked = ask();
    co_await server.expect(flight);
    co_await server.send("-LOADING wait\r\n-LOADING wait\r\n-LOADING wait\r\n-ERR EXEC without MULTI\r\n");
    const auto loading = (co_await asked).value();
    CHECK(loading.error().code() == "LOADING");
    CHECK(loading.error().retry() == redis::Retry::Backoff);

    auto single = spawn(client.multi(command<int>("INCR", "a")));
    co_await server.expect(wire("MULTI") + wire("INCR a") + wire("EXEC"));
    co_await server.send("+OK\r\n+QUEUED\r\n*1\r\n:2\r\n");
    CHECK_OK(std::get<0>((co_await single).value().value()), 2);

    asked = ask();
    co_await server.expect(flight);
    co_await server.send("+OK\r\n+QUEUED\r\n+QUEUED\r\n*1\r\n:1\r\n");
    CHECK((co_await asked).value().error() == redis::ErrorKind::TypeMismatch);
  }, kPaused);
}

TEST_CASE("script: its text goes only where the server does not know its digest") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(peer.options()).value();
    PeerConnection server = co_await peer.greet();
    const redis::Script script("return 1");
    CHECK(script.sha1() == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    auto asked = spawn(client.eval<int>(script, {"k"}, "x", 7));
    co_await server.expect_command("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 1 k x 7");
    co_await server.send("-NOSCRIPT No matching script.\r\n");
    co_await server.expect("*6\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\nx\r\n$1\r\n7\r\n");
    co_await server.send(":1\r\n");
    CHECK_OK((co_await asked).value(), 1);
    asked = spawn(client.eval<int>(script, {}));
    co_await server.expect_command("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0");
    co_await server.send("-ERR user_script:1: no\r\n");
    CHECK((co_await asked).value().error().code() == "ERR");
  }, kPaused);
}

TEST_CASE("scan: pages follow each other until the cursor is 0, or an error") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(peer.options()).value();
    PeerConnection server = co_await peer.greet();
    auto keys = client.scan({.match = "u:*", .count = 2, .type = "string"});
    auto served = spawn([](PeerConnection& to) -> Task<void> {
      co_await to.expect_command("SCAN 0 MATCH u:* COUNT 2 TYPE string");
      co_await to.send("*2\r\n$20\r\n18446744073709551615\r\n*2\r\n+u:1\r\n+u:2\r\n");
      co_await to.expect_command("SCAN 18446744073709551615 MATCH u:* COUNT 2 TYPE string");
      co_await to.send("*2\r\n$1\r\n5\r\n*0\r\n");
      co_await to.expect_command("SCAN 5 MATCH u:* COUNT 2 TYPE string");
      co_await to.send("-ERR no\r\n");
    }, std::ref(server));
    CHECK((co_await keys.next())->value() == "u:1");
    CHECK((co_await keys.next())->value() == "u:2");
    CHECK((co_await keys.next())->error().code() == "ERR");
    CHECK((co_await keys.next()) == std::nullopt);
    CHECK((co_await served).has_value());
  }, kPaused);
}

TEST_CASE("client: commands with one first argument go over one of several connections") {
  test::run([]() -> Task<void> {
    Peer peer;
    redis::Options options = peer.options();
    options.connections = 2;
    const redis::Client client = redis::Client::open(options).value();
    PeerConnection one = co_await peer.greet();
    PeerConnection two = co_await peer.greet();
    std::vector<JoinHandle<redis::Result<int>>> asked;
    for (int i = 0; i < 64; ++i) asked.push_back(spawn(client.run(command<int>("INCR", i % 8).timeout(10ms))));
    for (auto& each : asked) CHECK((co_await each).value().error() == redis::ErrorKind::Timeout);
    const std::string first = one.take_all();
    const std::string second = two.take_all();
    CHECK_FALSE(first.empty());
    CHECK_FALSE(second.empty());
    for (int i = 0; i < 8; ++i) {
      const std::string text = wire("INCR " + std::to_string(i));
      CHECK((first.find(text) == std::string::npos) != (second.find(text) == std::string::npos));
    }
  }, kPaused);
}
