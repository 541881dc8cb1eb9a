#include "notes.h"

#include <array>
#include <tuple>

#include <rondeau/test/check.h>

using namespace rondeau;
using namespace std::chrono_literals;
using notes::Note;
using sql::ErrorKind;

namespace {

enum class Colour { Red, Green };
struct Point {
  int x = 0;
  int y = 0;
  bool operator==(const Point&) const = default;
};
struct Everything {
  bool truth = false;
  std::int16_t small = 0;
  std::uint32_t big = 0;
  double real = 0;
  float single = 0;
  std::string text;
  std::vector<std::byte> bytes;
  sql::Json<Point> json{};
  std::vector<std::int64_t> numbers;
  std::vector<std::optional<std::string>> words;
  std::chrono::sys_time<std::chrono::microseconds> at;
  std::chrono::sys_seconds second;
  std::chrono::year_month_day day;
  std::chrono::local_time<std::chrono::microseconds> local;
  std::chrono::hh_mm_ss<std::chrono::microseconds> time{};
  sql::Interval interval;
  Uuid uuid;
  sql::Numeric number;
  Colour colour = Colour::Red;
  std::optional<Colour> none;
  reflect::Ranged<int, 1, 9> digit = 1;
};

template <class T>
ErrorKind kind_of(const Result<T, sql::Error>& result) {
  REQUIRE(!result);
  return result.error().kind();
}

}  // namespace

TEST_CASE("sqlite: rows become structs, by the names of the columns") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    CHECK((co_await db.exec("insert into notes (text, tag) values ($1, $2), ($3, null)", "one", "x", "two")).value() == 2);
    const auto all = (co_await db.all<Note>("select tag, text, id, 1 as more from notes order by id")).value();
    REQUIRE(all.size() == 2);
    CHECK(all[0].text == "one");
    CHECK(all[0].tag == "x");
    CHECK(!all[1].tag);
    CHECK((co_await db.one<Note>("select * from notes where id = $1", 2)).value().text == "two");
    CHECK(!(co_await db.maybe<Note>("select * from notes where id = $1", 3)).value());
    CHECK((co_await db.scalar<std::int64_t>("select count(*) from notes")).value() == 2);
    CHECK((co_await db.all<bool>("select tag is null from notes order by id")).value() == std::vector{false, true});
    const auto pairs = (co_await db.all<std::tuple<std::int64_t, std::string>>("select id, text from notes")).value();
    CHECK(pairs == std::vector{std::tuple(std::int64_t{1}, std::string("one")), std::tuple(std::int64_t{2}, std::string("two"))});
    CHECK((co_await db.one<sql::ByPosition<Point>>("select 3, 4")).value() == Point{3, 4});
  });
}

TEST_CASE("sqlite: $n is the n-th argument, in whatever order the text names them") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    const auto row = (co_await db.one<std::tuple<std::string, std::string, std::string>>("select $3, $1, $3 || $2", "a", "b",
                                                                                        "c"))
                         .value();
    CHECK(row == std::tuple(std::string("c"), std::string("a"), std::string("cb")));
    for (const char* text : {"select ?", "select ?1", "select :name", "select @name", "select $name", "select $1, $2",
                             "select 'unfinished", "select 1; select 2", "", "-- nothing"}) {
      const auto refused = co_await db.all<int>(sql::unchecked(text));
      CHECK_MESSAGE(kind_of(refused) == ErrorKind::Encode, text);
    }
    CHECK((co_await db.scalar<int>("select 1; -- and no more\n /* */ ;")).value() == 1);
  });
}

TEST_CASE("sqlite: every type comes back as it was") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    const auto at = std::chrono::sys_time<std::chrono::microseconds>(1'700'000'000'123'456us);
    const auto second = std::chrono::sys_seconds(-1s);
    const std::chrono::year_month_day day{std::chrono::year(2024), std::chrono::month(2), std::chrono::day(29)};
    const std::chrono::local_time<std::chrono::microseconds> local(5us);
    const std::chrono::hh_mm_ss<std::chrono::microseconds> time(3'661'000'001us);
    const std::vector bytes{std::byte{0}, std::byte{255}};
    const std::vector<std::int64_t> numbers{1, INT64_MIN};
    const std::vector<std::optional<std::string>> words{"a\"", std::nullopt, "\xc3\xa4"};
    const Uuid uuid = *Uuid::parse("018f3c5a-0000-7000-8000-0123456789ab");
    const auto row = (co_await db.one<Everything>(
                          "select $1 as truth, $2 as small, $3 as big, $4 as real, $5 as single, $6 as text, $7 as bytes, "
                          "$8 as json, $9 as numbers, $10 as words, $11 as at, $12 as second, $13 as day, $14 as local, "
                          "$15 as time, $16 as interval, $17 as uuid, $18 as number, $19 as colour, $20 as none, 7 as digit",
                          true, std::int16_t{-5}, 4'000'000'000U, 0.1, 1.5F, "text", bytes, sql::Json{Point{1, 2}}, numbers,
                          words, at, second, day, local, time, sql::Interval{1, 2, 3}, uuid,
                          *sql::Numeric::parse("1.10"), Colour::Green, std::optional<Colour>()))
                         .value();
    CHECK(row.truth);
    CHECK(row.small == -5);
    CHECK(row.big == 4'000'000'000U);
    CHECK(row.real == 0.1);
    CHECK(row.single == 1.5F);
    CHECK(row.text == "text");
    CHECK(row.bytes == bytes);
    CHECK(row.json.value == Point{1, 2});
    CHECK(row.numbers == numbers);
    CHECK(row.words == words);
    CHECK(row.at == at);
    CHECK(row.second == second);
    CHECK(row.day == day);
    CHECK(row.local == local);
    CHECK(row.time.to_duration() == time.to_duration());
    CHECK(row.interval == sql::Interval{1, 2, 3});
    CHECK(row.uuid == uuid);
    CHECK(row.number.text() == "1.10");
    CHECK(row.colour == Colour::Green);
    CHECK(!row.none);
    CHECK(*row.digit == 7);
    CHECK((co_await db.scalar<std::int64_t>("select sum(value) from json_each($1)", std::vector{1, 2, 3})).value() == 6);
    CHECK((co_await db.scalar<Uuid>("select x'018f3c5a0000700080000123456789ab'")).value() == uuid);
  });
}

TEST_CASE("sqlite: what does not fit is told with struct, field and type") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    struct Case {
      const char* text;
      ErrorKind kind;
      const char* message;
    };
    static constexpr std::array kCases{
        Case{"select 1 as id, 'x' as text", ErrorKind::ColumnMissing, "Note.tag (optional<std::"},
        Case{"select 1 as id, 2 as id, 'x' as text, null as tag", ErrorKind::ColumnMissing, "more than one column id"},
        Case{"select null as id, 'x' as text, null as tag", ErrorKind::NullValue, "Note.id (long)"},
        Case{"select 1 as id, 2 as text, null as tag", ErrorKind::TypeMismatch, "the value is of type int8, not text"},
        Case{"select 'a' as id, 'x' as text, null as tag", ErrorKind::TypeMismatch, "not an integer"},
        Case{"select 1 as id, cast(x'ff' as text) as text, null as tag", ErrorKind::Decode, "no UTF-8"},
    };
    for (const Case& one : kCases) {
      const auto refused = co_await db.all<Note>(sql::unchecked(one.text));
      CHECK(kind_of(refused) == one.kind);
      CHECK_MESSAGE(refused.error().message().find(one.message) != std::string::npos, refused.error().message());
    }
    CHECK(kind_of(co_await db.scalar<std::int16_t>("select 32768")) == ErrorKind::Decode);
    CHECK(kind_of(co_await db.scalar<std::uint16_t>("select -1")) == ErrorKind::Decode);
    CHECK(kind_of(co_await db.scalar<bool>("select 2")) == ErrorKind::Decode);
    CHECK(kind_of(co_await db.scalar<float>("select 1e300")) == ErrorKind::Decode);
    CHECK(kind_of(co_await db.scalar<Colour>("select 'Blue'")) == ErrorKind::Decode);
    CHECK(kind_of(co_await db.scalar<std::chrono::sys_seconds>("select '2024-01-01T00:00:00.5Z'")) == ErrorKind::Decode);
    CHECK(kind_of(co_await db.scalar<reflect::Ranged<int, 1, 9>>("select 10")) == ErrorKind::Decode);
    CHECK(kind_of(co_await db.scalar<int>("select 1, 2")) == ErrorKind::ColumnMissing);
    CHECK(kind_of(co_await db.one<int>("select 1 where false")) == ErrorKind::RowMissing);
    CHECK(kind_of(co_await db.one<int>("select 1 union all select 2")) == ErrorKind::TooManyRows);
    CHECK(kind_of(co_await db.maybe<int>("select 1 union all select 2")) == ErrorKind::TooManyRows);
    CHECK(kind_of(co_await db.exec("select $1", std::string("a\0b", 3))) == ErrorKind::Encode);
    CHECK(kind_of(co_await db.exec("select $1", "\xff")) == ErrorKind::Encode);
    CHECK(kind_of(co_await db.exec("select $1", static_cast<Colour>(9))) == ErrorKind::Encode);
    CHECK(kind_of(co_await db.exec("select $1", UINT64_MAX)) == ErrorKind::Encode);
  });
}

TEST_CASE("sqlite: constraints are told by SQLSTATE, table and column") {
  test::run([]() -> Task<void> {
    const sql::Database db = co_await notes::open();
    CHECK((co_await db.exec("create table parts (note integer not null references notes, size integer check (size > 0))")));
    CHECK((co_await db.exec("insert into notes (text) values ('one')")).value() == 1);
    const auto twice = co_await db.exec("insert into notes (text) values ($1)", "one");
    CHECK(kind_of(twice) == ErrorKind::Constraint);
    CHECK(twice.error().is_unique_violation());
    CHECK(twice.error().table() == "notes");
    CHECK(twice.error().column() == "text");
    CHECK(twice.error().text() == "insert into notes (text) values ($1)");
    CHECK(Error(twice.error()).code() == Errc::AlreadyExists);
    CHECK((co_await db.exec("insert into parts values (9, 1)")).error().is_foreign_key_violation());
    CHECK((co_await db.exec("insert into parts values (1, 0)")).error().is_check_violation());
    CHECK((co_await db.exec("insert into parts values (null, 1)")).error().is_not_null_violation());
    CHECK((co_await db.exec("insert into notes (text) values (x'00')")).error().sqlstate() == "42804");
    const auto wrong = co_await db.exec("select nothing from notes");
    CHECK(kind_of(wrong) == ErrorKind::Server);
    CHECK(wrong.error().position() == 8);
    // A misspelt name in double quotes is no text.
    CHECK(kind_of(co_await db.scalar<std::string>("select \"nothing\" from notes")) == ErrorKind::Server);
  });
}

TEST_CASE("sqlite: rows affected are those of this statement") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    CHECK((co_await db.exec("insert into notes (text) values ('a'), ('b'), ('c')")).value() == 3);
    CHECK((co_await db.exec("create table more (id integer)")).value() == 0);
    CHECK((co_await db.exec("update notes set tag = 'x' where text > 'a'")).value() == 2);
    CHECK((co_await db.exec("delete from notes where false")).value() == 0);
    CHECK((co_await db.exec("select * from notes")).value() == 0);
    const auto back = (co_await db.all<Note>("insert into notes (text) values ('d'), ('e') returning *")).value();
    REQUIRE(back.size() == 2);
    CHECK(back[1].id == 5);
    CHECK(co_await notes::count(db) == 5);
    // One row too many is an error, and what was inserted with it is undone.
    CHECK(kind_of(co_await db.one<Note>("insert into notes (text) values ('f'), ('g') returning *")) ==
          ErrorKind::TooManyRows);
    CHECK(co_await notes::count(db) == 5);
  });
}

// The reader that looks at it first still knows the old schema.
TEST_CASE("sqlite: columns that a change of the schema moved are found again") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    CHECK((co_await db.exec("insert into notes (text) values ('one')")));
    for (int i = 0; i < 3; ++i) CHECK((co_await db.one<Note>("select * from notes")).value().text == "one");
    CHECK((co_await db.exec("create table other (tag text, text text, id integer)")));
    CHECK((co_await db.exec("insert into other select tag, text, id from notes")));
    CHECK((co_await db.exec("drop table notes")));
    const auto renamed = co_await db.exec("alter table other rename to notes");
    REQUIRE_MESSAGE(renamed, renamed.error().message());
    CHECK((co_await db.one<Note>("select * from notes")).value().text == "one");
  });
}

TEST_CASE("sqlite: BEGIN by hand is undone and told") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    const sql::Database db = co_await notes::open(folder);
    for (const char* text : {"begin", "begin immediate", " /* x */ -- y\n BEGIN", "savepoint s"}) {
      CHECK(kind_of(co_await db.exec(sql::unchecked(text))) == ErrorKind::TransactionLeftOpen);
      CHECK((co_await db.exec("insert into notes (text) values ($1)", text)).value() == 1);
    }
    CHECK(co_await notes::count(db) == 4);
    CHECK((co_await db.exec("vacuum")));
    CHECK((co_await db.scalar<std::string>("pragma journal_mode")).value() == "wal");
  });
}

TEST_CASE("sqlite: a database that cannot be opened says why") {
  test::run([]() -> Task<void> {
    const support::TemporaryDirectory folder;
    CHECK(kind_of(co_await sqlite::open({.file = ""})) == ErrorKind::Config);
    CHECK(kind_of(co_await sqlite::open({.file = "/nowhere/at/all.db"})) == ErrorKind::Connect);
    CHECK(kind_of(co_await sqlite::open({.file = (folder / "none.db").native(), .create = sqlite::Create::No})) ==
          ErrorKind::Connect);
    const auto no_database = folder.put("text.db", std::string(4096, 'x'));
    const auto refused = co_await sqlite::open({.file = no_database.native()});
    CHECK(kind_of(refused) == ErrorKind::Connect);
    CHECK(refused.error().message().find("text.db") != std::string::npos);
    CHECK(kind_of(co_await sqlite::open_url("postgres://x")) == ErrorKind::Config);
    CHECK((co_await sqlite::open_url("sqlite::memory:")));
  });
}

TEST_CASE("sqlite: a check finds a file that was deleted, replaced or emptied") {
  test::run([]() -> Task<void> {
    CHECK((co_await sqlite::check(co_await notes::open())));
    const auto spoil = [](int how, const std::filesystem::path& file, const std::filesystem::path& other) {
      if (how == 0) std::filesystem::remove(file);
      if (how == 1) std::filesystem::rename(other, file);
      if (how == 2) std::filesystem::resize_file(file, 0);
    };
    for (int how = 0; how < 3; ++how) {
      const support::TemporaryDirectory folder;
      const support::TemporaryDirectory elsewhere;
      { const sql::Database other = co_await notes::open(elsewhere); co_await other.close(); }
      { const sql::Database before = co_await notes::open(folder); co_await before.close(); }
      const sql::Database db = (co_await sqlite::open({.file = (folder / "notes.db").native()})).value();
      CHECK(co_await notes::count(db) == 0);
      CHECK((co_await sqlite::check(db)));
      spoil(how, folder / "notes.db", elsewhere / "notes.db");
      const auto found = co_await sqlite::check(db);
      REQUIRE(!found);
      CHECK_MESSAGE(found.error().message().find("notes.db") != std::string::npos, found.error().message());
    }
  });
}
