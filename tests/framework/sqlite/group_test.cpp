#include "notes.h"

#include <rondeau/task/spawn.h>

using namespace rondeau;
using namespace std::chrono_literals;
using sql::ErrorKind;

namespace {

struct Thrown {
  std::int64_t number = 0;
};

}  // namespace

template <>
struct rondeau::sql::Codec<Thrown> : rondeau::sql::Codec<std::int64_t> {
  static bool decode(const Cell&, Thrown&, Misfit&) { throw std::runtime_error("a codec of one's own"); }
};

namespace {

using Writes = std::vector<Task<Result<std::int64_t, sql::Error>>>;

/// They wait in this order while somebody else has the writer, then run all at once.
Task<std::vector<Result<std::int64_t, sql::Error>>> together(sql::Database db, Writes writes) {
  auto holder = (co_await db.begin()).value();
  std::vector<JoinHandle<Result<std::int64_t, sql::Error>>> handles;
  for (auto& write : writes) {
    handles.push_back(spawn(std::move(write)));
    co_await notes::until([&] { return db.stats().waiting == handles.size(); });
  }
  co_await std::move(holder).rollback();
  std::vector<Result<std::int64_t, sql::Error>> results;
  for (auto& handle : handles) results.push_back((co_await handle).value());
  co_return results;
}

}  // namespace

TEST_CASE("sqlite: writes that wait together are one transaction, and each fails alone") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    Writes writes;
    for (const char* text : {"a", "b", "a", "c"}) writes.push_back(db.exec("insert into notes (text) values ($1)", text));
    const auto before = db.stats();
    const auto results = co_await together(db, std::move(writes));
    CHECK(results[0].value() == 1);
    CHECK(results[1].value() == 1);
    CHECK(results[2].error().is_unique_violation());
    CHECK(results[3].value() == 1);
    CHECK(co_await notes::count(db) == 3);
    CHECK(db.stats().grouped == before.grouped + 4);
    CHECK(db.stats().transactions == before.transactions + 2);
  });
}

TEST_CASE("sqlite: a batch in a group is all or nothing") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    auto holder = (co_await db.begin()).value();
    auto good = spawn(db.batch(sql::exec("insert into notes (text) values ('a')"),
                               sql::scalar<std::int64_t>("select count(*) from notes")));
    auto bad = spawn(db.batch(sql::exec("insert into notes (text) values ('b')"),
                              sql::exec("insert into notes (text) values ('a')"),
                              sql::exec("insert into notes (text) values ('c')")));
    co_await notes::until([&] { return db.stats().waiting == 2; });
    co_await std::move(holder).rollback();
    CHECK((co_await good).value().value() == std::tuple(std::int64_t{1}, std::int64_t{1}));
    const auto refused = (co_await bad).value();
    REQUIRE(!refused);
    CHECK(refused.error().index() == 1);
    CHECK(refused.error().is_unique_violation());
    CHECK(co_await notes::count(db) == 1);
  });
}

TEST_CASE("sqlite: a group that SQLite rolled back is run again without the one at fault") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    CHECK((co_await db.exec("create trigger no before insert on notes when new.text = 'bad' begin "
                            "select raise(rollback, 'not this'); end")));
    Writes writes;
    for (const char* text : {"a", "bad", "b"}) writes.push_back(db.exec("insert into notes (text) values ($1)", text));
    const auto results = co_await together(db, std::move(writes));
    CHECK(results[0].value() == 1);
    CHECK(!results[1]);
    CHECK(results[2].value() == 1);
    CHECK((co_await db.all<std::string>("select text from notes order by id")).value() ==
          std::vector<std::string>{"a", "b"});
  });
}

TEST_CASE("sqlite: one that is stopped in a group takes nobody with it") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    auto holder = (co_await db.begin()).value();
    auto first = spawn(db.exec("insert into notes (text) values ('a')"));
    auto endless = spawn(db.exec(
        "insert into notes (text) with recursive e(n) as (select 1 union all select n + 1 from e) select count(*) from e"));
    auto last = spawn(db.exec("insert into notes (text) values ('b')"));
    co_await notes::until([&] { return db.stats().waiting == 3; });
    co_await std::move(holder).rollback();
    co_await notes::until([&] { return db.stats().waiting == 0; });
    endless.abort();
    CHECK((co_await first).value().value() == 1);
    CHECK((co_await last).value().value() == 1);
    CHECK(co_await notes::count(db) == 2);
  });
}

TEST_CASE("sqlite: a full disk is told to those it meets, and forgotten when there is room") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    const auto pages = (co_await db.scalar<std::int64_t>("pragma page_count")).value();
    CHECK((co_await db.exec(sql::unchecked("pragma max_page_count = " + std::to_string(pages + 2)))));
    const std::string big(100'000, 'x');
    Writes writes;
    writes.push_back(db.exec("insert into notes (text) values ('a')"));
    writes.push_back(db.exec("insert into notes (text) values ($1)", big));
    writes.push_back(db.exec("insert into notes (text) values ('b')"));
    const auto results = co_await together(db, std::move(writes));
    CHECK(results[0].value() == 1);
    CHECK(results[1].error().sqlstate() == "53100");
    CHECK(results[1].error().retry() == sql::Retry::Backoff);
    CHECK(results[2].value() == 1);
    CHECK((co_await db.exec("pragma max_page_count = 1000000")));
    CHECK((co_await db.exec("insert into notes (text) values ($1)", big)).value() == 1);
    CHECK(co_await notes::count(db) == 3);
  });
}

TEST_CASE("sqlite: who waits for the writer is served in order, within bounds") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open({.file = (folder / "notes.db").native(), .max_waiting = 3});
    auto holder = (co_await db.begin()).value();
    CHECK((co_await holder->exec("insert into notes (text) values ('held')")));
    auto first = spawn(db.exec("insert into notes (text) values ('1')"));
    co_await notes::until([&] { return db.stats().waiting == 1; });
    auto second = spawn(db.transaction([](sql::Transaction& tx) -> Task<Result<std::int64_t, sql::Error>> {
      return tx.exec("insert into notes (text) values ('2')");
    }));
    co_await notes::until([&] { return db.stats().waiting == 2; });
    auto third = spawn(db.exec("insert into notes (text) values ('3')"));
    co_await notes::until([&] { return db.stats().waiting == 3; });
    CHECK((co_await db.exec("insert into notes (text) values ('4')")).error().kind() == ErrorKind::PoolExhausted);
    CHECK((co_await std::move(holder).commit()));
    CHECK((co_await first).value());
    CHECK((co_await second).value());
    CHECK((co_await third).value());
    CHECK((co_await db.all<std::string>("select text from notes order by id")).value() ==
          std::vector<std::string>{"held", "1", "2", "3"});
  });
}

TEST_CASE("sqlite: a wait for the writer ends, and says who has it") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    auto holder = (co_await db.begin()).value();
    CHECK((co_await holder->exec("insert into notes (text) values ('held')")));
    const auto waited = co_await db.exec("insert into notes (text) values ('1')");
    CHECK(waited.error().kind() == ErrorKind::Busy);
    CHECK(waited.error().sent() == sql::Sent::No);
    CHECK_MESSAGE(waited.error().message().find("'held'") != std::string::npos, waited.error().message());
    const auto sooner = co_await db.with_timeout(1s).exec("insert into notes (text) values ('2')");
    CHECK(sooner.error().kind() == ErrorKind::Timeout);
    CHECK((co_await db.begin()).error().kind() == ErrorKind::Busy);
    CHECK(db.stats().waiting == 0);
    CHECK((co_await std::move(holder).commit()));
    CHECK(co_await notes::count(db) == 1);
  }, {.start_paused = true});
}

TEST_CASE("sqlite: who is answered finds the writer free") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open({.file = (folder / "notes.db").native(),
                                                   .durability = sqlite::Durability::Relaxed});
    for (int i = 0; i < 200; ++i) {  // too few for a checkpoint, which nobody waits for
      CHECK((co_await db.exec("delete from notes")));
      CHECK(db.stats().in_use == 0);
    }
  });
}

TEST_CASE("sqlite: a codec that throws is an error of its statement, and the writer goes on") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    const auto thrown = co_await db.all<Thrown>("insert into notes (text) values ('one') returning id");
    CHECK(thrown.error().kind() == ErrorKind::Decode);
    CHECK_MESSAGE(thrown.error().message().find("a codec of one's own") != std::string::npos, thrown.error().message());
    CHECK(co_await notes::count(db) == 0);
    CHECK((co_await db.exec("insert into notes (text) values ('two')")));
    CHECK((co_await db.all<Thrown>("select id from notes")).error().kind() == ErrorKind::Decode);
    CHECK(co_await notes::count(db) == 1);
    CHECK(db.stats().in_use == 0);
  });
}
