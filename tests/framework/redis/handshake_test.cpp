#include <rondeau/redis/client.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "peer.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Peer;
using support::PeerConnection;
using support::kPaused;
using support::wire;

namespace {

redis::Options everything(Peer& peer) {
  redis::Options options = peer.options();
  options.username = "app";
  options.password = Secret<std::string>("secret");
  options.client_name = "orders";
  options.database = 3;
  return options;
}

}  // namespace

TEST_CASE("handshake: HELLO, credentials, name and database go in one flight") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(everything(peer)).value();
    PeerConnection server = co_await peer.accept();
    co_await server.expect(wire("HELLO 3 AUTH app secret SETNAME orders") + wire("SELECT 3"));
    co_await server.send(std::string(support::kGreeting) + "+OK\r\n");
    auto asked = spawn(client.command<void>("PING"));
    co_await server.expect_command("PING");
    co_await server.send("+PONG\r\n");
    CHECK_OK((co_await asked).value());
  }, kPaused);
}

TEST_CASE("handshake: a server that does not know HELLO is spoken to in RESP2") {
  test::run([]() -> Task<void> {
    for (const std::string_view answer : {"-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n",
                                          "-NOPROTO unsupported protocol version\r\n"}) {
      Peer peer;
      const redis::Client client = redis::Client::open(everything(peer)).value();
      PeerConnection server = co_await peer.accept();
      co_await server.expect(wire("HELLO 3 AUTH app secret SETNAME orders") + wire("SELECT 3"));
      co_await server.send(std::string(answer) + "-NOAUTH Authentication required.\r\n");
      co_await server.expect(wire("AUTH app secret") + wire("CLIENT SETNAME orders") + wire("SELECT 3"));
      co_await server.send("+OK\r\n+OK\r\n+OK\r\n");
      auto asked = spawn(client.command<std::vector<std::pair<std::string, int>>>("HGETALL", "h"));
      co_await server.expect_command("HGETALL h");
      co_await server.send("*2\r\n$1\r\na\r\n$1\r\n1\r\n");
      CHECK((co_await asked).value().value().at(0).second == 1);
    }
  }, kPaused);
}

TEST_CASE("handshake: without anything to say RESP2 begins at once") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(peer.options()).value();
    PeerConnection server = co_await peer.accept();
    co_await server.expect_command("HELLO 3");
    co_await server.send("-ERR unknown command 'HELLO'\r\n");
    auto asked = spawn(client.command<void>("PING"));
    co_await server.expect_command("PING");
    co_await server.send("+PONG\r\n");
    CHECK_OK((co_await asked).value());
  }, kPaused);
}

TEST_CASE("handshake: credentials that are refused are told to commands at once, and tried again later") {
  test::run([]() -> Task<void> {
    Peer peer;
    const redis::Client client = redis::Client::open(everything(peer)).value();
    auto asked = spawn(client.command<void>("PING"));
    {
      PeerConnection server = co_await peer.accept();
      co_await server.expect(wire("HELLO 3 AUTH app secret SETNAME orders") + wire("SELECT 3"));
      co_await server.send("-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH x\r\n");
      co_await server.expect_end();
    }
    const auto refused = (co_await asked).value();
    CHECK(refused.error() == redis::ErrorKind::Auth);
    CHECK(refused.error().retry() == redis::Retry::Never);
    CHECK(refused.error().message() ==
          "PING: not connected: redis 127.0.0.1:6379: HELLO: WRONGPASS invalid username-password pair or user is disabled.");
    CHECK((co_await client.command<void>("PING")).error() == redis::ErrorKind::Auth);
    PeerConnection server = co_await peer.accept();
    co_await server.expect(wire("HELLO 3 AUTH app secret SETNAME orders") + wire("SELECT 3"));
    co_await server.send(std::string(support::kGreeting) + "+OK\r\n");
    co_await time::sleep_for(1ms);
    auto again = spawn(client.command<void>("PING"));
    co_await server.expect_command("PING");
    co_await server.send("+PONG\r\n");
    CHECK_OK((co_await again).value());
  }, kPaused);
}

TEST_CASE("handshake: a database that is not there, and peers that are no server, are told in the error") {
  struct Case {
    std::string_view answer;
    std::string_view told;
  };
  constexpr Case kCases[] = {
      {"%1\r\n+proto\r\n:3\r\n-ERR DB index is out of range\r\n", "SELECT: ERR DB index is out of range"},
      {"-DENIED Redis is running in protected mode\r\n-DENIED x\r\n", "HELLO: DENIED Redis is running in protected mode"},
      {"HTTP/1.1 400 Bad Request\r\n", "no type of RESP: \"HTTP/1.1 400 Bad Request\""},
      {"+OK\r\n+OK\r\n", "HELLO: no map in reply"},
      {"\x15\x03\x01\r\n", "no type of RESP: \"\\x15\\x03\\x01\""},
  };
  test::run([kCases]() -> Task<void> {
    for (const Case& one : kCases) {
      CAPTURE(one.told);
      Peer peer;
      const redis::Client client = redis::Client::open(everything(peer)).value();
      auto asked = spawn(client.command<void>("PING"));
      {
        PeerConnection server = co_await peer.accept();
        co_await server.expect(wire("HELLO 3 AUTH app secret SETNAME orders") + wire("SELECT 3"));
        co_await server.send(std::string(one.answer));
        co_await server.expect_end();
      }
      const auto failed = (co_await asked).value();
      CHECK(failed.error() == redis::ErrorKind::Timeout);
      CHECK(failed.error().phase() == redis::Phase::Connect);
      CHECK(failed.error().message().find("secret") == std::string::npos);
      CHECK(failed.error().message().ends_with(one.told));
    }
  }, kPaused);
}

TEST_CASE("handshake: a peer that says nothing is given up after the time to connect") {
  test::run([]() -> Task<void> {
    Peer peer;
    redis::Options options = peer.options();
    const redis::Client client = redis::Client::open(options).value();
    const Instant begin = Instant::now();
    PeerConnection silent = co_await peer.accept();
    co_await silent.expect_command("HELLO 3");
    co_await silent.expect_end();
    CHECK(Instant::now() - begin == 2s);
    const auto late = co_await client.run(redis::command<void>("PING").timeout(10ms));
    CHECK(late.error().message().find("no answer to HELLO within 2000 ms") != std::string::npos);
  }, kPaused);
}
