#include "redis_exchange.h"

#include <chrono>

#include <doctest/doctest.h>

#include <rondeau/observe/metrics.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/time/sleep.h>

#include "rooms.h"
#include "support/redis_server.h"

using namespace rondeau;
using namespace chat;
using namespace std::chrono_literals;

namespace {

/// An instance without its routes.
struct Instance {
  Instance(const History& history, const std::string& redis)
      : dropped(registry.counter("dropped_total", "").with({})),
        exchange(RedisExchange::start(redis, dropped).value()),
        rooms(std::make_shared<Rooms>(history, Counts(registry), RoomLimits(), exchange)) {}
  Task<void> close() {
    co_await rooms->close();
    co_await exchange->close();
  }

  observe::Registry registry;
  observe::Counter& dropped;
  std::shared_ptr<RedisExchange> exchange;
  std::shared_ptr<Rooms> rooms;
};

/// The next event of that kind; others are passed over.
template <class T>
Task<T> next(Welcome& member) {
  for (;;) {
    auto event = (co_await member.events.recv()).value();
    auto read = json::parse<out::Event>(event.frame.view()).value();
    if (auto* found = read.template get_if<T>()) co_return std::move(*found);
  }
}

template <class Body>
void with_two_instances(Body body) {
  support::RedisServer redis;
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  runtime.block_on([&]() -> Task<void> {
    const sql::Database database = (co_await open_database("sqlite::memory:")).value();
    const History history(database, 1000);
    Instance a(history, redis.url());
    Instance b(history, redis.url());
    co_await body(redis, a, b);
    co_await a.close();
    co_await b.close();
    co_await database.close();
  });
}

Task<std::optional<Welcome>> join(Instance& instance, std::string name) {
  const auto room = instance.rooms->open("kitchen").value();
  auto welcome = co_await room.join(std::move(name));
  REQUIRE(welcome.has_value());
  co_return *std::move(welcome);
}

}  // namespace

TEST_CASE("chat: members of two instances hear each other by way of Redis") {
  with_two_instances([](support::RedisServer&, Instance& a, Instance& b) -> Task<void> {
    auto ann = co_await join(a, "ann");
    auto bob = co_await join(b, "bob");
    CHECK((co_await next<out::Joined>(*ann)).name == "ann");
    CHECK((co_await next<out::Joined>(*ann)).name == "bob");
    const auto at_a = a.rooms->open("kitchen").value();
    const auto at_b = b.rooms->open("kitchen").value();
    CHECK((co_await at_a.presence()).value().members == std::vector<std::string>{"ann", "bob"});
    for (int i = 1; i <= 100; ++i) {
      CHECK((co_await (i % 2 == 0 ? at_a : at_b).post("x", std::to_string(i))).value().id == i);
    }
    for (int i = 1; i <= 100; ++i) {
      CHECK((co_await next<out::Message>(*ann)).id == i);
      CHECK((co_await next<out::Message>(*bob)).id == i);
    }
    CHECK(at_a.announce_typing(ann->seat.id(), "ann"));
    CHECK((co_await next<out::Typing>(*bob)).name == "ann");
    bob.reset();
    CHECK((co_await next<out::Left>(*ann)).name == "bob");
  });
}

TEST_CASE("chat: what was said while Redis was away is found in history") {
  with_two_instances([](support::RedisServer& redis, Instance& a, Instance& b) -> Task<void> {
    auto ann = co_await join(a, "ann");
    auto bob = co_await join(b, "bob");
    const auto at_a = a.rooms->open("kitchen").value();
    CHECK((co_await at_a.post("x", "before")).value().id == 1);
    CHECK((co_await next<out::Message>(*bob)).id == 1);
    redis.kill();
    CHECK((co_await at_a.post("x", "meanwhile")).value().id == 2);
    CHECK((co_await at_a.post("x", "too")).value().id == 3);
    CHECK((co_await next<out::Message>(*ann)).id == 1);
    CHECK((co_await next<out::Message>(*ann)).id == 2);
    redis.start();
    CHECK((co_await next<out::Message>(*bob)).id == 2);
    CHECK((co_await next<out::Message>(*bob)).id == 3);
    CHECK((co_await at_a.post("x", "after")).value().id == 4);
    CHECK((co_await next<out::Message>(*bob)).id == 4);
  });
}
