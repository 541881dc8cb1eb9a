#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <rondeau/test/cancel_everywhere.h>

#include "database.h"

namespace {

using namespace rondeau;
using integration::database;
using integration::good;
using sql::ErrorKind;

Task<postgres::Database> with_table(postgres::Options options = {}) {
  auto db = co_await database(std::move(options));
  good(co_await db.exec("create table t (a int primary key)"));
  co_return db;
}
Task<std::int64_t> count(const postgres::Database& db) {
  co_return good(co_await db.scalar<std::int64_t>("select count(*) from t"));
}

TEST_CASE("postgres: a batch gives each statement's own type") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    for (int round = 0; round < 3; ++round) {
      const auto [changed, all, number] = good(co_await db.batch(
          sql::exec("insert into t values ($1)", round), sql::all<int>("select a from t order by a"),
          sql::scalar<std::int64_t>("select count(*) from t where a >= $1", 0)));
      CHECK(changed == 1);
      CHECK(all.size() == static_cast<std::size_t>(round) + 1);
      CHECK(number == round + 1);
    }
    co_await db.close();
  });
}

TEST_CASE("postgres: a statement of a batch has the columns that its tables have by then") {
  test::run([]() -> Task<void> {
    struct Row { std::string b; };
    const auto db = co_await database({.max_connections = 1});
    good(co_await db.exec("create table two (a int, b text)"));
    good(co_await db.exec("insert into two values (1, 'x')"));
    const auto [before, gone, after] = good(co_await db.batch(sql::one<Row>("select * from two"),
                                                              sql::exec("alter table two drop column a"),
                                                              sql::one<Row>("select * from two")));
    CHECK(before.b == "x");
    CHECK(gone == 0);
    CHECK(after.b == "x");
    for (int use = 0; use < 3; ++use) CHECK(good(co_await db.one<Row>("select * from two")).b == "x");
    co_await db.close();
  });
}

TEST_CASE("postgres: the first failure is the batch's error, with its index, and nothing happened") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table({.max_connections = 1});
    for (int round = 0; round < 3; ++round) {  // unnamed, prepared in the flight, prepared before
      const auto failed = co_await db.batch(sql::exec("insert into t values ($1)", 1), sql::scalar<int>("select 1 / $1", 0),
                                            sql::exec("insert into t values ($1)", 2), sql::exec("delete from t"));
      REQUIRE_FALSE(failed);
      CHECK(failed.error().sqlstate() == "22012");
      CHECK(failed.error().index() == 1);
      CHECK(co_await count(db) == 0);
    }
    CHECK(good(co_await db.batch(sql::scalar<int>("select 1 / $1", 1), sql::exec("delete from t"))) == std::tuple(1, 0));
    co_await db.close();
  });
}

TEST_CASE("postgres: more than fit into one flight are one transaction all the same") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table({.max_connections = 1});
    std::vector<sql::Item<std::int64_t>> items;
    for (int i = 0; i < 2500; ++i) items.push_back(sql::exec("insert into t values ($1)", i));
    const auto changed = good(co_await db.batch(std::move(items)));
    CHECK(changed.size() == 2500);
    CHECK(co_await count(db) == 2500);
    items.clear();
    for (int i = 2500; i < 5000; ++i) items.push_back(sql::exec("insert into t values ($1)", i == 4700 ? 1 : i));
    const auto failed = co_await db.batch(std::move(items));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().is_unique_violation());
    CHECK(failed.error().index() == 2200);
    CHECK(co_await count(db) == 2500);
    co_await db.close();
  });
}

TEST_CASE("postgres: a batch with more texts than the cache holds runs, and so does one larger than every buffer") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1, .statement_cache = 2});
    std::vector<sql::Item<int>> items;
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 20; ++i) items.push_back(sql::scalar<int>(sql::unchecked("select " + std::to_string(i))));
    }
    const auto values = good(co_await db.batch(std::move(items)));
    REQUIRE(values.size() == 60);
    CHECK(values[59] == 19);
    std::vector<sql::Item<std::string>> large;
    const std::string megabyte(1 << 20, 'x');
    for (int i = 0; i < 20; ++i) large.push_back(sql::scalar<std::string>("select $1::text", megabyte));
    CHECK(good(co_await db.batch(std::move(large)))[19] == megabyte);
    co_await db.close();
  });
}

TEST_CASE("postgres: within a transaction a batch fails as a statement does") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    const auto failed = co_await db.transaction([](sql::Transaction& tx) -> Task<Result<void, sql::Error>> {
      RONDEAU_TRY_VOID(co_await tx.batch(sql::exec("insert into t values (1)"), sql::exec("insert into t values (2)")));
      RONDEAU_TRY_VOID(co_await tx.batch(sql::exec("insert into t values (3)"), sql::exec("insert into t values (1)")));
      co_return {};
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().index() == 1);
    CHECK(co_await count(db) == 0);
    co_await db.close();
  });
}

TEST_CASE("postgres: a batch may be given up at every point, and its connection serves on") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table({.max_connections = 1});
    const auto work = [&] {
      return db.batch(sql::exec("insert into t values ($1)", 1), sql::scalar<std::string>("select repeat('x', 100000)"),
                      sql::exec("delete from t"));
    };
    for (int i = 0; i < 3; ++i) CHECK(co_await work());
    const auto report = co_await test::CancelEverywhere{work, [&](auto result) -> Task<bool> {
                                                          if (result && !*result) co_return false;
                                                          co_return co_await count(db) == 0;
                                                        }}.run();
    CHECK(report.suspensions >= 1);
    co_await db.close();
  });
}

}  // namespace
