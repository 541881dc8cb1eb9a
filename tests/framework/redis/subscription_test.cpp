#include <rondeau/redis/subscription.h>

#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "peer.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Peer;
using support::PeerConnection;
using support::kPaused;
using support::wire;

namespace {

/// A client whose own connection is there, so that the next one is a subscription's.
Task<std::pair<redis::Client, PeerConnection>> client_of(Peer& peer) {
  redis::Client client = redis::Client::open(peer.options()).value();
  PeerConnection own = co_await peer.greet();
  co_return std::pair(std::move(client), std::move(own));
}

std::string confirmation(std::string_view word, std::string_view topic) {
  return ">3\r\n$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n$" + std::to_string(topic.size()) +
         "\r\n" + std::string(topic) + "\r\n:1\r\n";
}

std::string message(std::string_view channel, std::string_view payload) {
  return ">3\r\n$7\r\nmessage\r\n+" + std::string(channel) + "\r\n+" + std::string(payload) + "\r\n";
}

std::string told(const std::optional<redis::Event>& event) {
  if (!event) return "the end";
  if (const auto* got = std::get_if<redis::Message>(&*event)) {
    return got->channel + (got->pattern.empty() ? "" : "(" + got->pattern + ")") + "=" + got->payload;
  }
  const auto& gap = std::get<redis::Gap>(*event);
  return std::string("gap") + (gap.reconnected ? " reconnected" : "") + (gap.dropped > 0 ? " " + std::to_string(gap.dropped) : "");
}

}  // namespace

TEST_CASE("subscription: it is open when all topics are confirmed, and gives messages in their order") {
  test::run([]() -> Task<void> {
    Peer peer;
    const auto [client, own] = co_await client_of(peer);
    auto opening = spawn(redis::Subscription::open(client, {.channels = {"a", "b"}, .patterns = {"x.*"}}));
    PeerConnection server = co_await peer.greet();
    co_await server.expect(wire("SUBSCRIBE a b") + wire("PSUBSCRIBE x.*"));
    co_await server.send(confirmation("subscribe", "a") + confirmation("subscribe", "b"));
    co_await time::sleep_for(1ms);
    CHECK_FALSE(opening.is_finished());
    co_await server.send(message("a", "early") + confirmation("psubscribe", "x.*"));
    auto opened = (co_await opening).value();
    REQUIRE(opened);
    redis::Subscription subscription = *std::move(opened);
    co_await server.send(message("b", "1") + ">4\r\n$8\r\npmessage\r\n+x.*\r\n+x.y\r\n$2\r\n\r\n\r\n");
    CHECK(told(co_await subscription.next()) == "a=early");
    CHECK(told(co_await subscription.next()) == "b=1");
    CHECK(told(co_await subscription.next()) == "x.y(x.*)=\r\n");
    CHECK_FALSE(subscription.trouble());
    auto waiting = co_await time::timeout(1s, subscription.next());
    CHECK_FALSE(waiting);  // cancelled: nothing is lost
    co_await server.send(message("a", "2"));
    CHECK(told(co_await subscription.next()) == "a=2");
  }, kPaused);
}

TEST_CASE("subscription: after a loss it subscribes again before it tells of the gap") {
  test::run([]() -> Task<void> {
    Peer peer;
    const auto [client, own] = co_await client_of(peer);
    auto opening = spawn(redis::Subscription::open(client, {.channels = {"a"}}));
    PeerConnection server = co_await peer.greet();
    co_await server.expect_command("SUBSCRIBE a");
    co_await server.send(confirmation("subscribe", "a") + message("a", "1"));
    redis::Subscription subscription = (co_await opening).value().value();
    server.close();
    PeerConnection again = co_await peer.greet();
    CHECK(subscription.trouble());
    CHECK(told(co_await subscription.next()) == "a=1");
    auto next = spawn(subscription.next());
    co_await again.expect_command("SUBSCRIBE a");
    co_await time::sleep_for(1ms);
    CHECK_FALSE(next.is_finished());
    co_await again.send(confirmation("subscribe", "a") + message("a", "2"));
    CHECK(told((co_await next).value()) == "gap reconnected");
    CHECK(told(co_await subscription.next()) == "a=2");
  }, kPaused);
}

TEST_CASE("subscription: what finds no room is dropped, the oldest first, and counted") {
  test::run([]() -> Task<void> {
    Peer peer;
    const auto [client, own] = co_await client_of(peer);
    auto opening = spawn(redis::Subscription::open(client, {.channels = {"a"}}));
    PeerConnection server = co_await peer.greet();
    co_await server.expect_command("SUBSCRIBE a");
    co_await server.send(confirmation("subscribe", "a"));
    redis::Subscription subscription = (co_await opening).value().value();
    for (int i = 0; i < 1030; ++i) co_await server.send(message("a", std::to_string(i)));
    co_await time::sleep_for(1ms);
    CHECK(told(co_await subscription.next()) == "gap 6");
    for (int i = 6; i < 1030; ++i) CHECK(told(co_await subscription.next()) == "a=" + std::to_string(i));
  }, kPaused);
}

TEST_CASE("subscription: topics come and go, and what remains is what is asked for again") {
  test::run([]() -> Task<void> {
    Peer peer;
    const auto [client, own] = co_await client_of(peer);
    auto opening = spawn(redis::Subscription::open(client, {.channels = {"a", "b"}}));
    PeerConnection server = co_await peer.greet();
    co_await server.expect_command("SUBSCRIBE a b");
    co_await server.send(confirmation("subscribe", "a") + confirmation("subscribe", "b"));
    redis::Subscription subscription = (co_await opening).value().value();
    subscription.add({.channels = {"a", "c"}, .shard_channels = {"s"}});
    co_await server.expect(wire("SUBSCRIBE c") + wire("SSUBSCRIBE s"));
    subscription.remove({.channels = {"b", "d"}});
    co_await server.expect_command("UNSUBSCRIBE b");
    co_await server.send(confirmation("subscribe", "c") + confirmation("unsubscribe", "b") +
                         ">3\r\n+smessage\r\n+s\r\n+1\r\n");
    CHECK(told(co_await subscription.next()) == "s=1");
    server.close();
    PeerConnection again = co_await peer.greet();
    co_await again.expect(wire("SUBSCRIBE a c") + wire("SSUBSCRIBE s"));
  }, kPaused);
}

TEST_CASE("subscription: a silent connection is pinged every 15 s and given up without an answer") {
  test::run([]() -> Task<void> {
    Peer peer;
    const auto [client, own] = co_await client_of(peer);
    auto opening = spawn(redis::Subscription::open(client, {.channels = {"a"}}));
    PeerConnection server = co_await peer.greet();
    co_await server.expect_command("SUBSCRIBE a");
    co_await server.send(confirmation("subscribe", "a"));
    redis::Subscription subscription = (co_await opening).value().value();
    const Instant begin = Instant::now();
    co_await server.expect_command("PING");
    CHECK(Instant::now() - begin == 15s);
    co_await server.send("+PONG\r\n");
    co_await server.expect_command("PING");
    co_await server.expect_end();
    CHECK(Instant::now() - begin == 32s);
  }, kPaused);
}

TEST_CASE("subscription: a server of RESP2 tells the same in arrays") {
  test::run([]() -> Task<void> {
    Peer peer;
    const auto [client, own] = co_await client_of(peer);
    auto opening = spawn(redis::Subscription::open(client, {.channels = {"a"}}));
    PeerConnection server = co_await peer.accept();
    co_await server.expect_command("HELLO 3");
    co_await server.send("-ERR unknown command 'HELLO'\r\n");
    co_await server.expect_command("SUBSCRIBE a");
    co_await server.send("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n1\r\n");
    redis::Subscription subscription = (co_await opening).value().value();
    CHECK(told(co_await subscription.next()) == "a=1");
    co_await server.expect_command("PING");
    co_await server.send("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    co_await server.expect_command("PING");
  }, kPaused);
}

TEST_CASE("subscription: what keeps it from being open is told in time") {
  test::run([]() -> Task<void> {
    Peer peer;
    const auto [client, own] = co_await client_of(peer);
    CHECK((co_await redis::Subscription::open(client, {})).error() == redis::ErrorKind::Config);
    auto opening = spawn(redis::Subscription::open(client, {.channels = {"a"}}));
    {
      PeerConnection server = co_await peer.greet();
      co_await server.expect_command("SUBSCRIBE a");
      co_await server.send("-NOPERM this user has no permissions to access one of the channels\r\n");
      co_await server.expect_end();
    }
    const Instant begin = Instant::now();
    const auto refused = (co_await opening).value();
    CHECK(Instant::now() == begin);
    CHECK(refused.error().code() == "NOPERM");
    peer.refuse(true);
    CHECK((co_await redis::Subscription::open(client, {.channels = {"a"}})).error() == redis::ErrorKind::Io);
    CHECK(Instant::now() - begin == 3s);
  }, kPaused);
}
