#include <doctest/doctest.h>

#include <rondeau/task/join_set.h>

#include "scripted_peer.h"

using namespace peers;
using client::ErrorKind;

namespace {

/// What a client closed with a second to spare makes of a request that was under way.
struct Closed {
  std::string under_way;
  Duration took;
};

Task<Closed> close_while_asking(client::Client asks) {
  auto under_way = rondeau::spawn(get(asks));
  co_await rondeau::sleep_for(100ms);
  const Instant begun = Instant::now();
  co_await asks.close(1s);
  const Duration took = begun.elapsed();
  co_return Closed{(co_await under_way).value(), took};
}

}  // namespace

TEST_CASE("client: close waits for what is under way, and nothing comes after it") {
  const Played played = play({{receive(), wait(500ms), send(ok("late")), stay()}}, [](client::Client asks) -> Task<std::string> {
    const client::Client copy = asks;
    const Closed closed = co_await close_while_asking(asks);
    CHECK(closed.under_way == "200 late");
    CHECK(closed.took > 300ms);
    CHECK(closed.took < 1s);
    const auto refused = co_await copy.get("http://server/").send();
    CHECK(refused.error().kind() == ErrorKind::Closed);
    CHECK(refused.error().sent() == client::Sent::No);
    co_await copy.close(1s);
    CHECK(copy.stats().origins.empty());
    co_return "";
  });
  CHECK(played.seen.connections == 1);
}

TEST_CASE("client: close does not wait longer than it was told to") {
  play({{receive(), wait(5s), send(ok("late")), stay()}}, [](client::Client asks) -> Task<std::string> {
    const Closed closed = co_await close_while_asking(asks);
    CHECK(closed.under_way == "200 late");
    CHECK(closed.took >= 1s);
    CHECK(closed.took < 1100ms);
    co_return "";
  });
}

TEST_CASE("client: who waits for a connection when the client is closed learns of it") {
  client::ClientOptions options;
  options.connections.per_origin = 1;
  play({{receive(), wait(500ms), send(ok("late")), stay()}}, [](client::Client asks) -> Task<std::string> {
    auto first = rondeau::spawn(get(asks));
    co_await rondeau::sleep_for(100ms);
    auto second = rondeau::spawn(get(asks));
    co_await rondeau::sleep_for(100ms);
    co_await asks.close(1s);
    CHECK((co_await first).value() == "200 late");
    CHECK((co_await second).value().starts_with("closed sent=no"));
    co_return "";
  }, options);
}

TEST_CASE("client: a client without a network can be closed, too") {
  play({{stay()}}, [](client::Client) -> Task<std::string> {
    const auto asks = client::Client::mock([](http::Request) -> Task<Result<http::Response>> {
      co_return http::Response(http::StatusCode::Ok);
    });
    CHECK((co_await asks.get("http://server/").send()));
    co_await asks.close(1s);
    CHECK((co_await asks.get("http://server/").send()).error().kind() == ErrorKind::Closed);
    co_return "";
  });
}

TEST_CASE("client: stats tell of each origin") {
  play({{receive(), send(ok("one")), stay()}}, [](client::Client asks) -> Task<std::string> {
    CHECK(asks.stats().origins.empty());
    CHECK(co_await get(asks) == "200 one");
    const auto stats = asks.stats();
    REQUIRE(stats.origins.size() == 1);
    CHECK(stats.origins[0].origin == "http://server");
    CHECK(stats.origins[0].pool.idle == 1);
    CHECK(stats.origins[0].pool.created == 1);
    CHECK(stats.origins[0].http2_connections == 0);
    co_return "";
  });
}
