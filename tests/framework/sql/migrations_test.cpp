#include <doctest/doctest.h>

#include <rondeau/sql/migrations.h>

#include "support/temporary_directory.h"

using namespace rondeau;
using sql::MigrationFile;
using sql::Migrations;

TEST_CASE("sql: a migration's file says its version, its database and its way") {
  const std::vector<MigrationFile> files{{"0002_b.sqlite.sql", "b for sqlite"}, {"0001_make_links.sql", "one"},
                                         {"0001_make_links.down.sql", "undo one"}, {"0002_b.sql", "b for all"},
                                         {"0003_c.postgres.sql", "-- no-transaction \nc"}, {"README.md", "no migration"}};
  const auto migrations = Migrations::from_files(files).value();
  const auto sqlite = migrations.steps("sqlite");
  REQUIRE(sqlite.size() == 2);
  CHECK(sqlite[0].version == 1);
  CHECK(sqlite[0].description == "make links");
  CHECK(sqlite[0].text == "one");
  CHECK(sqlite[0].undo == "undo one");
  CHECK(sqlite[0].in_transaction);
  CHECK(sqlite[1].text == "b for sqlite");
  const auto postgres = migrations.steps("postgresql");
  REQUIRE(postgres.size() == 3);
  CHECK(postgres[1].text == "b for all");
  CHECK(!postgres[2].in_transaction);
  // The SHA-256 of "one".
  CHECK(sqlite[0].checksum == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
}

TEST_CASE("sql: the order of files and the kind of line ends change no checksum") {
  const auto one = Migrations::from_files(std::vector<MigrationFile>{{"1_a.sql", "a\nb"}, {"2_b.sql", "c"}}).value();
  const auto same = Migrations::from_files(std::vector<MigrationFile>{{"2_b.sql", "c"}, {"1_a.sql", "a\r\nb"}}).value();
  const auto other = Migrations::from_files(std::vector<MigrationFile>{{"1_a.sql", "a\nb"}, {"2_b.sql", "d"}}).value();
  CHECK(one.checksum() == same.checksum());
  CHECK(one.checksum() != other.checksum());
}

TEST_CASE("sql: a file whose name is ambiguous is refused") {
  const auto refuses = [](std::vector<MigrationFile> files) {
    const auto made = Migrations::from_files(files);
    return !made && made.error().kind() == sql::ErrorKind::Migration;
  };
  for (const char* name : {"create.sql", "0000_a.sql", "1.sql", "1_.sql", "_a.sql", "x1_a.sql", "1_a.mysql.sql", "-1_a.sql",
                           "1234567890_a.sql", "1_a.b.sql", "1_a.sqlite.down.sql"}) {
    CHECK_MESSAGE(refuses({{name, "select 1"}}), name);
  }
  CHECK(refuses({{"1_a.sql", "x"}, {"01_a.sql", "x"}}));
  CHECK(refuses({{"1_a.sql", "x"}, {"1_b.sqlite.sql", "x"}}));
  CHECK(refuses({{"1_a.sql", "\xff"}}));
  CHECK(refuses({{"1_a.sql", std::string("a\0b", 3)}}));
}

TEST_CASE("sql: migrations are read from a folder") {
  const support::TemporaryDirectory folder;
  folder.put("0001_a.sql", "select 1");
  folder.put("notes.txt", "nothing");
  CHECK(Migrations::from_folder(folder.path().native()).value().steps("sqlite").size() == 1);
  CHECK(Migrations::from_folder((folder / "none").native()).error().kind() == sql::ErrorKind::Config);
}
