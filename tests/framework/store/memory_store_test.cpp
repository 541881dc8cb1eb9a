#include <rondeau/store/memory_store.h>

#include <chrono>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// On a clock that jumps over what everybody waits for.
template <class F>
void run(F body) {
  auto runtime = runtime::Builder::current_thread().start_paused().build();
  runtime.value().block_on(body);
}

Bytes bytes(std::string text) {
  return Bytes(std::move(text));
}

}  // namespace

TEST_CASE("store: a value is there until its time is over, to the nanosecond") {
  MemoryStore store;
  run([&]() -> Task<void> {
    CHECK((co_await store.put("a", bytes("1"), 10s)));
    CHECK((co_await store.get("a")).value() == bytes("1"));
    co_await time::sleep_for(10s - 1ms);
    CHECK((co_await store.get("a")).value() == bytes("1"));
    co_await time::sleep_for(1ms);
    CHECK((co_await store.get("a")).value() == std::nullopt);
    CHECK(store.entries() == 0);
    CHECK(store.bytes() == 0);
  });
}

TEST_CASE("store: put_if_absent, compare_and_put and compare_and_erase do it or say that they did not") {
  MemoryStore store;
  run([&]() -> Task<void> {
    CHECK((co_await store.put_if_absent("a", bytes("1"), 10s)).value());
    CHECK_FALSE((co_await store.put_if_absent("a", bytes("2"), 10s)).value());
    CHECK_FALSE((co_await store.compare_and_put("a", bytes("2"), bytes("3"), 10s)).value());
    CHECK_FALSE((co_await store.compare_and_put("b", bytes(""), bytes("3"), 10s)).value());
    CHECK((co_await store.get("a")).value() == bytes("1"));
    CHECK((co_await store.compare_and_put("a", bytes("1"), bytes("3"), 20s)).value());
    co_await time::sleep_for(15s);
    CHECK((co_await store.get("a")).value() == bytes("3"));
    CHECK_FALSE((co_await store.compare_and_erase("a", bytes("1"))).value());
    CHECK((co_await store.compare_and_erase("a", bytes("3"))).value());
    CHECK_FALSE((co_await store.erase("a")).value());
    CHECK((co_await store.put("a", bytes("4"), 1s)));
    CHECK((co_await store.put("a", bytes("5"), 10s)));
    co_await time::sleep_for(2s);
    CHECK((co_await store.erase("a")).value());
    CHECK((co_await store.put("a", bytes("6"), 1s)));
    co_await time::sleep_for(2s);
    // What is too old is absent to all of them.
    CHECK_FALSE((co_await store.compare_and_put("a", bytes("6"), bytes("7"), 1s)).value());
    CHECK((co_await store.put_if_absent("a", bytes("8"), 1s)).value());
  });
}

TEST_CASE("store: a full store forgets what is too old, then what was longest not used") {
  MemoryStore store({.max_entries = 3, .shards = 1});
  run([&]() -> Task<void> {
    CHECK((co_await store.put("a", bytes("1"), 100s)));
    CHECK((co_await store.put("b", bytes("2"), 1s)));
    CHECK((co_await store.put("c", bytes("3"), 100s)));
    co_await time::sleep_for(2s);
    CHECK((co_await store.put("d", bytes("4"), 100s)));
    CHECK((co_await store.get("a")).value() == bytes("1"));
    CHECK((co_await store.put("e", bytes("5"), 100s)));
    CHECK((co_await store.get("a")).value() == bytes("1"));
    CHECK((co_await store.get("c")).value() == std::nullopt);
    CHECK((co_await store.get("d")).value() == bytes("4"));
    CHECK((co_await store.get("e")).value() == bytes("5"));
    CHECK(store.entries() == 3);
  });
}

TEST_CASE("store: bytes are bounded, and a value that never fits is refused and leaves what was there") {
  MemoryStore store({.max_bytes = 2000, .shards = 1});
  run([&]() -> Task<void> {
    CHECK((co_await store.put("a", bytes(std::string(700, 'a')), 100s)));
    CHECK((co_await store.put("b", bytes(std::string(700, 'b')), 100s)));
    CHECK(store.bytes() <= 2000);
    CHECK((co_await store.put("c", bytes(std::string(700, 'c')), 100s)));
    CHECK(store.entries() == 2);
    CHECK(store.bytes() <= 2000);
    const auto refused = co_await store.put("c", bytes(std::string(2000, 'c')), 100s);
    CHECK_FALSE(refused);
    CHECK(refused.error() == Errc::TooLarge);
    CHECK((co_await store.get("c")).value() == bytes(std::string(700, 'c')));
    CHECK((co_await store.put("c", bytes(std::string(1700, 'd')), 100s)));
    CHECK(store.entries() == 1);
  });
}
