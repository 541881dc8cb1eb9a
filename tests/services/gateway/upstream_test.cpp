// Which peer is asked, and which are left alone.
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/test/run.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "peers.h"
#include "upstream.h"

using namespace rondeau;
using namespace std::chrono_literals;
using gateway::Balance;
using gateway::Peer;
using gateway::Upstream;
using gateway::UpstreamSettings;
using support::Peers;

namespace {

UpstreamSettings three(Balance balance) {
  UpstreamSettings settings;
  settings.peers = {"http://peers/one", "http://peers/two", "http://peers/three"};
  settings.balance = balance;
  settings.health.reset();
  return settings;
}

std::string name_of(const Peer* peer) {
  return peer == nullptr ? "none" : peer->url.substr(peer->url.rfind('/') + 1);
}

}  // namespace

TEST_CASE("gateway: round_robin goes around, and leaves out who is out") {
  test::run([]() -> Task<void> {
    const Upstream upstream("u", three(Balance::round_robin), Peers().client(), nullptr);
    std::map<std::string, int> counts;
    for (int i = 0; i < 300; ++i) ++counts[name_of(upstream.choose({}, ""))];
    CHECK(counts == std::map<std::string, int>{{"one", 100}, {"three", 100}, {"two", 100}});
    upstream.peers()[1].state->set_healthy(false);
    counts.clear();
    for (int i = 0; i < 300; ++i) ++counts[name_of(upstream.choose({}, ""))];
    CHECK(counts == std::map<std::string, int>{{"one", 150}, {"three", 150}});
    co_return;
  });
}

TEST_CASE("gateway: nobody who was tried is chosen again, and with all out all are used") {
  test::run([]() -> Task<void> {
    const Upstream upstream("u", three(Balance::round_robin), Peers().client(), nullptr);
    for (const Peer& peer : upstream.peers()) peer.state->set_healthy(false);
    std::vector<const Peer*> tried;
    for (int i = 0; i < 3; ++i) {
      const Peer* next = upstream.choose(tried, "");
      REQUIRE(next != nullptr);
      tried.push_back(next);
    }
    CHECK(upstream.choose(tried, "") == nullptr);
    co_return;
  });
}

TEST_CASE("gateway: least_request prefers who has less to do") {
  test::run([]() -> Task<void> {
    const Upstream upstream("u", three(Balance::least_request), Peers().client(), nullptr);
    upstream.peers()[0].state->under_way = 10;
    upstream.peers()[1].state->under_way = 10;
    std::map<std::string, int> counts;
    for (int i = 0; i < 3000; ++i) ++counts[name_of(upstream.choose({}, ""))];
    CHECK(counts["three"] > 1800);  // two of three draws have it among them
    CHECK(counts["one"] > 300);
    CHECK(counts["two"] > 300);
    co_return;
  });
}

TEST_CASE("gateway: a key stays with its peer, and only the keys of a peer that goes move") {
  test::run([]() -> Task<void> {
    const Upstream upstream("u", three(Balance::hash), Peers().client(), nullptr);
    std::map<std::string, std::string> home;
    std::map<std::string, int> counts;
    for (int i = 0; i < 3000; ++i) {
      const std::string key = "user-" + std::to_string(i);
      home[key] = name_of(upstream.choose({}, key));
      ++counts[home[key]];
    }
    for (const char* name : {"one", "two", "three"}) CHECK(counts[name] > 700);
    upstream.peers()[1].state->set_healthy(false);
    for (const auto& [key, before] : home) {
      const std::string now = name_of(upstream.choose({}, key));
      if (before == "two") {
        CHECK(now != "two");
      } else {
        CHECK(now == before);
      }
    }
    co_return;
  });
}

TEST_CASE("gateway: failures in a row eject a peer for longer each time, and half of them at most") {
  test::run([]() -> Task<void> {
    UpstreamSettings settings = three(Balance::round_robin);
    settings.peers.push_back("http://peers/four");
    const Upstream upstream("u", settings, Peers().client(), nullptr);
    const auto fail = [&](std::size_t at, int times) {
      for (int i = 0; i < times; ++i) upstream.tell(upstream.peers()[at], false);
    };
    const auto out = [&](std::size_t at) { return upstream.peers()[at].state->is_out(); };
    fail(0, 4);
    upstream.tell(upstream.peers()[0], true);
    fail(0, 4);
    CHECK_FALSE(out(0));
    fail(0, 1);
    CHECK(out(0));
    fail(1, 5);
    CHECK(out(1));
    fail(2, 50);
    CHECK_FALSE(out(2));  // it would be more than half
    co_await sleep_for(29s);
    CHECK(out(0));
    co_await sleep_for(1s);
    CHECK_FALSE(out(0));
    fail(0, 5);
    co_await sleep_for(59s);
    CHECK(out(0));
    co_await sleep_for(1s);
    CHECK_FALSE(out(0));
  }, {.start_paused = true});
}

TEST_CASE("gateway: health checks take a peer out and in again, and one that is down at first is known at once") {
  test::run([]() -> Task<void> {
    Peers peers;
    bool up = false;
    peers["one"] = [&up](Request request) -> Task<Result<Response>> {
      CHECK(request.path() == "/one/ready");
      co_return Response(up ? StatusCode::Ok : StatusCode::ServiceUnavailable);
    };
    peers["two"] = [](Request) -> Task<Result<Response>> {
      co_await sleep_for(10s);
      co_return Response(StatusCode::Ok);
    };
    UpstreamSettings settings;
    settings.peers = {"http://peers/one/", "http://peers/two"};
    settings.health = gateway::HealthSettings{.path = "/ready"};
    Upstream upstream("u", settings, peers.client(), nullptr);
    upstream.watch_health();
    co_await sleep_for(2s);
    CHECK(upstream.peers()[0].state->is_out());
    CHECK(upstream.peers()[1].state->is_out());  // 1 s is its time
    up = true;
    co_await sleep_for(15s);
    CHECK_FALSE(upstream.peers()[0].state->is_out());
    up = false;
    co_await sleep_for(4s);
    CHECK_FALSE(upstream.peers()[0].state->is_out());  // one failure is none
    co_await sleep_for(9s);
    CHECK(upstream.peers()[0].state->is_out());
  }, {.start_paused = true});
}

TEST_CASE("gateway: what is known of a peer stays with a new file that names it") {
  test::run([]() -> Task<void> {
    const Upstream before("u", three(Balance::round_robin), Peers().client(), nullptr);
    before.peers()[1].state->set_healthy(false);
    UpstreamSettings settings = three(Balance::hash);
    settings.peers = {"http://peers/two", "http://peers/four"};
    settings.health = gateway::HealthSettings{};
    const Upstream after("u", settings, Peers().client(), &before);
    CHECK(after.peers()[0].state->is_out());
    CHECK_FALSE(after.peers()[1].state->is_out());
    settings.health.reset();
    const Upstream unchecked("u", settings, Peers().client(), &before);
    CHECK_FALSE(unchecked.peers()[0].state->is_out());
    co_return;
  });
}
