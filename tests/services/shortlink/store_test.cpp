#include "store.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#ifdef SHORTLINK_POSTGRES
#include <rondeau/postgres/database.h>
#include "support/postgres_server.h"
#endif
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/join.h>
#include <rondeau/task/spawn.h>

#include "support/temporary_directory.h"

using namespace rondeau;
using namespace shortlink;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

constexpr Time kNow{seconds(1'770'000'000)};

StoredLink link(std::string id, std::optional<Time> expires = std::nullopt) {
  return {std::move(id), "https://example.org/", kNow, expires, 0};
}

/// On a runtime of its own: the store needs none of a particular kind.
Result<std::shared_ptr<Store>> opened(std::string url) {
  auto runtime = runtime::Builder::current_thread().build().value();
  auto store = runtime.block_on(open_store(std::move(url)));
  if (!store) return store.error();
  return std::shared_ptr<Store>(*std::move(store));
}

#ifdef SHORTLINK_POSTGRES
/// A database of PostgreSQL that nobody has used; nothing where no server is installed.
std::optional<std::string> new_postgres_database() {
  if (!support::PostgresServer::programs()) return std::nullopt;
  static const support::PostgresServer server;
  static int made = 0;
  const std::string name = "shortlink_" + std::to_string(made++);
  auto runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([&]() -> Task<void> {
    const postgres::Database database = (co_await postgres::open(server.url())).value();
    static_cast<void>((co_await database.exec(sql::unchecked("create database " + name))).value());
    co_await database.close();
  });
  std::string url = server.url();
  return url.replace(url.rfind('/') + 1, std::string::npos, name);
}
#else
std::optional<std::string> new_postgres_database() {
  return std::nullopt;
}
#endif

/// Runs the body with a store in memory, then with one in a file, then with one that a server has.
template <class Body>
void on_each_store(Body body) {
  const support::TemporaryDirectory folder;
  std::vector<std::string> urls{"sqlite::memory:", "sqlite:" + (folder / "x.db").native()};
  if (auto url = new_postgres_database()) urls.push_back(*std::move(url));
  for (const std::string& url : urls) {
    CAPTURE(url);
    auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
    runtime.block_on([&]() -> Task<void> {
      const std::shared_ptr<Store> store = (co_await open_store(url)).value();
      co_await body(*store);
    });
  }
}

}  // namespace

TEST_CASE("shortlink: the store gives back what it was given, and refuses an id that is taken") {
  on_each_store([](Store& store) -> Task<void> {
    CHECK((co_await store.ping()).has_value());
    CHECK_FALSE((co_await store.find("a")).value().has_value());
    CHECK((co_await store.insert(link("a", kNow + seconds(5)))).has_value());
    const auto found = (co_await store.find("a")).value();
    REQUIRE(found.has_value());
    CHECK(found->url == "https://example.org/");
    CHECK(found->created_at == kNow);
    CHECK(found->expires_at == kNow + seconds(5));
    CHECK(found->clicks == 0);
    const auto again = co_await store.insert(link("a"));
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error() == Errc::AlreadyExists);
    CHECK((co_await store.find("a")).value()->expires_at == kNow + seconds(5));
    CHECK_FALSE((co_await store.find("A")).value().has_value());  // ids are case-sensitive
  });
}

TEST_CASE("shortlink: links that are inserted together are refused one by one") {
  on_each_store([](Store& store) -> Task<void> {
    CHECK((co_await store.insert(link("b"))).has_value());
    std::vector<StoredLink> many;
    for (const char* id : {"a", "b", "c", "c"}) many.push_back(link(id));
    CHECK((co_await store.insert_many(std::move(many))).value() == std::vector<bool>{true, false, true, false});
    CHECK((co_await store.find("c")).value().has_value());
  });
}

TEST_CASE("shortlink: clicks are summed by link, hour and referrer") {
  on_each_store([](Store& store) -> Task<void> {
    CHECK((co_await store.insert(link("a"))).has_value());
    const Time hour = std::chrono::floor<hours>(kNow);
    std::vector<Click> clicks;
    for (int i = 0; i < 3; ++i) clicks.push_back({"a", hour + seconds(i), "news.example"});
    clicks.push_back({"a", hour + hours(1), "b.example"});
    clicks.push_back({"a", hour + hours(30), ""});
    clicks.push_back({"gone", hour, ""});
    CHECK((co_await store.add_clicks(std::move(clicks))).value() == 5);
    CHECK((co_await store.find("a")).value()->clicks == 5);

    const Stats by_hour = (co_await store.stats("a", hour, hour + hours(2), 3600)).value();
    CHECK(by_hour.total == 4);
    REQUIRE(by_hour.buckets.size() == 2);
    CHECK(by_hour.buckets[0].at == hour);
    CHECK(by_hour.buckets[0].clicks == 3);
    CHECK(by_hour.buckets[1].clicks == 1);
    REQUIRE(by_hour.referrers.size() == 2);
    CHECK(by_hour.referrers[0].host == "news.example");
    CHECK(by_hour.referrers[0].clicks == 3);

    const Time day = std::chrono::floor<std::chrono::days>(kNow);
    const Stats by_day = (co_await store.stats("a", day, day + hours(96), 86'400)).value();
    CHECK(by_day.total == 5);
    REQUIRE(by_day.buckets.size() == 2);
    CHECK(by_day.buckets[0].at == day);
    CHECK(by_day.buckets[0].clicks == 4);
  });
}

TEST_CASE("shortlink: what has expired is deleted with its clicks, so many at a time") {
  on_each_store([](Store& store) -> Task<void> {
    for (const char* id : {"a", "b", "c"}) CHECK((co_await store.insert(link(id, kNow + seconds(10)))).has_value());
    CHECK((co_await store.insert(link("stays"))).has_value());
    CHECK((co_await store.insert(link("later", kNow + seconds(11)))).has_value());
    std::vector<Click> clicks{{"a", kNow, "x.example"}};
    CHECK((co_await store.add_clicks(std::move(clicks))).value() == 1);
    CHECK((co_await store.delete_expired(kNow + seconds(9), 100)).value() == 0);
    CHECK((co_await store.delete_expired(kNow + seconds(10), 2)).value() == 2);
    CHECK((co_await store.delete_expired(kNow + seconds(10), 2)).value() == 1);
    CHECK((co_await store.find("stays")).value().has_value());
    CHECK((co_await store.find("later")).value().has_value());
    CHECK((co_await store.insert(link("a"))).has_value());  // free again, with nothing left of the old one
    CHECK((co_await store.stats("a", kNow - hours(1), kNow + hours(1), 3600)).value().total == 0);
    CHECK((co_await store.stats("a", kNow - hours(1), kNow + hours(1), 3600)).value().referrers.empty());
  });
}

TEST_CASE("shortlink: an id is free as soon as its link has expired, with nothing left of the old one") {
  on_each_store([](Store& store) -> Task<void> {
    CHECK((co_await store.insert(link("a", kNow))).has_value());
    CHECK((co_await store.insert(link("b", kNow))).has_value());
    CHECK((co_await store.insert(link("c", kNow + seconds(1)))).has_value());
    std::vector<Click> clicks{{"a", kNow, "x.example"}};
    CHECK((co_await store.add_clicks(std::move(clicks))).value() == 1);
    CHECK((co_await store.insert(link("a"))).has_value());
    CHECK_FALSE((co_await store.find("a")).value()->expires_at.has_value());
    CHECK((co_await store.stats("a", kNow - hours(1), kNow + hours(1), 3600)).value().total == 0);
    std::vector<StoredLink> many;
    for (const char* id : {"a", "b", "c"}) many.push_back(link(id));
    CHECK((co_await store.insert_many(std::move(many))).value() == std::vector<bool>{false, true, false});
  });
}

TEST_CASE("shortlink: a database that was replaced, emptied or deleted does not answer") {
  const support::TemporaryDirectory folder;
  auto runtime = runtime::Builder::current_thread().build().value();
  {
    static_cast<void>(opened("sqlite:" + (folder / "other.db").native()).value());
  }
  struct Case {
    std::string name;
    void (*spoil)(const std::string& file, const std::string& other);
  };
  for (const Case& row : {
           Case{"deleted", [](const std::string& file, const std::string&) { std::filesystem::remove(file); }},
           Case{"replaced",
                [](const std::string& file, const std::string& other) { std::filesystem::rename(other, file); }},
           Case{"emptied", [](const std::string& file, const std::string&) { std::filesystem::resize_file(file, 0); }},
           Case{"overwritten",
                [](const std::string& file, const std::string&) {
                  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary) << std::string(100, 'x');
                }},
       }) {
    CAPTURE(row.name);
    const std::string file = (folder / (row.name + ".db").c_str()).native();
    {
      static_cast<void>(opened("sqlite:" + file).value());
    }  // so that all is in the file, nothing in its log
    const std::shared_ptr<Store> store = opened("sqlite:" + file).value();
    runtime.block_on([&]() -> Task<void> {
      CHECK((co_await store->find("a")).has_value());
      CHECK((co_await store->ping()).has_value());
      row.spoil(file, (folder / "other.db").native());
      CHECK_FALSE((co_await store->ping()).has_value());
    });
  }
}

TEST_CASE("shortlink: of many that insert one id at a time, one wins") {
  on_each_store([](Store& store) -> Task<void> {
    std::vector<JoinHandle<Result<void>>> all;
    for (int i = 0; i < 100; ++i) all.push_back(spawn(store.insert(link("id" + std::to_string(i % 10)))));
    int won = 0;
    for (auto& one : all) won += (co_await one).value().has_value() ? 1 : 0;
    CHECK(won == 10);
  });
}

TEST_CASE("shortlink: a database keeps its links over a restart, and leaves no log behind") {
  const support::TemporaryDirectory folder;
  const std::string url = "sqlite:" + (folder / "x.db").native();
  auto runtime = runtime::Builder::current_thread().build().value();
  {
    const std::shared_ptr<Store> store = opened(url).value();
    runtime.block_on([&]() -> Task<void> {
      CHECK((co_await store->insert(link("a"))).has_value());
      CHECK((co_await store->find("a")).value().has_value());
    });
  }
  CHECK_FALSE(std::filesystem::exists((folder / "x.db-wal").native()));
  const std::shared_ptr<Store> store = opened(url).value();
  runtime.block_on([&]() -> Task<void> { CHECK((co_await store->find("a")).value().has_value()); });
}

TEST_CASE("shortlink: a database that cannot be had is one sentence with its name") {
  const support::TemporaryDirectory folder;
  {
    static_cast<void>(opened("sqlite:" + (folder / "x.db").native()).value());
  }
  struct Case {
    std::string url;
    Errc code;
  };
  for (const Case& row : {Case{"mysql://x", Errc::InvalidArgument}, Case{"sqlite:", Errc::InvalidArgument},
                          Case{"sqlite:" + (folder / "no/such/folder.db").native(), Errc::NotFound},
                          Case{"sqlite:file:" + (folder / "x.db").native() + "?mode=ro", Errc::ReadOnly}}) {
    CAPTURE(row.url);
    const auto store = opened(row.url);
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error() == row.code);
    CHECK(store.error().message().find('\n') == std::string::npos);
    CHECK(store.error().message().find(row.url.substr(row.url.find(':') + 1)) != std::string::npos);
  }
}
