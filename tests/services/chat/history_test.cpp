#include "history.h"

#include <functional>

#include <doctest/doctest.h>

#ifdef CHAT_POSTGRES
#include <rondeau/postgres/database.h>
#include "support/postgres_server.h"
#endif
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/join_set.h>

#include "support/temporary_directory.h"

using namespace rondeau;
using namespace chat;

namespace {

/// On SQLite in memory, in a file and, where its server is installed, on PostgreSQL.
void on_each_history(std::int64_t keep, const std::function<Task<void>(History)>& body) {
  const auto run = [&](std::string url) {
    CAPTURE(url);
    auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
    runtime.block_on([&]() -> Task<void> {
      const sql::Database database = (co_await open_database(std::move(url))).value();
      co_await body(History(database, keep));
      co_await database.close();
    });
  };
  run("sqlite::memory:");
  const support::TemporaryDirectory folder;
  run("sqlite:" + (folder.path() / "chat.db").string());
#ifdef CHAT_POSTGRES
  if (support::PostgresServer::programs()) {
    const support::PostgresServer server;
    run(server.url());
  }
#endif
}

std::vector<Said> said(int count) {
  std::vector<Said> messages;
  for (int i = 0; i < count; ++i) messages.push_back({"ann", "no " + std::to_string(i), now()});
  return messages;
}

}  // namespace

TEST_CASE("chat: history counts each room's messages from 1 without gaps") {
  on_each_history(1000, [](History history) -> Task<void> {
    CHECK((co_await history.last_id("a")).value() == 0);
    CHECK((co_await history.append("a", said(3))).value() == 3);
    CHECK((co_await history.append("b", said(1))).value() == 1);
    CHECK((co_await history.append("a", said(2))).value() == 5);
    CHECK((co_await history.last_id("a")).value() == 5);
    const auto middle = (co_await history.after("a", 1, 3)).value();
    REQUIRE(middle.size() == 3);
    CHECK(middle[0].id == 2);
    CHECK(middle[0].text == "no 1");
    CHECK(middle[0].from == "ann");
    CHECK(middle[2].id == 4);
    const auto older = (co_await history.before("a", 4, 2)).value();
    REQUIRE(older.size() == 2);
    CHECK(older[0].id == 2);
    CHECK(older[1].id == 3);
  });
}

TEST_CASE("chat: history keeps the last messages of each room") {
  on_each_history(10, [](History history) -> Task<void> {
    CHECK((co_await history.append("b", said(5))).value() == 5);
    for (int i = 0; i < 4; ++i) static_cast<void>((co_await history.append("a", said(7))).value());
    CHECK((co_await history.last_id("a")).value() == 28);
    const auto kept = (co_await history.after("a", 0, 100)).value();
    CHECK(kept.size() == 10);
    CHECK(kept.front().id == 19);
    CHECK((co_await history.after("b", 0, 100)).value().size() == 5);
  });
}

TEST_CASE("chat: who writes at the same time shares the ids out") {
  on_each_history(10'000, [](History history) -> Task<void> {
    JoinSet<void> writers;
    for (int i = 0; i < 16; ++i) {
      writers.spawn([history]() -> Task<void> {
        for (int j = 0; j < 10; ++j) static_cast<void>((co_await history.append("a", said(3))).value());
      });
    }
    while (co_await writers.join_next()) {
    }
    const auto all = (co_await history.after("a", 0, 1000)).value();
    REQUIRE(all.size() == 480);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].id == static_cast<std::int64_t>(i) + 1);
  });
}
