#include "notes.h"

#include <rondeau/sqlite/test_database.h>

#include <rondeau/task/join_all.h>

using namespace rondeau;
using sql::ErrorKind;
using sql::Migrations;

namespace {

Migrations made(std::vector<sql::MigrationFile> files) {
  auto migrations = Migrations::from_files(files);
  REQUIRE_MESSAGE(migrations, migrations.error().message());
  return *std::move(migrations);
}

const std::vector<sql::MigrationFile> kTwo = {
    {"0001_create_links.sql", "create table links (id text primary key) strict;\ncreate index by_id on links (id);\n"},
    {"0001_create_links.down.sql", "drop table links;"},
    {"0002_add_url.sqlite.sql", "alter table links add column url text;"},
    {"0002_add_url.postgres.sql", "alter table links add column url text not null;"},
    {"0002_add_url.down.sql", "alter table links drop column url;"},
};

}  // namespace

TEST_CASE("sqlite: migrations are applied once, in order") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    auto states = (co_await db.migration_status(made(kTwo))).value();
    REQUIRE(states.size() == 2);
    CHECK(!states[0].applied);
    CHECK((co_await db.migrate(made(kTwo))).value().applied == std::vector<std::uint32_t>{1, 2});
    CHECK((co_await db.migrate(made(kTwo))).value().applied.empty());
    CHECK((co_await db.exec("insert into links (id, url) values ('a', 'b')")));
    states = (co_await db.migration_status(made(kTwo))).value();
    CHECK(states[1].applied);
    CHECK(!states[1].changed);
    CHECK(states[1].installed_at);
    CHECK(states[1].description == "add url");
    CHECK((co_await db.migrate(made(kTwo), {.down_to = 1})).value().undone == std::vector<std::uint32_t>{2});
    CHECK((co_await db.exec("insert into links (id, url) values ('b', 'b')")).error().kind() == ErrorKind::Server);
    CHECK((co_await db.migrate(made(kTwo))).value().applied == std::vector<std::uint32_t>{2});
  });
}

TEST_CASE("sqlite: one that fails leaves nothing, and is named") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    auto files = kTwo;
    files.push_back({"0003_bad.sql", "create table more (id integer); insert into nowhere values (1);"});
    const auto failed = co_await db.migrate(made(files));
    REQUIRE(!failed);
    CHECK(failed.error().kind() == ErrorKind::Migration);
    CHECK(failed.error().message().find("migration 3 (bad): no such table: nowhere") == 0);
    CHECK((co_await db.scalar<int>("select count(*) from sqlite_schema where name = 'more'")).value() == 0);
    CHECK((co_await db.scalar<int>("select max(version) from _rondeau_migrations")).value() == 2);
  });
}

TEST_CASE("sqlite: what was applied is not changed, nothing is put in between, newer ones are left alone") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    auto three = kTwo;
    three.push_back({"0004_more.sql", "create table more (id integer)"});
    CHECK((co_await db.migrate(made(three)))->applied.size() == 3);
    // An older program, during a rolling deployment.
    CHECK((co_await db.migrate(made(kTwo))).value().unknown == std::vector<std::uint32_t>{4});
    auto between = three;
    between.push_back({"0003_late.sql", "select 1"});
    const auto gap = co_await db.migrate(made(between));
    CHECK(gap.error().message().find("migration 3 (late) is not applied, but a newer one is") == 0);
    auto changed = three;
    changed[0].text += "-- more\n";
    CHECK((co_await db.migrate(made(changed))).error().message().find("with another text") != std::string::npos);
    CHECK((co_await db.migration_status(made(changed))).value()[0].changed);
    auto line_ends = three;
    line_ends[0].text = "create table links (id text primary key) strict;\r\ncreate index by_id on links (id);\r\n";
    CHECK((co_await db.migrate(made(line_ends))));
    const std::vector<sql::MigrationFile> without{three[0], three.back()};
    CHECK((co_await db.migrate(made(without))).error().message().find("has no such file") != std::string::npos);
  });
}

TEST_CASE("sqlite: one without a transaction may do what needs none") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    const std::vector<sql::MigrationFile> vacuum{{"0001_vacuum.sql", "-- no-transaction\nvacuum;"}};
    CHECK((co_await db.migrate(made(vacuum))).value().applied.size() == 1);
    const std::vector<sql::MigrationFile> by_hand{vacuum[0], {"0002_begin.sql", "commit; create table x (id integer); begin"}};
    CHECK(!(co_await db.migrate(made({vacuum[0], {"0002_begin.sql", "commit;"}}))));
  });
}

TEST_CASE("sqlite: programs that start together take turns") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    std::vector<sql::Database> programs;
    for (int i = 0; i < 4; ++i) {
      programs.push_back((co_await sqlite::open({.file = (folder / "notes.db").native(),
                                                 .durability = sqlite::Durability::Relaxed}))
                             .value());
    }
    std::vector<Task<Result<sql::MigrationReport, sql::Error>>> runs;
    for (const auto& db : programs) runs.push_back(db.migrate(made(kTwo)));
    std::size_t applied = 0;
    for (const auto& report : co_await join_all(std::move(runs))) {
      REQUIRE_MESSAGE(report, report.error().message());
      applied += report->applied.size();
    }
    CHECK(applied == 2);
  }, {.flavor = test::Flavor::MultiThread});
}

TEST_CASE("sqlite: a test's database is migrated, its own, and gone with it") {
  test::run([]() -> Task<void> {
    std::string file;
    {
      auto made_one = co_await sqlite::TestDatabase::make(made(kTwo));
      REQUIRE_MESSAGE(made_one, made_one.error().message());
      const sqlite::TestDatabase one = *std::move(made_one);
      const sqlite::TestDatabase other = (co_await sqlite::TestDatabase::make(made(kTwo))).value();
      CHECK((co_await one->exec("insert into links (id) values ('a')")).value() == 1);
      CHECK((co_await other->scalar<int>("select count(*) from links")).value() == 0);
      file = one.file();
      CHECK(std::filesystem::exists(file));
    }
    CHECK(!std::filesystem::exists(file));
    CHECK(!std::filesystem::exists(std::filesystem::path(file).parent_path()));
    const auto failed = co_await sqlite::TestDatabase::make(made({{"1_bad.sql", "nonsense"}}));
    CHECK(failed.error().kind() == ErrorKind::Migration);
  });
}
