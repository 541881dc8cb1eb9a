#include <rondeau/connect/resolver.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/builder.h>
#include <rondeau/sim/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;
using connect::Addresses;
using connect::Resolver;

namespace {

template <class F>
void run(F body) {
  test::run(body, {.start_paused = true});
}

/// Gives the same answer until it is told another one.
struct Names {
  Task<Result<Addresses>> look_up(std::string name) {
    asked.push_back(std::move(name));
    if (takes > Duration::zero()) co_await sleep_for(takes);
    co_return answer;
  }
  /// A resolver that asks here.
  Resolver resolver(connect::ResolverOptions options = {}) {
    options.look_up = [this](std::string name) { return look_up(std::move(name)); };
    return Resolver(std::move(options));
  }

  Result<Addresses> answer = Addresses{IpAddress::v4(192, 0, 2, 1)};
  Duration takes{};
  std::vector<std::string> asked;
};

const SocketAddress kFirst(IpAddress::v4(192, 0, 2, 1), 80);

}  // namespace

TEST_CASE("connect: an answer is remembered for its time, and given with the port that was asked for") {
  run([]() -> Task<void> {
    Names names;
    const Resolver resolver = names.resolver();
    CHECK((co_await resolver.resolve("example.test", 80)).value() == std::vector{kFirst});
    co_await sleep_for(30s - 1ms);
    CHECK((co_await resolver.resolve("example.test", 443)).value().front().port() == 443);
    CHECK(names.asked.size() == 1);
    co_await sleep_for(1ms);
    CHECK((co_await resolver.resolve("example.test", 80)).has_value());
    CHECK(names.asked.size() == 2);
    CHECK(resolver.stats().hits == 1);
    CHECK(resolver.stats().names == 1);
  });
}

TEST_CASE("connect: names are the same in any case and with a dot at their end") {
  run([]() -> Task<void> {
    Names names;
    const Resolver resolver = names.resolver();
    CHECK((co_await resolver.resolve("Example.TEST.", 80)).has_value());
    CHECK((co_await resolver.resolve("example.test", 80)).has_value());
    CHECK(names.asked == std::vector<std::string>{"example.test"});
  });
}

TEST_CASE("connect: addresses and localhost are never looked up (RFC 6761 §6.3)") {
  run([]() -> Task<void> {
    Names names;
    const Resolver resolver = names.resolver();
    CHECK((co_await resolver.resolve("10.0.0.7", 80)).value().front().to_string() == "10.0.0.7:80");
    CHECK((co_await resolver.resolve("::1", 80)).value().front().to_string() == "[::1]:80");
    for (const char* name : {"localhost", "LOCALHOST.", "shop.localhost"}) {
      const auto found = (co_await resolver.resolve(name, 80)).value();
      REQUIRE(found.size() == 2);
      CHECK(found[0].to_string() == "127.0.0.1:80");
      CHECK(found[1].to_string() == "[::1]:80");
    }
    CHECK(names.asked.empty());
    CHECK((co_await resolver.resolve("localhost.example", 80)).has_value());
    CHECK((co_await resolver.resolve("mylocalhost", 80)).has_value());
    CHECK(names.asked.size() == 2);
  });
}

TEST_CASE("connect: what cannot be a name is refused before anybody is asked") {
  run([]() -> Task<void> {
    Names names;
    const Resolver resolver = names.resolver();
    for (const std::string& host : {std::string(), std::string("."), std::string("a b"), std::string("a\0b", 3),
                                    std::string("a\nb"), std::string("caf\xc3\xa9.test"), std::string(254, 'a')}) {
      CHECK((co_await resolver.resolve(host, 80)).error() == Errc::InvalidArgument);
    }
    CHECK(names.asked.empty());
    CHECK((co_await resolver.resolve(std::string(253, 'a') + '.', 80)).has_value());
  });
}

TEST_CASE("connect: that there is no such name is remembered for a second") {
  run([]() -> Task<void> {
    Names names;
    names.answer = Errc::NotFound;
    const Resolver resolver = names.resolver();
    CHECK((co_await resolver.resolve("no.test", 80)).error() == Errc::NotFound);
    const auto again = co_await resolver.resolve("no.test", 80);
    CHECK(again.error() == Errc::NotFound);
    CHECK(again.error().message() == "look up no.test: not found");
    CHECK(names.asked.size() == 1);
    co_await sleep_for(1s);
    names.answer = Addresses{};  // as good as not found
    CHECK((co_await resolver.resolve("no.test", 80)).error() == Errc::NotFound);
    CHECK(names.asked.size() == 2);
  });
}

TEST_CASE("connect: while a name cannot be looked up its last answer serves, for five minutes") {
  run([]() -> Task<void> {
    Names names;
    const Resolver resolver = names.resolver();
    CHECK((co_await resolver.resolve("example.test", 80)).has_value());
    names.answer = Errc::TimedOut;
    co_await sleep_for(31s);
    CHECK((co_await resolver.resolve("example.test", 80)).value() == std::vector{kFirst});
    CHECK(resolver.stats().stale == 1);
    // For a second nobody asks again.
    CHECK((co_await resolver.resolve("example.test", 80)).has_value());
    CHECK(names.asked.size() == 2);
    co_await sleep_for(5min - 2s);
    CHECK((co_await resolver.resolve("example.test", 80)).has_value());
    co_await sleep_for(1s);
    CHECK((co_await resolver.resolve("example.test", 80)).error() == Errc::TimedOut);
    // That a name has ceased to be is no failure to look it up.
    names.answer = Addresses{IpAddress::v4(192, 0, 2, 2)};
    CHECK((co_await resolver.resolve("example.test", 80)).value().front().ip() == IpAddress::v4(192, 0, 2, 2));
    names.answer = Errc::NotFound;
    co_await sleep_for(31s);
    CHECK((co_await resolver.resolve("example.test", 80)).error() == Errc::NotFound);
    CHECK(resolver.stats().failed == 3);
  });
}

TEST_CASE("connect: a thousand who ask for one name cause one look-up, also when the first one goes") {
  run([]() -> Task<void> {
    Names names;
    names.takes = 100ms;
    const Resolver resolver = names.resolver();
    std::vector<JoinHandle<Result<std::vector<SocketAddress>>>> tasks;
    for (int i = 0; i < 1000; ++i) tasks.push_back(spawn(resolver.resolve("example.test", 80)));
    co_await sleep_for(50ms);
    for (int i = 0; i < 500; ++i) tasks[static_cast<std::size_t>(i)].abort();
    for (int i = 500; i < 1000; ++i) {
      CHECK((co_await tasks[static_cast<std::size_t>(i)]).value().value() == std::vector{kFirst});
    }
    CHECK(names.asked.size() == 1);
    CHECK(resolver.stats().lookups == 1);
    CHECK(resolver.stats().joined == 999);
  });
}

TEST_CASE("connect: a look-up that everybody has given up fills the cache") {
  run([]() -> Task<void> {
    Names names;
    names.takes = 100ms;
    const Resolver resolver = names.resolver();
    CHECK_FALSE((co_await timeout(10ms, resolver.resolve("example.test", 80))).has_value());
    co_await sleep_for(91ms);
    CHECK(resolver.stats().names == 1);
    CHECK((co_await resolver.resolve("example.test", 80)).has_value());
    CHECK(names.asked.size() == 1);
  });
}

TEST_CASE("connect: a look-up that throws is one that failed") {
  run([]() -> Task<void> {
    const Resolver resolver(
        {.look_up = [](std::string) -> Task<Result<Addresses>> { throw std::runtime_error("no luck"); }});
    CHECK((co_await resolver.resolve("a.test", 80)).error().message().find("look up a.test: no luck") !=
          std::string::npos);
  });
}

TEST_CASE("connect: what is set needs no look-up and goes before all others, until it is forgotten") {
  run([]() -> Task<void> {
    Names names;
    const Resolver resolver = names.resolver();
    resolver.set("Db.Test", {IpAddress::v4(192, 0, 2, 9), IpAddress::loopback_v6()});
    resolver.set("localhost", {IpAddress::v4(192, 0, 2, 8)});
    resolver.set("gone.test", {});
    CHECK((co_await resolver.resolve("db.test", 80)).value().size() == 2);
    CHECK((co_await resolver.resolve("localhost", 80)).value().front().ip() == IpAddress::v4(192, 0, 2, 8));
    CHECK((co_await resolver.resolve("gone.test", 80)).error() == Errc::NotFound);
    CHECK(names.asked.empty());
    resolver.forget("db.test");
    CHECK((co_await resolver.resolve("db.test", 80)).value() == std::vector{kFirst});
    resolver.forget("DB.test");
    CHECK((co_await resolver.resolve("db.test", 80)).has_value());
    CHECK(names.asked.size() == 2);
  });
}

TEST_CASE("connect: of too many names those that were not asked for for the longest time are forgotten") {
  run([]() -> Task<void> {
    Names names;
    const Resolver resolver = names.resolver({.max_names = 3});
    for (const char* name : {"a", "b", "c", "a", "d"}) CHECK((co_await resolver.resolve(name, 80)).has_value());
    CHECK(names.asked.size() == 4);
    CHECK(resolver.stats().names == 3);
    CHECK((co_await resolver.resolve("a", 80)).has_value());
    CHECK(names.asked.size() == 4);
    CHECK((co_await resolver.resolve("b", 80)).has_value());
    CHECK(names.asked.size() == 5);
  });
  run([]() -> Task<void> {
    Names names;
    const Resolver resolver = names.resolver({.positive = 0s});
    for (int i = 0; i < 3; ++i) CHECK((co_await resolver.resolve("a", 80)).has_value());
    CHECK(names.asked.size() == 3);
    CHECK(resolver.stats().names == 0);
  });
}

TEST_CASE("connect: a look-up whose runtime ends tells who waits on another one") {
  const Resolver resolver({.look_up = [](std::string) -> Task<Result<Addresses>> {
    co_await sleep_for(1h);
    co_return Addresses{};
  }});
  auto first = runtime::Builder::current_thread().build().value();
  first.block_on([&]() -> Task<void> { static_cast<void>(co_await timeout(1ms, resolver.resolve("a.test", 80))); });
  test::run([&]() -> Task<void> {
    auto waits = spawn(resolver.resolve("a.test", 80));
    co_await yield_now();
    std::move(first).shutdown_background();
    CHECK((co_await waits).value().error() == Errc::ShuttingDown);
  });
}

TEST_CASE("connect: without a function of its own a resolver asks the driver") {
  sim::Runtime world(3, {.faults = sim::Faults::none()});
  world.host("db", []() -> Task<void> { co_await sleep_for(1h); });
  const IpAddress db = world.address("db");
  world.block_on([db]() -> Task<void> {
    const Resolver resolver;
    CHECK((co_await resolver.resolve("db", 5432)).value() == std::vector{SocketAddress(db, 5432)});
    CHECK((co_await resolver.resolve("nobody", 1)).error() == Errc::NotFound);
  });
}
