#include <rondeau/task/stream_adaptors.h>

#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/sync/mpsc.h>
#include <rondeau/task/buffered.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/select.h>
#include <rondeau/task/stream_ends.h>
#include <rondeau/task/stream_map.h>
#include <rondeau/task/stream_sources.h>

#include "support/aborts.h"

#include "probe.h"

using namespace rondeau;
using probe::Alive;
using Ints = std::vector<int>;

namespace {

bool is_even(int number) { return number % 2 == 0; }

/// Counts what was asked of it, so that a test sees what is pulled.
struct Counted {
  int next_item = 0;
  int end = 1000;
  Task<std::optional<int>> next() {
    const Alive alive;
    co_await yield_now();
    if (next_item == end) co_return std::nullopt;
    co_return next_item++;
  }
};
static_assert(task::Stream<Counted>);
static_assert(!task::Stream<int>);
static_assert(!task::Stream<JoinHandle<int>>);
static_assert(std::is_same_v<task::ItemOf<Counted&>, int>);

/// Asks for one item again and again, and drops the await every time it waits, until it comes.
template <class S>
Task<std::optional<task::ItemOf<S>>> stubborn_next(S& stream) {
  for (int i = 0; i < 1000; ++i) {
    auto won = co_await select(detail::next_of(stream), losing(probe::after(i % 4, 0))).biased();
    if (won.template is<0>()) co_return std::move(won).template get<0>();
    for (int turns = i % 3; turns > 0; --turns) co_await yield_now();
  }
  FAIL("no item");
  co_return std::nullopt;
}
template <class S>
Task<std::vector<task::ItemOf<S>>> stubborn_collect(S stream) {
  std::vector<task::ItemOf<S>> all;
  while (auto item = co_await stubborn_next(stream)) all.push_back(*std::move(item));
  co_return all;
}

}  // namespace

TEST_CASE("GE2: map, map_while, filter, filter_map, take, take_while, skip, skip_while, fuse, inspect, scan, then") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto numbers = [] { return task::iter({1, 2, 3, 4, 5, 6}); };
    CHECK(co_await task::collect(numbers() | task::map([](int i) { return i * i; })) == Ints{1, 4, 9, 16, 25, 36});
    CHECK(co_await task::collect(numbers() | task::map_while([](int i) {
            return i < 4 ? std::optional(std::to_string(i)) : std::nullopt;
          })) == std::vector<std::string>{"1", "2", "3"});
    CHECK(co_await task::collect(numbers() | task::filter(is_even)) == Ints{2, 4, 6});
    CHECK(co_await task::collect(numbers() | task::filter_map([](int i) {
            return is_even(i) ? std::optional(i * 0.5) : std::nullopt;
          })) == std::vector<double>{1, 2, 3});
    CHECK(co_await task::collect(numbers() | task::take(2)) == Ints{1, 2});
    CHECK(co_await task::collect(numbers() | task::take(20)) == Ints{1, 2, 3, 4, 5, 6});
    CHECK(co_await task::collect(numbers() | task::skip(4)) == Ints{5, 6});
    CHECK((co_await task::collect(numbers() | task::skip(40))).empty());
    CHECK(co_await task::collect(numbers() | task::take_while([](int i) { return i != 3; })) == Ints{1, 2});
    CHECK(co_await task::collect(numbers() | task::skip_while([](int i) { return i != 3; })) == Ints{3, 4, 5, 6});
    CHECK((co_await task::collect(numbers() | task::skip_while([](int) { return true; }))).empty());
    Ints seen;
    CHECK(co_await task::count(numbers() | task::inspect([&](int i) { seen.push_back(i); })) == 6);
    CHECK(seen == Ints{1, 2, 3, 4, 5, 6});
    CHECK(co_await task::collect(numbers() | task::scan(0, [](int& sum, int i) {
            sum += i;
            return sum < 10 ? std::optional(sum) : std::nullopt;
          })) == Ints{1, 3, 6});
    const std::string word = "a word that is captured, and long enough to be on the heap";
    CHECK(co_await task::collect(numbers() | task::take(2) | task::then([word](int i) -> Task<std::string> {
            co_await yield_now();
            co_return word + std::to_string(i);
          })) == std::vector<std::string>{word + "1", word + "2"});
    CHECK(co_await task::collect(numbers() | task::filter(is_even) | task::map([](int i) { return i + 1; }) |
                                 task::take(2)) == Ints{3, 5});
  });
}

TEST_CASE("GE2: chain, zip, enumerate, chunks, flatten, peekable") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK(co_await task::collect(task::iter({1, 2}) | task::chain(task::iter({3})) | task::chain(task::empty<int>())) ==
          Ints{1, 2, 3});
    auto stored = task::chain(task::iter({3, 4}));
    CHECK(co_await task::collect(task::iter({2}) | std::move(stored)) == Ints{2, 3, 4});
    auto pairs = co_await task::collect(task::iter({1, 2, 3}) | task::zip(task::iter(std::vector<std::string>{"a", "b"})));
    CHECK(pairs == std::vector<std::pair<int, std::string>>{{1, "a"}, {2, "b"}});
    CHECK(co_await task::collect(task::iter({7, 8}) | task::enumerate()) ==
          std::vector<std::pair<std::size_t, int>>{{0, 7}, {1, 8}});
    CHECK(co_await task::collect(task::iter({1, 2, 3, 4, 5}) | task::chunks(2)) ==
          std::vector<Ints>{{1, 2}, {3, 4}, {5}});
    CHECK(co_await task::collect(task::iter({1, 2}) | task::chunks(2)) == std::vector<Ints>{{1, 2}});
    CHECK(co_await task::collect(task::iter({1, 0, 3}) | task::map([](int n) { return task::iter(Ints(std::size_t(n), n)); }) |
                                 task::flatten()) == Ints{1, 3, 3, 3});

    auto peeked = Counted{0, 3} | task::peekable();
    static_assert(task::Stream<decltype(peeked)>);
    CHECK(*co_await peeked.peek() == 0);
    CHECK(*co_await peeked.peek() == 0);
    CHECK(co_await peeked.next_if(is_even) == 0);
    CHECK_FALSE(co_await peeked.next_if(is_even));
    CHECK(co_await peeked.next() == 1);
    CHECK(co_await peeked.next() == 2);
    CHECK(co_await peeked.peek() == nullptr);
    CHECK_FALSE(co_await peeked.next());
  });
  CHECK(support::aborts_with("chunks() of no items", [] { task::chunks(0); }));
}

TEST_CASE("GE2: adaptors pull nothing ahead, and what is not asked for stays in a borrowed stream") {
  probe::on_every_flavor([]() -> Task<void> {
    Counted source;
    {
      auto some = source | task::map([](int i) { return i; }) | task::filter([](int) { return true; }) | task::take(3);
      CHECK(source.next_item == 0);
      CHECK(co_await some.next() == 0);
      CHECK(source.next_item == 1);
      CHECK(co_await task::collect(some) == Ints{1, 2});
      CHECK(source.next_item == 3);  // take asks for no fourth one
    }
    CHECK(co_await source.next() == 3);
    auto both = source | task::merge(task::pending<int>());
    CHECK(co_await both.next() == 4);
    CHECK(source.next_item == 5);
  });
}

TEST_CASE("GE2: items that can only be moved go through all of it, and owned containers are moved out") {
  probe::on_every_flavor([]() -> Task<void> {
    std::vector<std::unique_ptr<int>> owners;
    for (int i = 0; i < 4; ++i) owners.push_back(std::make_unique<int>(i));
    auto stream = task::iter(std::move(owners)) | task::filter([](const std::unique_ptr<int>& i) { return *i > 0; }) |
                  task::skip(1) | task::chain(task::once(std::make_unique<int>(9))) |
                  task::merge(task::empty<std::unique_ptr<int>>()) | task::fuse() | task::enumerate();
    Ints seen;
    while (auto item = co_await stream.next()) seen.push_back(*item->second);
    CHECK(seen == Ints{2, 3, 9});
    const Ints kept{1, 2};
    CHECK(co_await task::collect(task::iter(kept)) == kept);
    const int field[] = {1, 2};
    CHECK(co_await task::count(task::iter(field)) == 2);
  });
}

TEST_CASE("GE2: fuse ends for good where the stream would go on") {
  probe::on_every_flavor([]() -> Task<void> {
    JoinSet<int> set;
    set.spawn(probe::count_to(1));
    auto fused = set | task::fuse();
    CHECK((co_await fused.next())->value() == 1);
    CHECK_FALSE(co_await fused.next());
    set.spawn(probe::count_to(2));
    CHECK_FALSE(co_await fused.next());
    CHECK((co_await set.next())->value() == 2);
  });
}

TEST_CASE("GE2: merge gives everything of both, and looks first at one and then at the other") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK(co_await task::collect(task::iter({1, 2, 3}) | task::merge(task::iter({10, 20, 30, 40, 50}))) ==
          Ints{1, 10, 2, 20, 3, 30, 40, 50});
    auto merged = co_await task::collect(Counted{0, 50} | task::merge(Counted{100, 120}));
    CHECK(merged.size() == 70);
    CHECK(std::set(merged.begin(), merged.end()).size() == 70);
    auto [tx, rx] = mpsc<int>(4);
    auto waiting = std::move(rx) | task::merge(task::pending<int>());
    auto handle = spawn([](Sender<int> sender) -> Task<void> {
      co_await probe::count_to(3);
      static_cast<void>(co_await sender.send(5));
    }, tx);
    CHECK(co_await waiting.next() == 5);
    CHECK(co_await handle);
  });
}

TEST_CASE("GE2: fold, all, any, count, for_each, collect into other containers, collect and try_next of Results") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK(co_await task::fold(Counted{1, 5}, std::string(), [](std::string text, int i) { return text + std::to_string(i); }) ==
          "1234");
    Counted source;
    CHECK_FALSE(co_await task::all(source, [](int i) { return i < 3; }));
    CHECK(source.next_item == 4);  // asked no further than the first that is not
    CHECK(co_await task::any(source, [](int i) { return i == 5; }));
    CHECK(source.next_item == 6);
    CHECK(co_await task::all(task::empty<int>(), is_even));
    CHECK_FALSE(co_await task::any(task::empty<int>(), is_even));
    CHECK(co_await task::collect<std::set<int>>(task::iter({3, 1, 3})) == std::set{1, 3});
    CHECK(co_await task::collect<std::string>(task::iter({'a', 'b'})) == "ab");
    int sum = 0;
    co_await task::for_each(Counted{0, 4}, [&](int i) { sum += i; });
    co_await task::for_each(Counted{0, 4}, [&](int i) -> Task<void> {
      co_await yield_now();
      sum += i;
    });
    CHECK(sum == 12);

    const auto results = [] {
      return Counted{} | task::map([](int i) { return i == 2 ? Result<int>(Errc::Closed) : Result<int>(i); });
    };
    auto stream = results();
    auto all = co_await task::collect(stream);
    CHECK(all.error() == Errc::Closed);
    CHECK((co_await stream.next())->value() == 3);  // stopped at the error
    CHECK((co_await task::collect(results() | task::take(2))).value() == Ints{0, 1});
    auto tried = results();
    CHECK((co_await task::try_next(tried)).value() == 0);
    CHECK((co_await task::try_next(tried)).value() == 1);
    CHECK((co_await task::try_next(tried)).error() == Errc::Closed);
    auto none = task::empty<Result<int>>();
    CHECK_FALSE((co_await task::try_next(none)).value());
  });
}

TEST_CASE("GE2: no item is lost however often an adaptor's next() is") {
  probe::on_every_flavor([]() -> Task<void> {
    const auto source = [] { return Counted{0, 12}; };
    CHECK(co_await stubborn_collect(source() | task::map([](int i) { return i; })) ==
          co_await task::collect(source()));
    CHECK(co_await stubborn_collect(source() | task::then([](int i) { return probe::after(2, i); })) ==
          co_await task::collect(source()));
    CHECK(co_await stubborn_collect(source() | task::filter(is_even)) == Ints{0, 2, 4, 6, 8, 10});
    CHECK(co_await stubborn_collect(source() | task::skip(2) | task::chunks(4)) ==
          std::vector<Ints>{{2, 3, 4, 5}, {6, 7, 8, 9}, {10, 11}});
    CHECK((co_await stubborn_collect(source() | task::zip(Counted{5, 9}))).size() == 4);
    CHECK((co_await stubborn_collect(source() | task::merge(Counted{100, 107}))).size() == 19);
    CHECK((co_await stubborn_collect(source() | task::peekable())).size() == 12);
    CHECK((co_await stubborn_collect(source() | task::map([](int i) { return probe::after(i % 3, i); }) |
                                     task::buffered(3))) == co_await task::collect(source()));
    auto unordered = co_await stubborn_collect(source() | task::map([](int i) { return probe::after(i % 3, i); }) |
                                               task::buffer_unordered(3));
    CHECK(std::set(unordered.begin(), unordered.end()).size() == 12);
    StreamMap<int, Counted> map;
    map.insert(0, Counted{0, 5});
    map.insert(1, Counted{10, 15});
    CHECK((co_await stubborn_collect(std::move(map))).size() == 10);
  });
}

TEST_CASE("GE2: an adaptor can be destroyed wherever it waits") {
  probe::on_every_flavor([]() -> Task<void> {
    for (int turns = 0; turns < 15; ++turns) {
      const auto drive = []() -> Task<std::size_t> {
        co_return co_await task::count(Counted{0, 3} | task::then([](int i) { return probe::after(1, i); }) |
                                       task::merge(Counted{0, 2}) | task::map([](int i) { return probe::after(i, i); }) |
                                       task::buffered(2) | task::chunks(2));
      };
      auto handle = spawn(drive);
      for (int i = 0; i < turns; ++i) co_await yield_now();
      handle.abort();
      static_cast<void>(co_await handle);
      CHECK(probe::living == 0);
    }
  });
}

namespace {

/// How many run at once, and the most that did.
struct Crowd {
  int running = 0;
  int most = 0;
  Task<int> run(int turns, int value) {
    most = std::max(most, ++running);
    const Alive alive;
    for (int i = 0; i < turns; ++i) co_await yield_now();
    --running;
    co_return value;
  }
};

}  // namespace

TEST_CASE("GE2: buffered gives results in the stream's order, buffer_unordered as they end, with at most n under way") {
  probe::on_every_flavor([]() -> Task<void> {
    for (const std::size_t limit : {1U, 3U, 100U}) {
      CAPTURE(limit);
      Crowd crowd;
      const auto work = [&](int i) { return crowd.run(64 - 4 * i, i); };
      CHECK(co_await task::collect(task::iter({0, 5, 10, 15}) | task::map(work) | task::buffered(limit)) ==
            Ints{0, 5, 10, 15});
      CHECK(crowd.most == static_cast<int>(std::min<std::size_t>(limit, 4)));
      crowd.most = 0;
      CHECK(co_await task::collect(task::iter({0, 5, 10, 15}) | task::map(work) | task::buffer_unordered(limit)) ==
            (limit == 1 ? Ints{0, 5, 10, 15} : limit == 3 ? Ints{10, 15, 5, 0} : Ints{15, 10, 5, 0}));
      CHECK(crowd.most == static_cast<int>(std::min<std::size_t>(limit, 4)));
    }
    // More than a task has slots for, and tasks that are ready at once.
    Crowd crowd;
    auto all = co_await task::collect(Counted{0, 200} | task::map([&](int i) { return crowd.run(i % 7, i); }) |
                                      task::buffer_unordered(80));
    CHECK(std::set(all.begin(), all.end()).size() == 200);
    CHECK(crowd.most <= 80);
  });
  CHECK(support::aborts_with("at most 0 tasks", [] { task::buffered(0); }));
  CHECK(support::aborts_with("at most 0 tasks", [] { task::buffer_unordered(0); }));
}

TEST_CASE("GE2: what buffered has under way goes on while the stream still waits for the next task") {
  probe::on_every_flavor([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(4);
    auto results = std::move(rx) | task::map([](int i) { return probe::after(10 * i, i); }) |
                   task::buffer_unordered(4);
    CHECK(co_await tx.send(1));
    CHECK(co_await results.next() == 1);  // the sender lives, and sends no more
    CHECK(co_await tx.send(2));
    CHECK(co_await tx.send(3));
    CHECK(co_await results.next() == 2);
    { auto closed = std::move(tx); }
    CHECK(co_await results.next() == 3);
    CHECK_FALSE(co_await results.next());
  });
}

TEST_CASE("GE2: an exception of a buffered task comes out of next(), and the others end") {
  probe::on_every_flavor([]() -> Task<void> {
    auto results = task::iter({1, 2, 3}) | task::map([](int i) -> Task<int> {
                     const Alive alive;
                     for (int turns = 0; turns < 5 * i; ++turns) co_await yield_now();
                     if (i == 2) throw std::runtime_error("task 2");
                     co_return i;
                   }) |
                   task::buffered(3);
    CHECK(co_await results.next() == 1);
    bool caught = false;
    try {
      static_cast<void>(co_await results.next());
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(probe::living == 0);
    CHECK_FALSE(co_await results.next());
  });
}

TEST_CASE("GE2: for_each_concurrent runs at most n at once, may borrow, and ends with the first error") {
  probe::on_every_flavor([]() -> Task<void> {
    Crowd crowd;
    int sum = 0;
    co_await task::for_each_concurrent(Counted{0, 40}, 4, [&](int i) -> Task<void> { sum += co_await crowd.run(10 + i % 5, i); });
    CHECK(sum == 780);
    CHECK(crowd.most == 4);
    int finished = 0;
    Counted source;
    auto result = co_await task::for_each_concurrent(source, 3, [&](int i) -> Task<Result<void>> {
      const Alive alive;
      if (i == 5) co_return Errc::Closed;
      co_await probe::count_to(i == 4 ? 1000 : 2);
      ++finished;
      co_return Result<void>();
    });
    CHECK(result.error() == Errc::Closed);
    CHECK(finished < 5);
    CHECK(probe::living == 0);
    CHECK(source.next_item < 10);
    bool caught = false;
    try {
      co_await task::for_each_concurrent(Counted{}, 3, [](int i) -> Task<void> {
        if (i == 7) throw std::runtime_error("seven");
        co_await probe::count_to(1);
      });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(co_await task::for_each_concurrent(task::empty<int>(), 2, [](int) -> Task<Result<void>> { co_return Errc::Closed; }));
  });
  CHECK(support::aborts_with("at most 0 tasks", [] {
    static_cast<void>(task::for_each_concurrent(task::empty<int>(), 0, [](int) -> Task<void> { co_return; }));
  }));
}

TEST_CASE("GE4: iter, once, empty, pending") {
  probe::on_every_flavor([]() -> Task<void> {
    auto one = task::once(std::string("one"));
    CHECK(co_await one.next() == "one");
    CHECK_FALSE(co_await one.next());
    auto none = task::empty<int>();
    CHECK_FALSE(co_await none.next());
    auto never = task::pending<int>();
    auto won = co_await select(never.next(), losing(probe::count_to(5)));
    CHECK(won.is<1>());
    auto listed = task::iter({1, 2});
    CHECK(co_await listed.next() == 1);
  });
}

TEST_CASE("GE4: a StreamMap gives items with their keys; streams that ended leave it") {
  probe::on_every_flavor([]() -> Task<void> {
    StreamMap<std::string, Counted> map;
    static_assert(task::Stream<decltype(map)>);
    CHECK_FALSE(co_await map.next());
    CHECK_FALSE(map.insert("a", Counted{0, 2}));
    CHECK_FALSE(map.insert("b", Counted{10, 15}));
    CHECK(map.len() == 2);
    Ints of_a;
    Ints of_b;
    while (auto next = co_await map.next()) (next->first == "a" ? of_a : of_b).push_back(next->second);
    CHECK(of_a == Ints{0, 1});
    CHECK(of_b == Ints{10, 11, 12, 13, 14});
    CHECK(map.empty());

    map.insert("c", Counted{});
    CHECK((co_await map.next())->second == 0);
    map.insert("d", Counted{100, 200});
    auto replaced = map.insert("c", Counted{500, 600});
    REQUIRE(replaced);
    CHECK(replaced->next_item >= 1);
    CHECK(map.contains("c"));
    CHECK(map.keys() == std::vector<std::string>{"d", "c"});
    CHECK(map.remove("d"));
    CHECK_FALSE(map.remove("d"));
    CHECK((co_await map.next())->second == 500);
    map.clear();
    CHECK_FALSE(co_await map.next());
  });
}

TEST_CASE("GE4: a StreamMap begins with a random one, so that none is starved") {
  auto runtime = runtime::Builder::current_thread().build();
  runtime->block_on([]() -> Task<void> {
    const auto ready = [](int of) -> AsyncGenerator<int> {
      for (;;) co_yield of;
    };
    StreamMap<int, AsyncGenerator<int>> map;
    for (int i = 0; i < 3; ++i) map.insert(i, ready(i));
    int given[3] = {};
    for (int i = 0; i < 600; ++i) ++given[(co_await map.next())->first];
    for (const int count : given) CHECK(count > 100);
  }());
}

TEST_CASE("GE4: a StreamMap waits for all of its streams, also after other awaits, and notify_close tells of ends") {
  probe::on_every_flavor([]() -> Task<void> {
    auto [tx_a, rx_a] = mpsc<int>(4);
    auto [tx_b, rx_b] = mpsc<int>(4);
    const auto closing = [](Receiver<int>&& rx) { return std::move(rx) | task::notify_close(); };
    StreamMap<char, AsyncGenerator<std::optional<int>>> map;
    map.insert('a', closing(std::move(rx_a)));
    map.insert('b', closing(std::move(rx_b)));
    CHECK((co_await select(detail::next_of(map), losing(probe::count_to(3)))).is<1>());
    auto handle = spawn([](Sender<int> a, Sender<int> b) -> Task<void> {
      for (int i = 0; i < 3; ++i) {
        co_await probe::count_to(2);
        static_cast<void>(co_await b.send(i));
        co_await probe::count_to(2);
        static_cast<void>(co_await a.send(i));
      }
    }, std::move(tx_a), std::move(tx_b));
    int items = 0;
    std::set<char> closed;
    while (auto next = co_await map.next()) {
      if (next->second) {
        ++items;
      } else {
        CHECK(closed.insert(next->first).second);
      }
    }
    CHECK(items == 6);
    CHECK(closed == std::set{'a', 'b'});
    CHECK(co_await handle);
  });
}
