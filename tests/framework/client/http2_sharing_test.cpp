// Who shares a connection of HTTP/2, who waits, and when there is another one.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <rondeau/task/join_set.h>
#include <rondeau/tls/stream.h>

#include "http2_peer.h"
#include "support/certificates.h"

using namespace peers;
namespace net = rondeau::net;
namespace tls = rondeau::tls;

namespace {

/// A server that answers so many requests with "ok", the first after a pause.
Script serving(std::size_t requests, std::string_view entries, Duration pause = 10ms) {
  Script script{greet(entries)};
  for (std::size_t i = 0; i < requests; ++i) {
    script.push_back(receive());
    if (i == 0) script.push_back(wait(pause));
    script.push_back(send(answer(static_cast<std::int32_t>(2 * i + 1), "ok")));
  }
  script.push_back(stay());
  return script;
}

std::string streams(std::uint32_t most) {
  return h2::setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most);
}

/// So many requests, one `apart` from the next; how many were answered with "200 ok", and what became of the others.
Program at_once(std::size_t requests, Duration apart = {}) {
  return [requests, apart](client::Client asks) -> Task<std::string> {
    rondeau::JoinSet<std::string> all;
    for (std::size_t i = 0; i < requests; ++i) {
      all.spawn(get(asks));
      co_await rondeau::sleep_for(apart);
    }
    std::size_t good = 0;
    std::string others;
    while (auto one = co_await all.join_next()) {
      if (one->value() == "200 ok") {
        ++good;
      } else if (others.find(one->value()) == std::string::npos) {
        others += ", " + one->value();
      }
    }
    co_return std::to_string(good) + others;
  };
}

}  // namespace

TEST_CASE("client: two hundred requests share one connection of HTTP/2") {
  const PlayedHttp2 played = play2({serving(200, streams(250))}, at_once(200));
  CHECK(played.result == "200");
  CHECK(played.connections() == 1);
}

TEST_CASE("client: where all streams are taken requests wait in order, and up to four connections are opened") {
  const PlayedHttp2 few = play2({serving(100, streams(1'000))}, at_once(100));
  CHECK(few.connections() == 1);
  // Each takes two; who comes after four times two waits.
  Script slow{greet(streams(2))};
  for (int i = 0; i < 20; ++i) {
    slow.push_back(receive());
    slow.push_back(wait(1s));
    slow.push_back(send(answer(2 * i + 1, "ok")));
  }
  slow.push_back(stay());
  client::ClientOptions options = knowing();
  options.timeouts.pool = 30s;
  const PlayedHttp2 played = play2({slow}, at_once(20, 10ms), options);
  CHECK(played.result == "20");
  CHECK(played.connections() == 4);
}

TEST_CASE("client: requests that were sent before the server said how many it takes go again") {
  const auto refusing = [](std::size_t requests) {
    // It takes two at a time, and refuses the others, of which each has been sent too early.
    Script script(5, receive());
    script.push_back(greet(streams(2)));
    for (std::int32_t id : {5, 7, 9}) script.push_back(send(rst(id, NGHTTP2_REFUSED_STREAM)));
    for (std::int32_t id : {1, 3}) script.push_back(send(answer(id, "ok")));
    for (std::size_t i = 5; i < requests + 3; ++i) {
      script.push_back(receive());
      script.push_back(send(answer(static_cast<std::int32_t>(2 * i + 1), "ok")));
    }
    script.push_back(stay());
    return script;
  };
  client::ClientOptions options = knowing();
  options.connections.http2_per_origin = 1;
  const PlayedHttp2 played = play2({refusing(5)}, at_once(5), options);
  CHECK(played.result == "5");
  CHECK(played.connections() == 1);
}

TEST_CASE("client: a server that allows no streams is waited for, and then named") {
  const auto ask = [](client::Client asks) -> Task<std::string> {
    co_await rondeau::sleep_for(1s);
    // The first may be sent before it is known.
    static_cast<void>(co_await get(asks));
    const auto response = co_await asks.get("http://server/").send();
    co_return describe(response.error()) + ": " + response.error().cause();
  };
  const Script script{greet(streams(0)), receive(), send(rst(1, NGHTTP2_REFUSED_STREAM)), stay()};
  const PlayedHttp2 played = play2({script}, ask);
  CHECK(played.result ==
        "pool_timeout sent=no waiting for a connection: the server allows 0 requests at once on 4 connections, and none "
        "came free");
  CHECK(played.connections() == 4);
}

TEST_CASE("client: of those who wait no more than a number do, and they leave the queue when they go") {
  client::ClientOptions options = knowing();
  options.connections.waiting = 3;
  options.connections.http2_per_origin = 1;
  const Script script{greet(streams(1)), receive(), wait(1s), send(answer(1, "ok")),
                      receive(),         send(answer(3, "ok")),  receive(), send(answer(5, "ok")),
                      receive(),         send(answer(7, "ok")),  stay()};
  const PlayedHttp2 played = play2({script}, [](client::Client asks) -> Task<std::string> {
    auto first = rondeau::spawn(get(asks));
    co_await rondeau::sleep_for(500ms);
    {
      auto gone = rondeau::spawn(get(asks));
      co_await rondeau::sleep_for(1ms);
      gone.abort();
      static_cast<void>(co_await gone);
    }
    const std::string rest = co_await at_once(4)(asks);
    co_return (co_await first).value() + ", " + rest;
  }, options);
  CHECK(played.result == "200 ok, 3, pool_exhausted sent=no waiting for a connection");
}

TEST_CASE("client: a server that ends each connection at once is dialled ever more rarely") {
  client::ClientOptions options = knowing();
  options.retry = client::RetryPolicy{.attempts = 20};
  options.timeouts.total = 20s;
  const PlayedHttp2 played = play2({{greet(), send(go_away(0)), stay()}}, [](client::Client asks) -> Task<std::string> {
    for (int i = 0; i < 10; ++i) static_cast<void>(co_await get(asks));
    co_return "";
  }, options);
  CHECK(played.took > 5s);
  CHECK(static_cast<std::size_t>(played.took / 50ms) > played.connections());
}

TEST_CASE("client: a connection of HTTP/2 ends when it is idle, old, or its client is gone") {
  const Script twice{greet(), receive(), send(answer(1, "one")), receive(), send(answer(3, "two")), stay()};
  const auto with_pause = [](Duration pause) -> Program {
    return [pause](client::Client asks) -> Task<std::string> {
      static_cast<void>(co_await get(asks));
      co_await rondeau::sleep_for(pause);
      co_return co_await get(asks);
    };
  };
  CHECK(play2({twice}, with_pause(10s)).connections() == 1);
  const PlayedHttp2 idle = play2({twice}, with_pause(20s));
  CHECK(idle.connections() == 2);
  CHECK(idle.first().of_type(NGHTTP2_GOAWAY).size() == 1);
  CHECK(idle.first().closed);

  client::ClientOptions short_lived = knowing();
  short_lived.connections.lifetime = 1s;
  CHECK(play2({twice}, with_pause(2s), short_lived).connections() == 2);

  const PlayedHttp2 gone = play2({twice}, [](client::Client) -> Task<std::string> {
    client::Client other = client::Client::build(knowing()).value();
    static_cast<void>(co_await get(other));
    other = client::Client::build(knowing()).value();
    co_await rondeau::sleep_for(1s);
    co_return "";
  });
  CHECK(gone.first().closed);
}

// ---- ALPN

namespace {

const support::Authority& authority() {
  static const support::Authority made;
  return made;
}

Task<void> serve_chosen(std::vector<std::string> protocols, std::shared_ptr<Heard> heard, std::shared_ptr<Seen> seen) {
  tls::ServerConfig config =
      tls::ServerConfig::make(
          {.identities = {authority().issue({.common_name = "server", .dns = {"server"}}).identity()}, .alpn = protocols})
          .value();
  net::TcpListener listener = net::TcpListener::bind("0.0.0.0:443").value();
  for (;;) {
    auto tcp = co_await listener.accept();
    if (!tcp) continue;
    rondeau::spawn([stream = *std::move(tcp), config, heard, seen]() mutable -> Task<void> {
      auto spoken = co_await tls::accept(std::move(stream), config);
      if (!spoken) co_return;
      if (spoken->alpn() == "h2") {
        heard->connections.push_back(std::make_shared<Conversed>());
        auto mine = heard->connections.back();
        co_await play_http2(*std::move(spoken), serving(50, streams(100), 10ms), mine, Habits{});
        co_return;
      }
      ++seen->connections;
      for (;;) {
        std::string text;
        char buffer[4096];
        while (text.find("\r\n\r\n") == std::string::npos) {
          const auto count = co_await spoken->read_some(std::as_writable_bytes(std::span(buffer)));
          if (!count || *count == 0) co_return;
          text.append(buffer, *count);
        }
        if (!co_await spoken->write_all(ok("ok"))) co_return;
      }
    }).detach();
  }
}

struct Chosen {
  std::string result;
  std::size_t http2 = 0;
  std::size_t http1 = 0;
};

Chosen choose(std::vector<std::string> protocols, client::Http2 mode, std::size_t requests = 1) {
  sim::Options world_options;
  world_options.subset_of_faults = false;
  sim::Runtime world(1, world_options);
  const auto heard = std::make_shared<Heard>();
  const auto seen = std::make_shared<Seen>();
  world.host("server", [&] { return serve_chosen(protocols, heard, seen); });
  client::ClientOptions options;
  options.http2 = mode;
  options.tls = tls::ClientOptions{.ca = tls::Pem::text(authority().pem())};
  Chosen chosen;
  chosen.result = world.block_on([&]() -> Task<std::string> {
    client::Client asks = client::Client::build(options).value();
    rondeau::JoinSet<std::string> all;
    for (std::size_t i = 0; i < requests; ++i) {
      all.spawn(outcome_of(asks.get("https://server/")));
    }
    std::string results;
    while (auto one = co_await all.join_next()) {
      if (results.find(one->value()) == std::string::npos) results += one->value();
    }
    co_return results;
  });
  chosen.http2 = heard->connections.size();
  chosen.http1 = seen->connections;
  return chosen;
}

}  // namespace

TEST_CASE("client: HTTP/2 is spoken with servers that choose it, and a connection that chose otherwise is used as well") {
  const Chosen both = choose({"h2", "http/1.1"}, client::Http2::ByAlpn, 20);
  CHECK(both.result == "200 ok");
  CHECK(both.http2 == 1);
  CHECK(both.http1 == 0);

  const Chosen old = choose({"http/1.1"}, client::Http2::ByAlpn);
  CHECK(old.result == "200 ok");
  CHECK(old.http1 == 1);

  const Chosen many = choose({"http/1.1"}, client::Http2::ByAlpn, 5);
  CHECK(many.result == "200 ok");
  CHECK(many.http1 <= 5);

  const Chosen never = choose({"h2", "http/1.1"}, client::Http2::Never);
  CHECK(never.result == "200 ok");
  CHECK(never.http1 == 1);

  const Chosen known = choose({"h2"}, client::Http2::PriorKnowledge);
  CHECK(known.result == "200 ok");
  CHECK(known.http2 == 1);

  const Chosen mistaken = choose({"http/1.1"}, client::Http2::PriorKnowledge);
  CHECK(mistaken.http2 + mistaken.http1 == 0);
  CHECK(mistaken.result.find("sent=no") != std::string::npos);
}

TEST_CASE("client: close waits for what a connection of HTTP/2 carries, and for its end") {
  const auto program = [](Duration within, Duration least, Duration most) -> Program {
    return [=](client::Client asks) -> Task<std::string> {
      auto under_way = rondeau::spawn(get(asks));
      co_await rondeau::sleep_for(100ms);
      const auto stats = asks.stats();
      CHECK(stats.origins.at(0).http2_connections == 1);
      const Instant begun = Instant::now();
      co_await asks.close(within);
      CHECK(begun.elapsed() >= least);
      CHECK(begun.elapsed() < most);
      CHECK((co_await get(asks)).starts_with("closed sent=no"));
      co_return (co_await under_way).value();
    };
  };
  CHECK(play2({serving(1, streams(10), 500ms)}, program(2s, 300ms, 1s)).result == "200 ok");
  CHECK(play2({serving(1, streams(10), 5s)}, program(1s, 1s, 1100ms)).result == "200 ok");
}
