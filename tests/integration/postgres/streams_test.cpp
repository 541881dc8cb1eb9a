#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/postgres/copy_rows.h>
#include <rondeau/test/cancel_everywhere.h>

#include "database.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using integration::database;
using integration::good;
using sql::ErrorKind;
using postgres::Pieces;

Task<postgres::Database> with_table() {
  auto db = co_await database({.max_connections = 1});
  good(co_await db.exec("create table t (a int primary key, b text)"));
  co_return db;
}
Task<std::int64_t> count(const postgres::Database& db) {
  co_return good(co_await db.scalar<std::int64_t>("select count(*) from t"));
}

struct Row { std::int32_t a; std::string b; };

TEST_CASE("postgres: a stream gives every row, whatever their number") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    for (const int rows : {0, 1, 255, 256, 257, 5000}) {
      auto stream = db.stream<Row>("select i as a, 'x' || i as b from generate_series(1, $1) as i", rows);
      int next = 1;
      while (auto row = co_await stream.next()) {
        REQUIRE(*row);
        CHECK((*row)->a == next);
        CHECK((*row)->b == "x" + std::to_string(next));
        ++next;
      }
      CHECK(next == rows + 1);
    }
    CHECK(good(co_await db.scalar<std::string>("show statement_timeout")) == "31s");
    co_await db.close();
  });
}

TEST_CASE("postgres: a stream that fails says so and ends, and one that is dropped stops the server") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1, .clean_timeout = 20s});
    {
      auto stream = db.stream<int>("select 1000 / (1000 - i) from generate_series(1, 2000) as i");
      int rows = 0;
      std::optional<sql::Error> error;
      while (auto row = co_await stream.next()) {
        if (*row) ++rows;
        else error = row->error();
      }
      REQUIRE(error);
      CHECK(error->sqlstate() == "22012");
      CHECK(rows <= 999);
    }
    const int process = good(co_await db.scalar<int>("select pg_backend_pid()"));
    {
      auto stream = db.stream<std::int64_t>("select generate_series(1, 100000000::bigint)");
      CHECK(good(*co_await stream.next()) == 1);
    }
    CHECK(good(co_await db.scalar<int>("select pg_backend_pid()")) == process);
    co_await db.close();
  });
}

TEST_CASE("postgres: within a transaction a stream may be left early, and the transaction goes on") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    good(co_await db.transaction([](sql::Transaction& tx) -> Task<Result<void, sql::Error>> {
      for (int round = 0; round < 3; ++round) {
        auto stream = tx.stream<Row>("select i as a, 'y'::text as b from generate_series($1, 1000) as i", 1);
        for (int i = 1; i <= 300; ++i) CHECK(good(*co_await stream.next()).a == i);
      }
      RONDEAU_TRY_VOID(co_await tx.exec("insert into t values (1, 'z')"));
      co_return {};
    }));
    CHECK(co_await count(db) == 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: COPY takes rows in and gives them back") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    std::string rows;
    const std::string odd = "tab\t line\n back\\slash";
    for (int i = 0; i < 20'000; ++i) {
      rows += std::to_string(i) + '\t';
      postgres::append_copy_field(rows, i % 2 == 0 ? &odd : nullptr);
      rows += '\n';
    }
    CHECK(good(co_await db.copy_in("copy t from stdin", rows)) == 20'000);
    CHECK(good(co_await db.scalar<std::string>("select b from t where a = 0")) == odd);
    CHECK(good(co_await db.scalar<bool>("select b is null from t where a = 1")));
    std::string back;
    auto pieces = db.copy_out("copy (select * from t order by a) to stdout");
    while (auto piece = co_await pieces.next()) back += good(*std::move(piece));
    CHECK(back == rows);
    std::string csv;
    auto header = db.copy_out("copy (select 1 as one) to stdout (format csv, header)");
    while (auto piece = co_await header.next()) csv += good(*std::move(piece));
    CHECK(csv == "one\n1\n");
    std::string binary;
    auto raw = db.copy_out("copy (select a from t where a < 3) to stdout (format binary)");
    while (auto piece = co_await raw.next()) binary += good(*std::move(piece));
    CHECK(binary.starts_with(std::string_view("PGCOPY\n\377\r\n\0", 11)));
    good(co_await db.exec("delete from t"));
    CHECK(good(co_await db.copy_in("copy t (a) from stdin (format binary)", binary)) == 3);
    co_await db.close();
  });
}

struct Item {
  std::int32_t a;
  std::optional<std::string> b;
};

TEST_CASE("postgres: structs are copied in as they are read") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    postgres::CopyRows rows;
    for (int i = 0; i < 1000; ++i) {
      good(rows.add(Item{i, i % 3 == 0 ? std::nullopt : std::optional<std::string>("\\N \t" + std::to_string(i))}));
    }
    CHECK(good(co_await db.copy_in("copy t from stdin", std::move(rows).take())) == 1000);
    const auto items = good(co_await db.all<Item>("select a, b from t order by a"));
    REQUIRE(items.size() == 1000);
    CHECK_FALSE(items[999].b);
    CHECK(items[998].b == "\\N \t998");
    co_await db.close();
  });
}

Pieces rows_then_failure() {
  co_yield std::string("1\tx\n2\tx\n");
  co_yield Unexpected{sql::Error(ErrorKind::Encode, {.message = "the source broke"})};
}
Pieces many_rows(int from) {
  for (int i = from; i < from + 100'000; ++i) co_yield std::to_string(i) + "\tsome text that fills the buffers\n";
}

TEST_CASE("postgres: a source that fails leaves no row, and a row that the server refuses is the result") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    const auto broke = co_await db.copy_in("copy t from stdin", rows_then_failure());
    REQUIRE_FALSE(broke);
    CHECK(broke.error().message() == "the source broke");
    CHECK(co_await count(db) == 0);
    const auto refused = co_await db.copy_in("copy t from stdin", std::string("1\tx\n1\tx\n"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().is_unique_violation());
    CHECK(co_await count(db) == 0);
    good(co_await db.exec("insert into t values (5000, 'there')"));
    // Refused in the middle of what is sent on and on.
    const auto early = co_await db.copy_in("copy t from stdin", many_rows(4900));
    REQUIRE_FALSE(early);
    CHECK(early.error().is_unique_violation());
    CHECK(co_await count(db) == 1);
    const auto wrong = co_await db.copy_in("select 1", std::string("x"));
    CHECK(wrong.error().message().find("no COPY") != std::string::npos);
    const auto missing = co_await db.copy_in("copy nowhere from stdin", std::string("x"));
    CHECK(missing.error().sqlstate() == "42P01");
    CHECK(co_await count(db) == 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: COPY may be given up at every point in both directions; no row stays, the connection serves on") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    const auto copy = [&] { return db.copy_in("copy t from stdin where a = 0", std::string("1\tx\n")); };
    auto report = co_await test::CancelEverywhere{copy, [&](auto) -> Task<bool> { co_return co_await count(db) == 0; }}.run();
    CHECK(report.suspensions >= 2);
    {
      auto out = db.copy_out("copy (select repeat('x', 1000) from generate_series(1, 1000000)) to stdout");
      CHECK(good(*co_await out.next()).size() == 1001);
    }
    CHECK(co_await count(db) == 0);
    co_await db.close();
  });
}

}  // namespace
