#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include <rondeau/postgres/test_database.h>
#include <rondeau/sql/migrations.h>
#include <rondeau/task/join_set.h>

#include "database.h"

namespace {

using namespace rondeau;
using integration::database;
using integration::good;
using integration::server;
using postgres::TestDatabase;

sql::Migrations migrations() {
  const std::vector<sql::MigrationFile> files{
      {"0001_create_notes.sql", "create table notes (id bigint primary key, body text not null);\ninsert into notes values (1, 'first');"},
      {"0002_index_notes.postgres.sql", "-- no-transaction\ncreate index concurrently if not exists notes_body on notes (body);"},
  };
  return good(sql::Migrations::from_files(files));
}

TEST_CASE("postgres: programs that start together migrate once, an index made concurrently among it") {
  test::run([]() -> Task<void> {
    const auto db = co_await database();
    JoinSet<std::size_t> programs;
    for (int program = 0; program < 4; ++program) {
      programs.spawn([](postgres::Database mine) -> Task<std::size_t> {
        co_return good(co_await mine.migrate(migrations())).applied.size();
      }(db));
    }
    std::size_t applied = 0;
    while (auto ended = co_await programs.join_next()) applied += **ended;
    CHECK(applied == 2);
    CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from notes")) == 1);
    CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from pg_indexes where indexname = 'notes_body'")) == 1);
    // The connection that had the lock is gone, and its settings with it.
    CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from pg_locks where locktype = 'advisory'")) == 0);
    CHECK(good(co_await db.scalar<std::string>("show statement_timeout")) == "31s");
    co_await db.close();
  });
}

TEST_CASE("postgres: each test database is its own, made from one template, and dropped when told so") {
  test::run([]() -> Task<void> {
    auto first = good(co_await TestDatabase::create(server().url(), migrations(), {.max_connections = 2}));
    auto second = good(co_await TestDatabase::create(server().url(), migrations()));
    CHECK(first.name() != second.name());
    good(co_await first->exec("insert into notes values (2, 'mine')"));
    CHECK(good(co_await first->scalar<std::int64_t>("select count(*) from notes")) == 2);
    CHECK(good(co_await second->scalar<std::int64_t>("select count(*) from notes")) == 1);
    const std::string name = first.name();
    good(co_await std::move(first).drop());
    const auto there = [&](const std::string& which) {
      return second->scalar<bool>("select exists (select from pg_database where datname = $1)", which);
    };
    CHECK_FALSE(good(co_await there(name)));
    CHECK(good(co_await there(second.name())));
    good(co_await std::move(second).drop());
  });
}

}  // namespace
