#include "notes.h"

#include <rondeau/task/join_all.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;
using sql::ErrorKind;

namespace {

/// What has to hold after whatever was cancelled: nothing is taken, nothing is open, the next one works.
Task<bool> is_whole(sql::Database db) {
  co_await notes::until([&] { return db.stats().in_use == 0; });
  if (db.stats().waiting != 0) co_return false;
  auto written = co_await db.transaction([](sql::Transaction& tx) -> Task<Result<std::int64_t, sql::Error>> {
    RONDEAU_TRY([[maybe_unused]] auto gone, co_await tx.exec("delete from notes"));
    co_return co_await tx.exec("insert into notes (text) values ('probe')");
  });
  auto read = co_await db.scalar<std::int64_t>("select count(*) from notes");
  co_return written && read && *read == 1;
}

Task<bool> begins(sql::Database db, sql::AccessMode mode) {
  co_return (co_await db.begin({.mode = mode})).has_value();
}

template <class Make>
Task<void> cancel_everywhere(sql::Database db, Make make) {
  const auto promise = [db](const auto&) { return is_whole(db); };
  const auto report = co_await test::CancelEverywhere{std::move(make), promise}.run();
  CHECK(report.problems.empty());
}

}  // namespace

TEST_CASE("sqlite: every verb may be cancelled at every point") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    for (const bool in_memory : {false, true}) {
      const sql::Database db = in_memory ? co_await notes::open() : co_await notes::open(folder);
      CHECK(co_await is_whole(db));
      co_await cancel_everywhere(db, [&] { return db.exec("insert into notes (text) values ('a')"); });
      co_await cancel_everywhere(db, [&] { return db.scalar<std::int64_t>("select count(*) from notes"); });
      // A text that is seen for the first time goes to a reader before the writer.
      int fresh = 0;
      co_await cancel_everywhere(db, [&] {
        return db.exec(sql::unchecked("insert into notes (text) values ('" + std::to_string(++fresh) + "')"));
      });
      co_await cancel_everywhere(db, [&] {
        return db.batch(sql::exec("insert into notes (text) values ('b')"), sql::all<notes::Note>("select * from notes"));
      });
      co_await cancel_everywhere(db, [&] { return db.exec("pragma user_version = 3"); });
    }
  });
}

TEST_CASE("sqlite: a transaction may be cancelled at every point") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    co_await cancel_everywhere(db, [&] {
      return db.transaction([](sql::Transaction& tx) -> Task<Result<void, sql::Error>> {
        RONDEAU_TRY([[maybe_unused]] auto a, co_await tx.exec("insert into notes (text) values ('a')"));
        RONDEAU_TRY_VOID(co_await tx.savepoint([](sql::Transaction& same) -> Task<Result<void, sql::Error>> {
          RONDEAU_TRY([[maybe_unused]] auto b, co_await same.exec("insert into notes (text) values ('b')"));
          co_return {};
        }));
        co_return {};
      });
    });
    co_await cancel_everywhere(db, [&] { return begins(db, sql::AccessMode::ReadWrite); });
    co_await cancel_everywhere(db, [&] { return begins(db, sql::AccessMode::ReadOnly); });
  });
}

TEST_CASE("sqlite: a stream may be cancelled at every point") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    co_await cancel_everywhere(db, [&] {
      return [](sql::Database from) -> Task<int> {
        int sum = 0;
        auto rows = from.stream<int>("with recursive n(i) as (select 1 union all select i + 1 from n limit 600) select i from n");
        while (auto row = co_await rows.next()) sum += row->value();
        co_return sum;
      }(db);
    });
  });
}

TEST_CASE("sqlite: who waits may be cancelled: the next is served") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    auto holder = (co_await db.begin()).value();
    auto first = spawn(db.exec("insert into notes (text) values ('1')"));
    co_await notes::until([&] { return db.stats().waiting == 1; });
    auto second = spawn(db.begin());
    co_await notes::until([&] { return db.stats().waiting == 2; });
    auto third = spawn(db.exec("insert into notes (text) values ('3')"));
    co_await notes::until([&] { return db.stats().waiting == 3; });
    first.abort();
    second.abort();
    co_await notes::until([&] { return db.stats().waiting == 1; });
    co_await std::move(holder).rollback();
    CHECK((co_await third).value().value() == 1);
    CHECK((co_await db.all<std::string>("select text from notes")).value() == std::vector<std::string>{"3"});
  });
}

TEST_CASE("sqlite: a statement that nobody waits for is stopped") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db =
        co_await notes::open({.file = (folder / "notes.db").native(), .readers = 1, .acquire_timeout = 1h});
    auto endless = spawn(db.with_timeout(1h).scalar<std::int64_t>(notes::kEndless));
    co_await notes::until([&] { return db.stats().in_use == 1; });
    // The only reader is taken.
    auto waits = spawn(db.scalar<std::int64_t>("select count(*) from notes"));
    co_await notes::until([&] { return db.stats().waiting == 1; });
    endless.abort();
    CHECK((co_await waits).value().value() == 0);
  });
}

TEST_CASE("sqlite: a deadline stops what runs, wherever it comes from") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    const auto own = co_await db.with_timeout(20ms).scalar<std::int64_t>(notes::kEndless);
    CHECK(own.error().kind() == ErrorKind::Timeout);
    const auto outer = co_await time::timeout(20ms, db.scalar<std::int64_t>(notes::kEndless));
    CHECK((!outer || outer->error().kind() == ErrorKind::Timeout));
    co_await notes::until([&] { return db.stats().in_use == 0; });
    const auto past = co_await db.with_timeout(0s).exec("insert into notes (text) values ('a')");
    CHECK(past.error().kind() == ErrorKind::Timeout);
    CHECK(past.error().sent() == sql::Sent::No);
    CHECK(co_await notes::count(db) == 0);
  });
}

TEST_CASE("sqlite: readers are lent by turns, and a wait for one ends") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open({.file = (folder / "notes.db").native(), .readers = 1, .max_waiting = 1});
    auto holder = (co_await db.begin({.mode = sql::AccessMode::ReadOnly})).value();
    auto waits = spawn(db.scalar<std::int64_t>("select count(*) from notes"));
    co_await notes::until([&] { return db.stats().waiting == 1; });
    CHECK((co_await db.scalar<std::int64_t>("select 2")).error().kind() == ErrorKind::PoolExhausted);
    const auto late = (co_await waits).value();
    REQUIRE(!late);
    CHECK(late.error().kind() == ErrorKind::PoolTimeout);
    CHECK(late.error().message().find("1 are in use") != std::string::npos);
    co_await std::move(holder).rollback();
    CHECK((co_await db.scalar<std::int64_t>("select 2")).value() == 2);
  }, {.start_paused = true});
}

TEST_CASE("sqlite: closing lets what is under way end, and nothing new begin") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    auto holder = (co_await db.begin()).value();
    CHECK((co_await holder->exec("insert into notes (text) values ('a')")));
    auto queued = spawn(db.exec("insert into notes (text) values ('b')"));
    co_await notes::until([&] { return db.stats().waiting == 1; });
    auto closing = spawn(db.close());
    co_await notes::until([&] { return db.stats().waiting == 2; });
    CHECK((co_await db.exec("insert into notes (text) values ('c')")).error().kind() == ErrorKind::Closed);
    CHECK((co_await db.begin()).error().kind() == ErrorKind::Closed);
    CHECK((co_await std::move(holder).commit()));
    CHECK((co_await queued).value());
    CHECK((co_await closing));
    CHECK(db.stats().open == 0);
    CHECK(!std::filesystem::exists(folder / "notes.db-wal"));
    co_await db.close();
    const auto again = (co_await sqlite::open({.file = (folder / "notes.db").native()})).value();
    CHECK(co_await notes::count(again) == 2);
  });
}

TEST_CASE("sqlite: a database may outlive its runtime, and be opened without one") {
  const support::TemporaryDirectory folder;
  std::optional<sql::Database> kept;
  auto opened = sqlite::open_blocking({.file = (folder / "notes.db").native()});
  REQUIRE(opened);
  kept = *std::move(opened);
  test::run([&]() -> Task<void> {
    CHECK((co_await kept->exec("create table t (id integer)")));
    CHECK((co_await kept->scalar<int>("select count(*) from t")).value() == 0);
  });
  kept.reset();
  CHECK(!std::filesystem::exists(folder / "notes.db-wal"));
}
