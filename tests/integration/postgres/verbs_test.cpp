#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "database.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using integration::database;
using integration::good;
using sql::ErrorKind;

struct Link {
  std::int64_t id;
  std::string url;
  std::optional<std::string> note;
};

TEST_CASE("postgres: the verbs write and read rows") {
  test::run([]() -> Task<void> {
    const auto db = co_await database();
    CHECK(db.system() == "postgresql");
    good(co_await db.exec("create table links (id bigint primary key, url text not null, note text)"));
    CHECK(good(co_await db.exec("insert into links values ($1, $2, $3)", std::int64_t{1}, "https://a", std::nullopt)) == 1);
    CHECK(good(co_await db.exec("insert into links values ($1, $2, $3)", std::int64_t{2}, "https://b", "second")) == 1);
    for (int use = 0; use < 3; ++use) {  // as text, prepared, prepared
      const auto all = good(co_await db.all<Link>("select id, url, note from links order by id"));
      REQUIRE(all.size() == 2);
      CHECK(all[0].url == "https://a");
      CHECK_FALSE(all[0].note);
      CHECK(all[1].note == "second");
      const auto one = good(co_await db.one<Link>("select * from links where id = $1", std::int64_t{2}));
      CHECK(one.url == "https://b");
      CHECK_FALSE(good(co_await db.maybe<Link>("select * from links where id = $1", std::int64_t{3})));
      CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from links")) == 2);
      CHECK((co_await db.one<Link>("select * from links where id = $1", std::int64_t{3})).error().kind() ==
            ErrorKind::RowMissing);
      CHECK((co_await db.one<Link>("select * from links")).error().kind() == ErrorKind::TooManyRows);
    }
    CHECK(good(co_await db.exec("delete from links where id = any($1)", std::vector<std::int64_t>{1, 2, 3})) == 2);
    const std::vector<std::int64_t> ids{5, 6};
    const std::vector<std::optional<std::string>> notes{"x", std::nullopt};
    CHECK(good(co_await db.exec("insert into links select id, 'u', note from unnest($1, $2::text[]) as t(id, note)", ids,
                                notes)) == 2);
    CHECK_FALSE(good(co_await db.one<Link>("select * from links where id = 6")).note);
    co_await db.close();
  });
}

enum class Colour { red, green };

struct Everything {
  bool b;
  std::int16_t i2;
  std::int32_t i4;
  std::int64_t i8;
  float f4;
  double f8;
  std::string t;
  std::vector<std::byte> by;
  std::chrono::sys_time<std::chrono::microseconds> tz;
  std::chrono::local_time<std::chrono::microseconds> ts;
  std::chrono::year_month_day d;
  sql::Interval iv;
  Uuid u;
  sql::Numeric n;
  std::vector<std::int32_t> a;
  std::vector<std::optional<std::string>> ta;
  Colour c;
};

TEST_CASE("postgres: every type comes back as it was sent, in text and in binary") {
  test::run([]() -> Task<void> {
    const auto db = co_await database();
    const auto instant = std::chrono::sys_time<std::chrono::microseconds>(1'700'000'000'123'456us);
    const auto local = std::chrono::local_time<std::chrono::microseconds>(-1us);
    const std::chrono::year_month_day day(std::chrono::year(1969), std::chrono::December, std::chrono::day(31));
    const sql::Interval span{.months = -14, .days = 3, .microseconds = -1'500'000};
    const Uuid uuid = *Uuid::parse("018f3c5a-0000-7000-8000-0123456789ab");
    const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}, std::byte{'\\'}};
    for (int use = 0; use < 3; ++use) {
      const auto row = good(co_await db.one<Everything>(
          "select $1 as b, $2 as i2, $3 as i4, $4 as i8, $5 as f4, $6 as f8, $7::text as t, $8 as by, $9 as tz, $10 as ts, "
          "$11 as d, $12 as iv, $13 as u, $14 as n, $15 as a, $16::text[] as ta, $17::text as c",
          true, std::int16_t{-32768}, std::int32_t{7}, std::int64_t{1} << 62, 1.5f, -0.1, "h\"é\\{}", bytes, instant, local,
          day, span, uuid, *sql::Numeric::parse("-12.50"), std::vector<std::int32_t>{1, -2},
          std::vector<std::optional<std::string>>{"a,\"b\\", std::nullopt, "NULL", ""}, Colour::green));
      CHECK(row.b);
      CHECK(row.i2 == -32768);
      CHECK(row.i4 == 7);
      CHECK(row.i8 == std::int64_t{1} << 62);
      CHECK(row.f4 == 1.5f);
      CHECK(row.f8 == -0.1);
      CHECK(row.t == "h\"é\\{}");
      CHECK(row.by == bytes);
      CHECK(row.tz == instant);
      CHECK(row.ts == local);
      CHECK(row.d == day);
      CHECK(row.iv == span);
      CHECK(row.u == uuid);
      CHECK(row.n.text() == "-12.50");
      CHECK(row.a == std::vector<std::int32_t>{1, -2});
      CHECK(row.ta == std::vector<std::optional<std::string>>{"a,\"b\\", std::nullopt, "NULL", ""});
      CHECK(row.c == Colour::green);
    }
    co_await db.close();
  });
}

TEST_CASE("postgres: text is taken by enums, domains and json alike, and an enum is read by name") {
  test::run([]() -> Task<void> {
    const auto db = co_await database();
    good(co_await db.exec("create type colour as enum ('red', 'green')"));
    good(co_await db.exec("create table t (c colour, j jsonb, k json)"));
    struct Point { int x; int y; };
    good(co_await db.exec("insert into t values ($1, $2, $3)", Colour::green, sql::Json<Point>{{1, 2}}, "{\"a\": 1}"));
    for (int use = 0; use < 3; ++use) {
      struct Row { Colour c; sql::Json<Point> j; std::string k; };
      const auto row = good(co_await db.one<Row>("select c, j, k from t"));
      CHECK(row.c == Colour::green);
      CHECK(row.j->y == 2);
      CHECK(row.k == "{\"a\": 1}");
    }
    co_await db.close();
  });
}

TEST_CASE("postgres: a refusal says where, why, and by which constraint") {
  test::run([]() -> Task<void> {
    const auto db = co_await database();
    good(co_await db.exec("create table users (id int primary key, name text not null)"));
    good(co_await db.exec("insert into users values (1, 'a')"));
    auto refused = co_await db.exec("insert into users values ($1, 'b')", 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::Constraint);
    CHECK(refused.error().is_unique_violation());
    CHECK(refused.error().constraint() == "users_pkey");
    CHECK(refused.error().table() == "users");
    CHECK(refused.error().text() == "insert into users values ($1, 'b')");
    CHECK(refused.error().message() ==
          "insert into users values ($1, 'b'): constraint: duplicate key value violates unique constraint \"users_pkey\" (23505)");
    refused = co_await db.exec("insert into users values (2, null)");
    CHECK(refused.error().is_not_null_violation());
    CHECK(refused.error().column() == "name");
    refused = co_await db.exec("selct 1");
    CHECK(refused.error().kind() == ErrorKind::Server);
    CHECK(refused.error().sqlstate() == "42601");
    CHECK(refused.error().position() == 1);
    refused = co_await db.exec("select 'infinity'::timestamptz");
    CHECK(refused);
    const auto decoded = co_await db.scalar<std::chrono::sys_time<std::chrono::microseconds>>("select 'infinity'::timestamptz");
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().kind() == ErrorKind::Decode);
    CHECK(good(co_await db.scalar<int>("select 1")) == 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: statements that were deallocated, and plans that a change of the tables broke, are made again") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    good(co_await db.exec("create table t (a int)"));
    good(co_await db.exec("insert into t values (1)"));
    struct Row { std::int64_t a; };
    const auto read = [&]() -> Task<std::int64_t> { co_return good(co_await db.one<Row>("select * from t")).a; };
    for (int use = 0; use < 3; ++use) CHECK(co_await read() == 1);
    good(co_await db.exec("deallocate all"));
    CHECK(co_await read() == 1);
    for (int use = 0; use < 3; ++use) CHECK(co_await read() == 1);
    good(co_await db.exec("alter table t alter a type bigint"));
    CHECK(co_await read() == 1);
    good(co_await db.exec("alter table t add b text"));
    for (int use = 0; use < 3; ++use) CHECK(co_await read() == 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: a prepared statement that says 0A000 of itself runs once more and no oftener") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    good(co_await db.exec("create sequence runs"));
    good(co_await db.exec("create table broken (yes bool)"));
    good(co_await db.exec(R"(create function f() returns int language plpgsql as $$
      begin
        perform nextval('runs');
        if exists (select 1 from broken) then raise feature_not_supported; end if;
        return 1;
      end $$)"));
    for (int use = 0; use < 3; ++use) CHECK(good(co_await db.scalar<int>("select f()")) == 1);
    good(co_await db.exec("insert into broken values (true)"));
    const auto failed = co_await db.scalar<int>("select f()");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().sqlstate() == "0A000");
    CHECK(good(co_await db.scalar<std::int64_t>("select last_value from runs")) == 5);
    co_await db.close();
  });
}

TEST_CASE("postgres: a statement that gives whatever it finds is read by the columns that it gave") {
  test::run([]() -> Task<void> {
    struct Pair { std::int32_t a; std::int32_t b; };
    const auto db = co_await database({.max_connections = 1});
    const auto done = co_await db.transaction([](sql::Transaction& tx) -> Task<Result<void, sql::Error>> {
      for (const char* const columns : {"1 as a, 2 as b", "2 as b, 1 as a", "1 as a, 2 as b", "2 as b, 1 as a"}) {
        RONDEAU_TRY_VOID(co_await tx.exec(
            sql::unchecked("declare c cursor for select " + std::string(columns) + " from generate_series(1, 5)")));
        for (int use = 0; use < 3; ++use) {
          RONDEAU_TRY(const Pair pair, co_await tx.one<Pair>("fetch next from c"));
          CHECK(pair.a == 1);
          CHECK(pair.b == 2);
        }
        RONDEAU_TRY_VOID(co_await tx.exec("close c"));
      }
      co_return {};
    });
    good(done);
    co_await db.close();
  });
}

TEST_CASE("postgres: many rows come with the first use of a statement and with its next ones") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    for (int use = 0; use < 3; ++use) {
      const auto all = good(co_await db.all<std::int32_t>("select generate_series(1, 5000)"));
      CHECK(all.size() == 5000);
      CHECK(all.back() == 5000);
    }
    co_await db.close();
  });
}

TEST_CASE("postgres: the cache of statements lets go of the server's as well") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1, .statement_cache = 3});
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 6; ++i) {
        for (int use = 0; use < 3; ++use) {
          CHECK(good(co_await db.scalar<int>(sql::unchecked("select " + std::to_string(i)))) == i);
        }
      }
    }
    CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from pg_prepared_statements")) <= 4);
    co_await db.close();
  });
}

TEST_CASE("postgres: COPY given to exec is refused, and the connection stays good") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    good(co_await db.exec("create table t (a int)"));
    CHECK((co_await db.exec("copy t from stdin")).error().message().find("copy_in()") != std::string::npos);
    CHECK((co_await db.exec("copy t to stdout")).error().message().find("copy_out()") != std::string::npos);
    CHECK(good(co_await db.scalar<int>("select 1")) == 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: a transaction begun by hand is an error, and open for nobody else") {
  test::run([]() -> Task<void> {
    const auto db = co_await database({.max_connections = 1});
    const auto left = co_await db.exec("begin");
    REQUIRE_FALSE(left);
    CHECK(left.error().kind() == ErrorKind::TransactionLeftOpen);
    CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from pg_stat_activity where state like 'idle in tr%'")) == 0);
    co_await db.close();
  });
}

}  // namespace
