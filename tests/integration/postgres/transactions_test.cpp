#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <rondeau/sync/barrier.h>
#include <rondeau/task/join.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/time/timeout.h>

#include "database.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using integration::database;
using integration::good;
using sql::ErrorKind;
using Done = Result<void, sql::Error>;

Task<std::int64_t> count(const postgres::Database& db) {
  co_return good(co_await db.scalar<std::int64_t>("select count(*) from t"));
}
Task<std::int64_t> open_transactions(const postgres::Database& db) {
  co_return good(co_await db.scalar<std::int64_t>("select count(*) from pg_stat_activity where state like 'idle in tr%'"));
}
Task<postgres::Database> with_table(postgres::Options options = {}) {
  auto db = co_await database(std::move(options));
  good(co_await db.exec("create table t (a int primary key, b int)"));
  co_return db;
}

TEST_CASE("postgres: a transaction commits on a value, and leaves nothing on an error, an exception or its end") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table({.max_connections = 1});
    const auto insert = [](sql::Transaction& tx, int a) { return tx.exec("insert into t values ($1, 0)", a); };
    good(co_await db.transaction([&](sql::Transaction& tx) -> Task<Done> {
      RONDEAU_TRY_VOID(co_await insert(tx, 1));
      co_return {};
    }));
    CHECK(co_await count(db) == 1);
    const auto failed = co_await db.transaction([&](sql::Transaction& tx) -> Task<Done> {
      RONDEAU_TRY_VOID(co_await insert(tx, 2));
      RONDEAU_TRY_VOID(co_await insert(tx, 1));
      co_return {};
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().is_unique_violation());
    CHECK(co_await count(db) == 1);
    bool thrown = false;
    try {
      static_cast<void>(co_await db.transaction([&](sql::Transaction& tx) -> Task<Done> {
        RONDEAU_TRY_VOID(co_await insert(tx, 2));
        throw std::runtime_error("no");
      }));
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    CHECK(co_await count(db) == 1);
    CHECK(co_await open_transactions(db) == 0);
    co_await db.close();
  });
}

TEST_CASE("postgres: after a failed statement a transaction says so at once, and a savepoint saves it") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    const auto ended = co_await db.transaction([](sql::Transaction& tx) -> Task<Done> {
      good(co_await tx.exec("insert into t values (1, 0)"));
      const auto inner = co_await tx.savepoint([](sql::Transaction& sp) -> Task<Done> {
        good(co_await sp.exec("insert into t values (2, 0)"));
        RONDEAU_TRY_VOID(co_await sp.exec("insert into t values (1, 0)"));
        co_return {};
      });
      CHECK(inner.error().is_unique_violation());
      good(co_await tx.exec("insert into t values (3, 0)"));
      co_return {};
    });
    CHECK(ended);
    CHECK(good(co_await db.all<int>("select a from t order by a")) == std::vector<int>{1, 3});
    const auto failed = co_await db.transaction([](sql::Transaction& tx) -> Task<Done> {
      CHECK_FALSE(co_await tx.exec("insert into t values (1, 0)"));
      const auto next = co_await tx.exec("insert into t values (4, 0)");
      CHECK(next.error().kind() == ErrorKind::TransactionFailed);
      REQUIRE(next.error().cause() != nullptr);
      CHECK(next.error().cause()->is_unique_violation());
      co_return {};
    });
    CHECK_FALSE(failed);
    CHECK(co_await count(db) == 2);
    co_await db.close();
  });
}

TEST_CASE("postgres: isolation, read only and deferrable reach the server") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    const sql::TransactionOptions options{.isolation = sql::Isolation::Serializable,
                                          .mode = sql::AccessMode::ReadOnly,
                                          .deferrable = sql::Deferrable::Yes,
                                          .lock_timeout = 1500ms};
    const auto refused = co_await db.transaction(options, [](sql::Transaction& tx) -> Task<Done> {
      CHECK(good(co_await tx.scalar<std::string>("show transaction_isolation")) == "serializable");
      CHECK(good(co_await tx.scalar<std::string>("show transaction_deferrable")) == "on");
      CHECK(good(co_await tx.scalar<std::string>("show lock_timeout")) == "1500ms");
      RONDEAU_TRY_VOID(co_await tx.exec("insert into t values (1, 0)"));
      co_return {};
    });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sqlstate() == "25006");
    co_await db.close();
  });
}

TEST_CASE("postgres: two transactions in each other's way both end with a value") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    good(co_await db.exec("insert into t values (1, 10), (2, 10)"));
    std::size_t runs = 0;
    const auto move = [&](int from, int to) {
      return db.transaction({.isolation = sql::Isolation::Serializable}, [&runs, from, to](sql::Transaction& tx) -> Task<Done> {
        ++runs;
        RONDEAU_TRY(const int sum, co_await tx.scalar<int>("select sum(b)::int from t"));
        RONDEAU_TRY_VOID(co_await tx.exec("select pg_sleep(0.02)"));
        RONDEAU_TRY_VOID(co_await tx.exec("update t set b = b - 1 where a = $1", from));
        RONDEAU_TRY_VOID(co_await tx.exec("update t set b = b + $2 where a = $1", to, sum - 19));
        co_return {};
      });
    };
    const auto [first, second] = co_await join(move(1, 2), move(2, 1));
    CHECK_MESSAGE(first, first.error().message());
    CHECK_MESSAGE(second, second.error().message());
    CHECK(runs > 2);
    CHECK(good(co_await db.scalar<int>("select sum(b)::int from t")) == 20);
    co_await db.close();
  });
}

TEST_CASE("postgres: a serialization failure that comes with COMMIT runs the closure again") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    good(co_await db.exec("insert into t values (1, 0), (2, 0)"));
    sync::Barrier both(2);
    std::size_t runs = 0;
    // Each reads what the other writes, and commits only after both have written: write skew.
    const auto skewed = [&](int mine, int others) {
      return db.transaction({.isolation = sql::Isolation::Serializable},
                            [&, mine, others](sql::Transaction& tx) -> Task<Done> {
                              ++runs;
                              RONDEAU_TRY_VOID(co_await tx.scalar<int>("select b from t where a = $1", others));
                              RONDEAU_TRY_VOID(co_await tx.exec("update t set b = b + 1 where a = $1", mine));
                              if (tx.attempt() == 1) co_await both.wait();
                              co_return {};
                            });
    };
    const auto [first, second] = co_await join(skewed(1, 2), skewed(2, 1));
    CHECK_MESSAGE(first, first.error().message());
    CHECK_MESSAGE(second, second.error().message());
    CHECK(runs == 3);
    co_await db.close();
  });
}

TEST_CASE("postgres: a deadlock ends with both transactions done") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    good(co_await db.exec("insert into t values (1, 0), (2, 0)"));
    sync::Barrier both(2);
    const auto crossed = [&](int first, int second) {
      return db.transaction([&, first, second](sql::Transaction& tx) -> Task<Done> {
        RONDEAU_TRY_VOID(co_await tx.exec("set local deadlock_timeout = '20ms'"));
        RONDEAU_TRY_VOID(co_await tx.exec("update t set b = b + 1 where a = $1", first));
        if (tx.attempt() == 1) co_await both.wait();
        RONDEAU_TRY_VOID(co_await tx.exec("update t set b = b + 1 where a = $1", second));
        co_return {};
      });
    };
    const auto [first, second] = co_await join(crossed(1, 2), crossed(2, 1));
    CHECK_MESSAGE(first, first.error().message());
    CHECK_MESSAGE(second, second.error().message());
    CHECK(good(co_await db.all<int>("select b from t")) == std::vector<int>{2, 2});
    co_await db.close();
  });
}

TEST_CASE("postgres: a transaction may be given up at every point, and the one connection is good for the next user") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table({.max_connections = 1});
    const auto simple = [&]() -> Task<Done> {
      co_return co_await db.transaction([](sql::Transaction& tx) -> Task<Done> {
        RONDEAU_TRY_VOID(co_await tx.exec("insert into t values (1, 0)"));
        RONDEAU_TRY_VOID(co_await tx.exec("delete from t"));
        co_return {};
      });
    };
    for (int i = 0; i < 3; ++i) good(co_await simple());
    const auto report = co_await test::CancelEverywhere{simple, [&](std::optional<Done> done) -> Task<bool> {
                                                          if (done && !*done) co_return false;
                                                          co_return co_await count(db) == 0 &&
                                                              co_await open_transactions(db) == 0;
                                                        }}.run();
    CHECK(report.suspensions >= 4);
    co_await db.close();
  });
}

TEST_CASE("postgres: a BEGIN that was given up leaves no transaction to the next user") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table({.max_connections = 1, .clean_timeout = 20s});
    for (int i = 0; i < 50; ++i) {
      {
        test::Manual begin(db.begin());
        static_cast<void>(begin.poll());
        for (begin.abort(); !begin.is_finished(); static_cast<void>(begin.poll())) co_await begin.woken_again();
      }
      CHECK(good(co_await db.exec("insert into t values ($1, 0)", i)) == 1);
      CHECK(co_await open_transactions(db) == 0);
    }
    CHECK(co_await count(db) == 50);
    CHECK(db.stats().open == 1);
    co_await db.close();
  });
}

TEST_CASE("postgres: a connection cut while COMMIT is under way is told as unknown, and the closure is not run again") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    good(co_await db.exec("create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(20); return new; end $$"));
    good(co_await db.exec("create constraint trigger slow after insert on t deferrable initially deferred for each row "
                          "execute function wait()"));
    std::size_t runs = 0;
    auto committing = [&]() -> Task<Done> {
      co_return co_await db.transaction([&](sql::Transaction& tx) -> Task<Done> {
        ++runs;
        RONDEAU_TRY_VOID(co_await tx.exec("insert into t values (1, 0)"));
        co_return {};
      });
    };
    auto cutting = [&]() -> Task<void> {
      while (good(co_await db.scalar<std::int64_t>("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                                                   "where query = 'commit' and state = 'active'")) == 0) {
      }
    };
    const auto [committed, cut] = co_await join(committing(), cutting());
    REQUIRE_FALSE(committed);
    CHECK(committed.error().kind() == ErrorKind::CommitUnknown);
    CHECK(runs == 1);
    CHECK(co_await count(db) == 0);
    co_await db.close();
  });
}

TEST_CASE("postgres: COMMIT by hand within a transaction is told") {
  test::run([]() -> Task<void> {
    const auto db = co_await with_table();
    const auto ended = co_await db.transaction([](sql::Transaction& tx) -> Task<Done> {
      RONDEAU_TRY_VOID(co_await tx.exec("commit"));
      co_return {};
    });
    REQUIRE_FALSE(ended);
    CHECK(ended.error().kind() == ErrorKind::TransactionFailed);
    co_await db.close();
  });
}

}  // namespace
