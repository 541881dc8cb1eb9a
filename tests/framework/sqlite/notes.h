// A small table for the tests of SQLite.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <rondeau/sqlite/sqlite.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/run.h>

#include "support/temporary_directory.h"

namespace notes {

using namespace rondeau;

struct Note {
  std::int64_t id = 0;
  std::string text;
  std::optional<std::string> tag;
};

/// Never ends by itself.
inline constexpr char kEndless[] =
    "with recursive endless(n) as (select 1 union all select n + 1 from endless) select count(*) from endless";

inline Task<sql::Database> open(sqlite::Options options) {
  auto db = co_await sqlite::open(std::move(options));
  REQUIRE_MESSAGE(db, db.error().message());
  auto made = co_await db->exec("create table notes (id integer primary key, text text not null unique, tag text) strict");
  REQUIRE_MESSAGE(made, made.error().message());
  co_return *std::move(db);
}
inline Task<sql::Database> open() {
  return open({.file = ":memory:"});
}
inline Task<sql::Database> open(const support::TemporaryDirectory& in) {
  // What is tested is not the disk.
  return open({.file = (in / "notes.db").native(), .durability = sqlite::Durability::Relaxed});
}

inline Task<std::int64_t> count(sql::Database db) {
  auto rows = co_await db.scalar<std::int64_t>("select count(*) from notes");
  REQUIRE_MESSAGE(rows, rows.error().message());
  co_return *rows;
}

/// Other threads have something to do meanwhile.
template <class Condition>
Task<void> until(Condition condition) {
  while (!condition()) {
    std::this_thread::yield();
    co_await yield_now();
  }
}

}  // namespace notes
