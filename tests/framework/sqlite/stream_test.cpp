#include "notes.h"

#include <rondeau/task/spawn.h>

using namespace rondeau;
using namespace std::chrono_literals;
using sql::ErrorKind;

namespace {

constexpr char kNumbers[] =
    "with recursive n(i) as (select 1 union all select i + 1 from n limit $1) select i from n";

sqlite::Options one_reader(const support::TemporaryDirectory& in) {
  return {.file = (in / "notes.db").native(), .durability = sqlite::Durability::Relaxed, .readers = 1};
}

}  // namespace

TEST_CASE("sqlite: a stream gives every row once, in order") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(one_reader(folder));
    for (const int count : {0, 1, 255, 256, 257, 1000}) {
      auto rows = db.stream<int>(kNumbers, count == 0 ? 1 : count);
      int expected = 0;
      while (auto row = co_await rows.next()) CHECK(row->value() == ++expected);
      CHECK(expected == std::max(count, 1));
    }
    auto none = db.stream<int>("select 1 where false");
    CHECK(!co_await none.next());
    CHECK(db.stats().in_use == 0);
  });
}

TEST_CASE("sqlite: a stream that is dropped gives its reader back, and sees what was when it began") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(one_reader(folder));
    CHECK((co_await db.exec(sql::unchecked("insert into notes (text) with recursive n(i) as (select 1 union all select i + 1 "
                                           "from n limit 600) select i from n"))));
    {
      auto rows = db.stream<notes::Note>("select * from notes order by id");
      CHECK((co_await rows.next())->value().id == 1);
      CHECK((co_await db.exec("delete from notes")).value() == 600);
      int further = 0;
      while (further < 400 && co_await rows.next()) ++further;
      CHECK(further == 400);
      CHECK(db.stats().in_use == 1);
    }
    CHECK(co_await notes::count(db) == 0);
  });
}

TEST_CASE("sqlite: a stream ends with its error") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(one_reader(folder));
    const auto first_error = [](AsyncGenerator<Result<int, sql::Error>> rows) -> Task<ErrorKind> {
      for (;;) {
        auto row = co_await rows.next();
        REQUIRE(row);
        if (*row) continue;
        CHECK(!co_await rows.next());
        co_return row->error().kind();
      }
    };
    CHECK(co_await first_error(db.stream<int>("select i from nowhere")) == ErrorKind::Server);
    CHECK(co_await first_error(db.stream<int>("select 1 union all select 'x'")) == ErrorKind::TypeMismatch);
    CHECK(co_await first_error(db.stream<int>("select 1, 2")) == ErrorKind::ColumnMissing);
    CHECK(co_await first_error(db.stream<int>("insert into notes (text) values ('a') returning id")) == ErrorKind::Config);
    CHECK(co_await first_error(db.with_timeout(20ms).stream<int>(sql::unchecked(notes::kEndless))) == ErrorKind::Timeout);
    CHECK(co_await notes::count(db) == 0);
  });
}

TEST_CASE("sqlite: a stream in a transaction sees what that wrote") {
  test::run([]() -> Task<void> {
    for (const bool in_memory : {false, true}) {
      const support::TemporaryDirectory folder;
      const sql::Database db = in_memory ? co_await notes::open() : co_await notes::open(folder);
      const auto done = co_await db.transaction([](sql::Transaction& tx) -> Task<Result<int, sql::Error>> {
        RONDEAU_TRY([[maybe_unused]] auto added, co_await tx.exec("insert into notes (text) values ('a'), ('b')"));
        int seen = 0;
        auto rows = tx.stream<std::string>("select text from notes order by id");
        while (auto row = co_await rows.next()) {
          RONDEAU_TRY(const std::string text, *std::move(row));
          // Between two rows the transaction is free.
          RONDEAU_TRY([[maybe_unused]] auto more, co_await tx.exec("update notes set tag = 'seen' where text = $1", text));
          ++seen;
        }
        co_return seen;
      });
      CHECK(done.value() == 2);
      CHECK((co_await db.scalar<int>("select count(*) from notes where tag = 'seen'")).value() == 2);
    }
  });
}

TEST_CASE("sqlite: a batch is one state of the database") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    for (int round = 0; round < 2; ++round) {  // the second time it is known that these only read
      const auto [all, count, none] =
          (co_await db.batch(sql::all<notes::Note>("select * from notes"), sql::scalar<int>("select count(*) from notes"),
                             sql::maybe<notes::Note>("select * from notes where id = $1", 7)))
              .value();
      CHECK(all.empty());
      CHECK(count == 0);
      CHECK(!none);
    }
    const auto missing = co_await db.batch(sql::scalar<int>("select 1"), sql::one<notes::Note>("select * from notes"));
    CHECK(missing.error().kind() == ErrorKind::RowMissing);
    CHECK(missing.error().index() == 1);
    const auto wrong = co_await db.batch(sql::exec("insert into notes (text) values ('a')"), sql::exec("vacuum"));
    CHECK(wrong.error().kind() == ErrorKind::Config);
    const auto unsent = co_await db.batch(sql::exec("insert into notes (text) values ('a')"),
                                          sql::exec("insert into notes (text) values ($1)", "\xff"));
    CHECK(unsent.error().kind() == ErrorKind::Encode);
    CHECK(unsent.error().index() == 1);
    CHECK((co_await db.batch(std::vector<sql::Item<int>>())).value().empty());
    CHECK(co_await notes::count(db) == 0);
  });
}

TEST_CASE("sqlite: another program's lock is waited for, so long and no longer") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    // Another one, which knows nothing of the first.
    const sql::Database other = (co_await sqlite::open({.file = (folder / "notes.db").native(),
                                                        .durability = sqlite::Durability::Relaxed,
                                                        .busy_timeout = 30ms}))
                                    .value();
    auto holder = (co_await db.begin()).value();
    CHECK((co_await holder->exec("insert into notes (text) values ('a')")));
    const auto busy = co_await other.exec("insert into notes (text) values ('b')");
    REQUIRE(!busy);
    CHECK(busy.error().kind() == ErrorKind::Busy);
    CHECK(busy.error().sent() == sql::Sent::No);
    CHECK(Error(busy.error()).code() == Errc::Overloaded);
    const auto no_time = co_await other.with_timeout(5ms).exec("insert into notes (text) values ('b')");
    CHECK(!no_time);
    // Its readers are in nobody's way.
    CHECK(co_await notes::count(other) == 0);
    CHECK((co_await std::move(holder).commit()));
    CHECK((co_await other.exec("insert into notes (text) values ('b')")).value() == 1);
    CHECK(co_await notes::count(db) == 2);
  });
}
