#include <doctest/doctest.h>

#include <rondeau/sqlite/sqlite.h>
#include <rondeau/test/run.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Note {
  std::int64_t id = 0;
  std::string text;
  std::optional<std::string> tag;
};

Task<sql::Database> notes() {
  auto db = co_await sqlite::open({.file = ":memory:"});
  REQUIRE_MESSAGE(db, db.error().message());
  auto made = co_await db->exec("create table notes (id integer primary key, text text not null, tag text) strict");
  REQUIRE_MESSAGE(made, made.error().message());
  co_return *std::move(db);
}

}  // namespace

TEST_CASE("sqlite: rows become structs, by the names of the columns") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes();
    CHECK((co_await db.exec("insert into notes (text, tag) values ($1, $2), ($3, null)", "one", "x", "two")).value() == 2);
    const auto all = (co_await db.all<Note>("select tag, text, id, 1 as more from notes order by id")).value();
    REQUIRE(all.size() == 2);
    CHECK(all[0].text == "one");
    CHECK(all[0].tag == "x");
    CHECK(!all[1].tag);
    CHECK((co_await db.one<Note>("select * from notes where id = $1", 2)).value().text == "two");
    CHECK(!(co_await db.maybe<Note>("select * from notes where id = $1", 3)).value());
    CHECK((co_await db.scalar<std::int64_t>("select count(*) from notes")).value() == 2);
  });
}
