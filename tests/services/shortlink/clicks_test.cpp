#include "clicks.h"

#include <chrono>
#include <memory>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/spawn.h>

#include "map_store.h"

using namespace rondeau;
using namespace shortlink;
using namespace std::chrono_literals;
using runtime::test::advance;
using Batches = std::vector<std::size_t>;

namespace {

/// A batcher on a runtime whose clock stands still.
struct Batching {
  explicit Batching(std::size_t capacity = 10'000) {
    auto [sender, receiver] = sync::mpsc<Click>(capacity);
    queue = std::make_unique<ClickQueue>(std::move(sender), counts);
    receiving.emplace(std::move(receiver));
    store->links.emplace("a", StoredLink{"a", "https://example.org", {}, std::nullopt, 0});
  }
  void start() { batcher.emplace(spawn(batch_clicks(std::move(*receiving), store, counts))); }
  void click(int times, const char* id = "a") {
    for (int i = 0; i < times; ++i) queue->push({id, Time(), ""});
  }

  std::shared_ptr<MapStore> store = std::make_shared<MapStore>();
  std::shared_ptr<ClickCounts> counts = std::make_shared<ClickCounts>();
  std::unique_ptr<ClickQueue> queue;
  std::optional<sync::Receiver<Click>> receiving;
  std::optional<JoinHandle<void>> batcher;
};

template <class Body>
void run_paused(Body body) {
  auto runtime = runtime::Builder::current_thread().start_paused().build().value();
  runtime.block_on(std::move(body));
}

}  // namespace

TEST_CASE("shortlink: 499 clicks write nothing, the 500th writes them all at once") {
  run_paused([]() -> Task<void> {
    Batching batching;
    batching.start();
    batching.click(499);
    co_await advance(199ms);
    CHECK(batching.store->batches == Batches{});
    batching.click(1);
    co_await advance(0ms);
    CHECK(batching.store->batches == Batches{500});
    CHECK(batching.counts->written == 500);
    batching.queue->close();
    static_cast<void>(co_await *batching.batcher);
  });
}

TEST_CASE("shortlink: one click is written 200 ms after it came, and not before") {
  run_paused([]() -> Task<void> {
    Batching batching;
    batching.start();
    co_await advance(1s);
    batching.click(1);
    co_await advance(100ms);
    batching.click(1);  // does not put the end off
    co_await advance(99ms);
    CHECK(batching.store->batches == Batches{});
    co_await advance(1ms);
    CHECK(batching.store->batches == Batches{2});
    batching.click(1);  // the next batch has 200 ms of its own
    co_await advance(199ms);
    CHECK(batching.store->batches == Batches{2});
    co_await advance(1ms);
    CHECK(batching.store->batches == Batches{2, 1});
    batching.queue->close();
    static_cast<void>(co_await *batching.batcher);
  });
}

TEST_CASE("shortlink: closing the queue writes what is in it, without waiting") {
  run_paused([]() -> Task<void> {
    Batching batching;
    batching.start();
    batching.click(1234);
    batching.queue->close();
    const Instant begin = Instant::now();
    static_cast<void>(co_await *batching.batcher);
    CHECK(Instant::now() == begin);
    CHECK(batching.store->batches == Batches{500, 500, 234});
    CHECK(batching.counts->written == 1234);
    batching.click(1);  // nobody is there for it
    CHECK(batching.counts->dropped == 1);
  });
}

TEST_CASE("shortlink: every click is written, dropped, orphaned or failed, and counted once") {
  run_paused([]() -> Task<void> {
    Batching batching(10);
    batching.click(7);
    batching.click(2, "gone");
    batching.click(4);  // one finds room
    CHECK(batching.counts->dropped == 3);
    batching.start();
    co_await advance(200ms);
    CHECK(batching.counts->written == 8);
    CHECK(batching.counts->orphaned == 2);
    batching.store->refuses = true;
    batching.click(5);
    co_await advance(200ms);
    CHECK(batching.counts->failed == 5);
    batching.store->refuses = false;
    batching.click(1);  // it goes on after a failure
    co_await advance(200ms);
    CHECK(batching.counts->written == 9);
    batching.queue->close();
    static_cast<void>(co_await *batching.batcher);
  });
}
