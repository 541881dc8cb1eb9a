#include "notes.h"

#include <stdexcept>

#include <rondeau/task/join_all.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;
using sql::ErrorKind;
using sql::Transaction;

namespace {

Task<Result<std::int64_t, sql::Error>> add(const Transaction& tx, std::string text) {
  return tx.exec("insert into notes (text) values ($1)", text);
}

struct Own {
  Own(const sql::Error& error) : why(error.message()) {}  // NOLINT(google-explicit-constructor)
  explicit Own(std::string text) : why(std::move(text)) {}
  std::string why;
};

}  // namespace

TEST_CASE("sqlite: a transaction commits on a value and leaves nothing on an error or an exception") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    const auto good = co_await db.transaction([](Transaction& tx) -> Task<Result<int, sql::Error>> {
      RONDEAU_TRY([[maybe_unused]] auto one, co_await add(tx, "one"));
      co_return 7;
    });
    CHECK(good.value() == 7);
    CHECK(co_await notes::count(db) == 1);

    const auto own = co_await db.transaction([](Transaction& tx) -> Task<Result<int, Own>> {
      RONDEAU_TRY([[maybe_unused]] auto two, co_await add(tx, "two"));
      co_return Unexpected{Own("no")};
    });
    REQUIRE(!own);
    CHECK(own.error().why == "no");
    bool thrown = false;
    try {
      static_cast<void>(co_await db.transaction([](Transaction& tx) -> Task<void> {
        static_cast<void>(co_await add(tx, "three"));
        throw std::runtime_error("no");
      }));
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    CHECK(co_await notes::count(db) == 1);
    // A Task of a plain value gives a Result of it.
    CHECK((co_await db.transaction([](Transaction&) -> Task<int> { co_return 3; })).value() == 3);
  });
}

TEST_CASE("sqlite: after a statement failed the rest fails with it, and so does the commit") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    const auto swallowed = co_await db.transaction([](Transaction& tx) -> Task<Result<void, sql::Error>> {
      CHECK((co_await add(tx, "one")));
      CHECK((co_await add(tx, "one")).error().is_unique_violation());
      const auto next = co_await add(tx, "two");
      CHECK(next.error().kind() == ErrorKind::TransactionFailed);
      REQUIRE(next.error().cause() != nullptr);
      CHECK(next.error().cause()->is_unique_violation());
      co_return {};
    });
    REQUIRE(!swallowed);
    CHECK(swallowed.error().kind() == ErrorKind::TransactionFailed);
    CHECK(co_await notes::count(db) == 0);
  });
}

TEST_CASE("sqlite: a savepoint fails alone") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    const auto done = co_await db.transaction([](Transaction& tx) -> Task<Result<void, sql::Error>> {
      CHECK((co_await add(tx, "one")));
      const auto inner = co_await tx.savepoint([](Transaction& same) -> Task<Result<void, sql::Error>> {
        CHECK((co_await add(same, "two")));
        const auto deeper = co_await same.savepoint([](Transaction& third) -> Task<Result<int, sql::Error>> {
          CHECK((co_await add(third, "three")));
          co_return 3;
        });
        CHECK(deeper.value() == 3);
        RONDEAU_TRY([[maybe_unused]] auto again, co_await add(same, "one"));
        co_return {};
      });
      CHECK(inner.error().is_unique_violation());
      // Swallowed within: the savepoint is undone all the same.
      const auto quiet = co_await tx.savepoint([](Transaction& same) -> Task<Result<void, sql::Error>> {
        CHECK((co_await add(same, "five")));
        CHECK(!(co_await add(same, "one")));
        co_return {};
      });
      CHECK(quiet.error().kind() == ErrorKind::TransactionFailed);
      CHECK((co_await add(tx, "four")));
      co_return {};
    });
    CHECK(done);
    CHECK((co_await db.all<std::string>("select text from notes order by id")).value() ==
          std::vector<std::string>{"one", "four"});
  });
}

TEST_CASE("sqlite: a savepoint that was cancelled is undone before the next statement") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    const auto done = co_await db.transaction([](Transaction& tx) -> Task<Result<void, sql::Error>> {
      CHECK((co_await add(tx, "one")));
      auto cut = co_await time::timeout(1ms, tx.savepoint([](Transaction& same) -> Task<Result<void, sql::Error>> {
        CHECK((co_await add(same, "two")));
        static_cast<void>(co_await same.savepoint([](Transaction& third) -> Task<Result<void, sql::Error>> {
          CHECK((co_await add(third, "three")));
          co_await time::sleep_for(1h);
          co_return {};
        }));
        co_return {};
      }));
      CHECK(!cut);
      CHECK((co_await add(tx, "four")));
      co_return {};
    });
    CHECK(done);
    CHECK((co_await db.all<std::string>("select text from notes order by id")).value() ==
          std::vector<std::string>{"one", "four"});
  }, {.start_paused = true});
}

TEST_CASE("sqlite: a transaction within another of the same task is refused, and a write beside it") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    const sql::Database other = co_await notes::open();
    const auto done = co_await db.transaction([db, other](Transaction& tx) -> Task<Result<void, sql::Error>> {
      CHECK((co_await add(tx, "one")));
      const auto nested = co_await db.transaction([](Transaction&) -> Task<void> { co_return; });
      CHECK(nested.error().kind() == ErrorKind::NestedTransaction);
      CHECK(nested.error().message().find("savepoint") != std::string::npos);
      CHECK((co_await db.exec("insert into notes (text) values ('two')")).error().kind() == ErrorKind::NestedTransaction);
      // A reader sees what was before; another database is another matter.
      CHECK(co_await notes::count(db) == 0);
      CHECK((co_await other.transaction([](Transaction& in) -> Task<Result<void, sql::Error>> {
        RONDEAU_TRY([[maybe_unused]] auto one, co_await add(in, "one"));
        co_return {};
      })));
      co_return {};
    });
    CHECK(done);
    CHECK(co_await notes::count(db) == 1);
  });
}

TEST_CASE("sqlite: transactions that read and then write are never in each other's way") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    CHECK((co_await db.exec("create table counters (value integer not null)")));
    CHECK((co_await db.exec("insert into counters values (0)")));
    std::vector<Task<Result<void, sql::Error>>> tasks;
    for (int i = 0; i < 20; ++i) {
      tasks.push_back(db.transaction([](Transaction& tx) -> Task<Result<void, sql::Error>> {
        RONDEAU_TRY(const auto value, co_await tx.scalar<std::int64_t>("select value from counters"));
        co_await yield_now();
        RONDEAU_TRY([[maybe_unused]] auto one, co_await tx.exec("update counters set value = $1", value + 1));
        co_return {};
      }));
    }
    for (const auto& done : co_await join_all(std::move(tasks))) CHECK(done);
    CHECK((co_await db.scalar<std::int64_t>("select value from counters")).value() == 20);
  });
}

TEST_CASE("sqlite: a read-only transaction sees one state, and changes nothing") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    auto tx = (co_await db.begin({.mode = sql::AccessMode::ReadOnly})).value();
    CHECK((co_await tx->scalar<int>("select count(*) from notes")).value() == 0);
    CHECK((co_await db.exec("insert into notes (text) values ('one')")));
    CHECK((co_await tx->scalar<int>("select count(*) from notes")).value() == 0);
    const auto refused = co_await tx->exec("insert into notes (text) values ('two')");
    CHECK(refused.error().sqlstate() == "25006");
    co_await std::move(tx).rollback();
    CHECK(co_await notes::count(db) == 1);
  });
}

TEST_CASE("sqlite: COMMIT and ROLLBACK by hand within a transaction are told") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    for (const char* text : {"commit", "rollback", "end"}) {
      const auto done = co_await db.transaction([text](Transaction& tx) -> Task<Result<void, sql::Error>> {
        RONDEAU_TRY([[maybe_unused]] auto ended, co_await tx.exec(sql::unchecked(text)));
        co_return {};
      });
      REQUIRE(!done);
      CHECK(done.error().kind() == ErrorKind::TransactionLeftOpen);
    }
    CHECK((co_await db.exec("insert into notes (text) values ('one')")).value() == 1);
  });
}

TEST_CASE("sqlite: begin() gives a transaction that rolls back where it is dropped") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    {
      auto tx = (co_await db.begin()).value();
      CHECK((co_await add(*tx, "one")));
    }
    CHECK(co_await notes::count(db) == 0);
    auto tx = (co_await db.begin()).value();
    CHECK((co_await add(*tx, "two")));
    CHECK((co_await std::move(tx).commit()));
    CHECK(co_await notes::count(db) == 1);
  });
}

TEST_CASE("sqlite: a statement cancelled within a transaction leaves nothing but the rollback") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    const auto done = co_await db.transaction([](Transaction& tx) -> Task<Result<void, sql::Error>> {
      CHECK((co_await add(tx, "one")));
      // It loses: what runs then is stopped.
      static_cast<void>(co_await select(losing(tx.scalar<int>(notes::kEndless)), time::sleep_for(5ms)));
      CHECK((co_await add(tx, "two")).error().kind() == ErrorKind::TransactionFailed);
      co_return {};
    });
    CHECK(done.error().kind() == ErrorKind::TransactionFailed);
    CHECK(co_await notes::count(db) == 0);
    CHECK((co_await db.exec("insert into notes (text) values ('three')")).value() == 1);
  });
}
