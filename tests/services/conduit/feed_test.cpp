#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/observe/metrics.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "feed_events.h"

using namespace conduit;
using namespace rondeau;
using namespace std::chrono_literals;

namespace {

ArticlesBody page(std::int64_t count) {
  return {{}, count};
}

/// Time jumps to whatever is waited for.
template <class Body>
void on_paused_clock(Body body) {
  test::run(std::move(body), {.start_paused = true});
}

}  // namespace

TEST_CASE("conduit: a feed is kept for 30 s and not longer") {
  on_paused_clock([]() -> Task<void> {
    FeedCache cache;
    CHECK_FALSE(cache.find(1).has_value());
    cache.put(1, page(7), cache.stamp());
    co_await sleep_for(30s - 1ms);
    CHECK(cache.find(1)->articles_count == 7);
    CHECK_FALSE(cache.find(2).has_value());
    co_await sleep_for(1ms);
    CHECK_FALSE(cache.find(1).has_value());
    CHECK(cache.size() == 0);
  });
}

TEST_CASE("conduit: while a change is not applied the feed cache is passed by, and nothing is kept from before it") {
  on_paused_clock([]() -> Task<void> {
    FeedCache cache;
    cache.put(1, page(1), cache.stamp());
    cache.put(2, page(2), cache.stamp());
    const std::uint64_t before = cache.stamp();
    cache.announce();
    CHECK_FALSE(cache.find(1).has_value());
    cache.put(3, page(3), cache.stamp());
    const std::array<std::int64_t, 2> touched{1, 9};
    cache.apply(touched);
    CHECK_FALSE(cache.find(1).has_value());
    CHECK(cache.find(2)->articles_count == 2);
    CHECK_FALSE(cache.find(3).has_value());
    cache.put(1, page(1), before);  // read before the change
    CHECK_FALSE(cache.find(1).has_value());
    cache.announce();
    cache.retract();
    CHECK(cache.find(2).has_value());
    cache.announce();
    cache.apply_to_all();
    CHECK(cache.size() == 0);
    co_return;
  });
}

TEST_CASE("conduit: above its size the feed cache forgets who asked longest ago") {
  on_paused_clock([]() -> Task<void> {
    FeedCache cache(2);
    cache.put(1, page(1), cache.stamp());
    cache.put(2, page(2), cache.stamp());
    CHECK(cache.find(1).has_value());
    cache.put(3, page(3), cache.stamp());
    CHECK(cache.size() == 2);
    CHECK(cache.find(1).has_value());
    CHECK_FALSE(cache.find(2).has_value());
    co_return;
  });
}

TEST_CASE("conduit: an event that finds no room is dropped and counted, and holds nothing up") {
  on_paused_clock([]() -> Task<void> {
    observe::Registry metrics;
    observe::Counter& dropped = metrics.counter("dropped_total", "").with({});
    const auto cache = std::make_shared<FeedCache>();
    auto [sender, receiver] = sync::mpsc<FeedEvent>(1);
    Feeds feeds(cache, std::move(sender), dropped);
    feeds.publish(Followed{1});
    feeds.publish(Followed{2});
    CHECK(dropped.value() == 1);
    CHECK(receiver.try_recv().has_value());
    cache->apply({});
    cache->put(1, page(1), cache->stamp());
    CHECK(cache->find(1).has_value());
    feeds.close();
    feeds.publish(Followed{1});
    CHECK(dropped.value() == 2);
    CHECK(cache->find(1).has_value());
    co_return;
  });
}

TEST_CASE("conduit: events drop the feeds of an author's followers, and those of who follows") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  runtime.block_on([]() -> Task<void> {
    const sql::Database database = (co_await open_database("sqlite::memory:")).value();
    const UserStore users(database);
    for (const char* name : {"ann", "bob", "eve"}) {
      Account account{0, std::string(name) + "@example.org", name, "h", std::nullopt, std::nullopt};
      CHECK((co_await users.insert(account)).has_value());
    }
    CHECK((co_await users.follow(1, 2)).has_value());
    observe::Registry metrics;
    const auto cache = std::make_shared<FeedCache>();
    const auto kept = [&] {
      std::string all;
      for (std::int64_t id = 1; id <= 3; ++id) all += cache->find(id) ? '1' : '0';
      return all;
    };
    const auto after = [&](FeedEvent event) -> Task<std::string> {
      auto [sender, receiver] = sync::mpsc<FeedEvent>(kFeedQueue);
      Feeds feeds(cache, std::move(sender), metrics.counter("dropped_total", "").with({}));
      for (std::int64_t id = 1; id <= 3; ++id) cache->put(id, page(id), cache->stamp());
      feeds.publish(event);
      CHECK(kept() == "000");
      feeds.close();
      co_await keep_feeds_true(std::move(receiver), cache, users);
      co_return kept();
    };
    CHECK(co_await after(ArticlePublished{2}) == "011");
    CHECK(co_await after(Favorited{2}) == "011");
    CHECK(co_await after(ArticlePublished{3}) == "111");
    CHECK(co_await after(Followed{3}) == "110");
    CHECK((co_await database.exec("alter table follows rename to gone")).has_value());
    CHECK(co_await after(Favorited{3}) == "000");  // nobody knows whose
    co_await database.close();
  });
}
