#include <rondeau/postgres/copy_rows.h>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/sql/types.h>

namespace {

using namespace rondeau;
using postgres::CopyRows;

struct Row {
  bool yes;
  std::int64_t number;
  double real;
  std::string text;
  std::optional<std::string> none;
  std::vector<std::byte> bytes;
  std::chrono::year_month_day day;
  std::vector<std::optional<std::string>> list;
};

TEST_CASE("postgres: structs become rows of COPY's text form") {
  using namespace std::chrono;
  CopyRows rows;
  REQUIRE(rows.add(Row{.yes = true,
                       .number = -7,
                       .real = 0.1,
                       .text = "a\tb\\c\n",
                       .none = std::nullopt,
                       .bytes = {std::byte{0}, std::byte{255}},
                       .day = year_month_day(year(2024), February, day(29)),
                       .list = {"x\"y\\", std::nullopt}}));
  CHECK(rows.size() == 1);
  CHECK(std::move(rows).take() ==
        "t\t-7\t0.1\ta\\tb\\\\c\\n\t\\N\t\\\\x00ff\t2024-02-29\t{\"x\\\\\"y\\\\\\\\\",NULL}\n");
}

TEST_CASE("postgres: a row that cannot be written is left out, and says which column") {
  struct Pair {
    int number;
    std::string text;
  };
  CopyRows rows;
  REQUIRE(rows.add(Pair{1, "one"}));
  const auto refused = rows.add(Pair{2, std::string("\0", 1)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == sql::ErrorKind::Encode);
  CHECK(refused.error().message().find("column 2") != std::string::npos);
  REQUIRE(rows.add(Pair{3, ""}));
  CHECK(std::move(rows).take() == "1\tone\n3\t\n");
}

}  // namespace
