#include <doctest/doctest.h>

#include <string>

#include <rondeau/sql/placeholders.h>

using rondeau::sql::count_placeholders;
using rondeau::sql::Placeholders;

namespace {

struct Case {
  std::string_view text;
  std::size_t highest = 0;
};

}  // namespace

static_assert(count_placeholders("select $1, $2").highest == 2);

TEST_CASE("sql: placeholders are counted where they are none of quotes, comments and bodies") {
  static constexpr Case kCases[] = {
      {"", 0},
      {"select 1", 0},
      {"select $1", 1},
      {"$1", 1},
      {"select $2, $1, $2", 2},
      {"($1)::int+$2", 2},
      {"select '$2', $1", 1},
      {"select 'it''s $2', $1", 1},
      {"select E'\\'$2', $1", 1},
      {"select e'\\\\', $1", 1},
      {"select \"a$2\", \"b\"\"$3\", $1", 1},
      {"select 1 -- $1\n, $1", 1},
      {"select 1 -- $1", 0},
      {"select 1 /* $1 */", 0},
      {"do $$ begin $1 end $$", 0},
      {"do $a$ $$ $2 $b$ $a$, $1", 1},
      {"select a$1", 0},
      {"select name'$1', $1", 1},
      {"select $1-$2*$3", 3},
  };
  for (const Case& one : kCases) {
    const Placeholders found = count_placeholders(one.text);
    CHECK_MESSAGE(found.highest == one.highest, one.text);
    CHECK_MESSAGE(!found.gap, one.text);
    CHECK_MESSAGE(!found.named, one.text);
    CHECK_MESSAGE(!found.malformed, one.text);
  }
}

TEST_CASE("sql: gaps, names and open ends are found") {
  CHECK(count_placeholders("select $2").gap);
  CHECK(count_placeholders("select $1, $3").gap);
  CHECK(count_placeholders("select $65535").gap);
  for (const std::string_view text : {"select $0", "select $name", "select $65536", "select $1x", "select $",
                                      "select $99999999999999999999", "select $ 1"}) {
    CHECK_MESSAGE(count_placeholders(text).named, text);
  }
  for (const std::string_view text : {"'", "select 'a", "select \"a", "/* a", "/*/", "$$ a", "$a$ $b$", "E'\\'", "'''"}) {
    CHECK_MESSAGE(count_placeholders(text).malformed, text);
  }
  CHECK(count_placeholders(std::string_view("select\0$1", 9)).malformed);
}

TEST_CASE("sql: as many placeholders as the protocol has are counted") {
  std::string text = "values (";
  for (int i = 1; i <= 65'535; ++i) text += "$" + std::to_string(i) + ",";
  const Placeholders found = count_placeholders(text);
  CHECK(found.highest == 65'535);
  CHECK(!found.gap);
  CHECK(!found.named);
}
