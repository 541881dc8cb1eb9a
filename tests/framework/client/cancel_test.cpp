// Requests that are given up anywhere: nothing is left behind, and the next one works.
#include <doctest/doctest.h>

#include <string>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/test/run.h>

#include "scripted_peer.h"

using namespace peers;
namespace net = rondeau::net;
namespace test = rondeau::test;

namespace {

/// A request with a body, an answer in pieces, and a redirection before it.
Task<std::string> whole_call(std::uint16_t port) {
  client::Client asks = client::Client::build().value();
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
  co_return co_await outcome_of(asks.post(url).body(std::string(100'000, 'x')).idempotent());
}

Task<void> serve_calls(net::TcpListener listener) {
  const auto seen = std::make_shared<Seen>();
  const Script script{receive(),
                      send("HTTP/1.1 307 x\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"),
                      receive(),
                      send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
                      wait(1ms),
                      send("lo\r\n0\r\n\r\n"),
                      stay()};
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) rondeau::spawn(play(*std::move(stream), script, seen)).detach();
  }
}

}  // namespace

TEST_CASE("client: a call that is given up at any of its suspensions leaves nothing behind") {
  test::run([]() -> Task<void> {
    net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
    const std::uint16_t port = listener.local_addr().value().port();
    auto server = rondeau::spawn(serve_calls(std::move(listener)));
    const auto report = co_await test::CancelEverywhere{
        [port] { return whole_call(port); },
        [](std::optional<std::string> outcome) { return !outcome || *outcome == "200 hello"; }}.run();
    CHECK(report.suspensions > 3);
    CHECK(report.problems.empty());
    server.abort();
    static_cast<void>(co_await server);
  });
}

TEST_CASE("client: calls that are given up at random leave a pool that works") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    sim::Runtime world(seed);
    const auto seen = std::make_shared<Seen>();
    Script script;
    for (int i = 0; i < 50; ++i) {
      script.push_back(receive());
      script.push_back(send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"));
      script.push_back(send("llo"));
    }
    script.push_back(stay());
    world.host("server", [&] { return serve({script}, seen); });
    const std::string last = world.block_on([&]() -> Task<std::string> {
      client::ClientOptions options;
      options.connections.per_origin = 2;
      client::Client asks = client::Client::build(options).value();
      for (int i = 0; i < 20; ++i) {
        auto first = rondeau::spawn(get(asks));
        auto second = rondeau::spawn(get(asks));
        auto third = rondeau::spawn(get(asks));
        co_await rondeau::sleep_for(std::chrono::microseconds(world.below(12'000)));
        first.abort();
        if (world.chance(0.5)) second.abort();
        static_cast<void>(co_await first);
        static_cast<void>(co_await second);
        const auto whole = co_await third;
        CHECK(whole.has_value());
        if (whole) CHECK(*whole == "200 hello");
      }
      co_return co_await get(asks);
    });
    CHECK(last == "200 hello");
  }
}
