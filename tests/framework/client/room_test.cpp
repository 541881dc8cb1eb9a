// How many connections a client has to all origins together.
#include <doctest/doctest.h>

#include <rondeau/task/join_set.h>

#include "scripted_peer.h"

using namespace peers;

namespace {

constexpr int kHosts = 8;

/// Eight servers that answer each request with "ok" after a while; how many connections they had, at most at once.
Task<void> serve_slowly(Duration pause) {
  rondeau::net::TcpListener listener = rondeau::net::TcpListener::bind("0.0.0.0:80").value();
  for (;;) {
    auto stream = co_await listener.accept();
    if (!stream) continue;
    Script script;
    for (int i = 0; i < 20; ++i) {
      script.push_back(receive());
      script.push_back(wait(pause));
      script.push_back(send(ok("ok")));
    }
    script.push_back(stay());
    rondeau::spawn(play(*std::move(stream), script, std::make_shared<Seen>())).detach();
  }
}

std::string host(int number) {
  return "host" + std::to_string(number);
}

Task<std::string> ask(client::Client asks, int number) {
  co_return co_await outcome_of(asks.get("http://" + host(number) + "/"));
}

void play_many(client::ClientOptions options, Duration pause, std::function<Task<void>(client::Client)> program) {
  options.tls.emplace().danger_accept_invalid_certificates = true;
  sim::Options world_options;
  world_options.subset_of_faults = false;
  sim::Runtime world(1, world_options);
  for (int i = 0; i < kHosts; ++i) world.host(host(i), [pause] { return serve_slowly(pause); });
  world.block_on([&]() -> Task<void> { co_await program(client::Client::build(options).value()); });
}

struct Sum {
  std::size_t open = 0;
  std::size_t idle = 0;
  std::uint64_t created = 0;
};
Sum sum_of(const client::Client& asks) {
  Sum sum;
  for (const client::OriginStats& origin : asks.stats().origins) {
    sum.open += origin.pool.open;
    sum.idle += origin.pool.idle;
    sum.created += origin.pool.created;
  }
  return sum;
}

}  // namespace

TEST_CASE("client: idle connections of others are closed where there is no room for a new one") {
  client::ClientOptions options;
  options.connections.in_all = 3;
  play_many(options, 1ms, [](client::Client asks) -> Task<void> {
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < kHosts; ++i) CHECK(co_await ask(asks, i) == "200 ok");
      CHECK(sum_of(asks).open == 3);
    }
    // Those that were asked last are still there.
    const std::uint64_t created = sum_of(asks).created;
    CHECK(co_await ask(asks, kHosts - 1) == "200 ok");
    CHECK(sum_of(asks).created == created);
  });
}

TEST_CASE("client: where all connections are in use requests to other origins wait for one") {
  client::ClientOptions options;
  options.connections.in_all = 3;
  play_many(options, 200ms, [](client::Client asks) -> Task<void> {
    rondeau::JoinSet<std::string> all;
    for (int i = 0; i < 40; ++i) all.spawn(ask(asks, i % kHosts));
    std::size_t most = 0;
    while (auto one = co_await all.join_next()) {
      CHECK(one->value() == "200 ok");
      most = std::max(most, sum_of(asks).open);
    }
    CHECK(most == 3);
  });
}

TEST_CASE("client: who waits in vain for room learns why") {
  client::ClientOptions options;
  options.connections.in_all = 1;
  options.timeouts.pool = 1s;
  play_many(options, 20s, [](client::Client asks) -> Task<void> {
    auto first = rondeau::spawn(ask(asks, 0));
    co_await rondeau::sleep_for(100ms);
    const auto second = co_await asks.get("http://host1/").send();
    CHECK(second.error().kind() == client::ErrorKind::PoolTimeout);
    CHECK(second.error().sent() == client::Sent::No);
    CHECK_MESSAGE(second.error().message().find("all 1 are in use") != std::string::npos, second.error().message());
    CHECK((co_await first).value() == "200 ok");
    CHECK(co_await ask(asks, 1) == "200 ok");
  });
}

TEST_CASE("client: no more connections lie idle than are to") {
  client::ClientOptions options;
  options.connections.idle_in_all = 2;
  play_many(options, 10ms, [](client::Client asks) -> Task<void> {
    rondeau::JoinSet<std::string> all;
    for (int i = 0; i < 32; ++i) all.spawn(ask(asks, i % kHosts));
    while (auto one = co_await all.join_next()) CHECK(one->value() == "200 ok");
    CHECK(sum_of(asks).idle == 2);
    CHECK(co_await ask(asks, 0) == "200 ok");
    CHECK(sum_of(asks).idle == 2);
  });
}
