// Durations and times as text, there and back, and what is refused.
#include <chrono>
#include <limits>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/reflect/nearest.h>
#include <rondeau/reflect/text_forms.h>
#include <rondeau/reflect/walk.h>

using namespace rondeau;
using reflect::Moment;

namespace {
std::string duration_again(std::string_view text) {
  Moment moment;
  if (!reflect::read_duration(text, moment)) return "refused";
  std::string out;
  reflect::write_duration(moment, out);
  return out;
}
std::string time_again(std::string_view text) {
  Moment moment;
  if (!reflect::read_time(text, moment)) return "refused";
  std::string out;
  return reflect::write_time(moment, out) ? out : "no text";
}
struct Case {
  std::string_view in;
  std::string_view out;
};
}  // namespace

TEST_CASE("reflect: durations are read in any unit and written in seconds") {
  const Case cases[] = {
      {"1.5s", "1.5s"},
      {"250ms", "0.25s"},
      {"5m", "300s"},
      {"24h", "86400s"},
      {"1ns", "0.000000001s"},
      {"3us", "0.000003s"},
      {"-1.5s", "-1.5s"},
      {"0s", "0s"},
      {"0.5h", "1800s"},
      {"-250ms", "-0.25s"},
      {"0.000000001s", "0.000000001s"},
      {"1", "refused"},
      {"", "refused"},
      {"s", "refused"},
      {"1 s", "refused"},
      {"+1s", "refused"},
      {"1.s", "refused"},
      {".5s", "refused"},
      {"1e3s", "refused"},
      {"1S", "refused"},
      {"1d", "refused"},
      {"--1s", "refused"},
      {"0.0000000001s", "refused"},
      {"0.1ns", "refused"},
      {"1.5s ", "refused"},
      {"99999999999999999999s", "refused"},
      {"9223372036854775807h", "refused"},
  };
  for (const Case& one : cases) {
    INFO(one.in);
    CHECK(duration_again(one.in) == one.out);
  }
}

TEST_CASE("reflect: a duration that its type cannot hold exactly is refused") {
  Moment moment{1, 500'000'000};
  std::chrono::seconds seconds{};
  std::chrono::milliseconds milliseconds{};
  std::chrono::duration<std::int8_t, std::milli> tiny{};
  std::chrono::duration<double> real{};
  CHECK(!reflect::from_moment(moment, reflect::Rounding::Refuse, seconds));
  CHECK(reflect::from_moment(moment, reflect::Rounding::Refuse, milliseconds));
  CHECK(milliseconds.count() == 1'500);
  CHECK(!reflect::from_moment(moment, reflect::Rounding::Refuse, tiny));
  CHECK(reflect::from_moment(moment, reflect::Rounding::Refuse, real));
  CHECK(real.count() == 1.5);
  CHECK(!reflect::to_moment(std::chrono::hours(std::numeric_limits<std::int64_t>::max()), moment));
}

TEST_CASE("reflect: times are read with any offset and written in UTC (RFC 3339)") {
  const Case cases[] = {
      {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
      {"2024-02-29t23:59:59.123456789z", "2024-02-29T23:59:59.123456789Z"},
      {"2024-05-01T12:00:00+05:30", "2024-05-01T06:30:00Z"},
      {"2024-05-01T12:00:00-00:30", "2024-05-01T12:30:00Z"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"},
      {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
      {"9999-12-31T23:59:59-01:00", "no text"},
      {"2023-02-29T00:00:00Z", "refused"},
      {"2024-13-01T00:00:00Z", "refused"},
      {"2024-00-01T00:00:00Z", "refused"},
      {"2024-01-01T24:00:00Z", "refused"},
      {"2024-01-01T00:60:00Z", "refused"},
      {"2024-01-01T00:00:60Z", "refused"},
      {"2024-01-01 00:00:00Z", "refused"},
      {"2024-01-01T00:00:00", "refused"},
      {"2024-01-01T00:00:00.Z", "refused"},
      {"2024-01-01T00:00:00.1234567890Z", "refused"},
      {"2024-01-01T00:00:00+24:00", "refused"},
      {"2024-01-01T00:00:00Z ", "refused"},
      {"2024-1-1T00:00:00Z", "refused"},
      {"", "refused"},
  };
  for (const Case& one : cases) {
    INFO(one.in);
    CHECK(time_again(one.in) == one.out);
  }
}

TEST_CASE("reflect: the nearest name is at most two edits away") {
  const std::string_view names[] = {"server.listen", "server.limits", "log"};
  CHECK(reflect::nearest("servr.listen", names) == "server.listen");
  CHECK(reflect::nearest("server.lsiten", names) == "server.listen");
  CHECK(reflect::nearest("server.lstn", names) == "server.listen");
  CHECK(reflect::nearest("database", names).empty());
  CHECK(reflect::nearest("lg", names) == "log");
  CHECK(reflect::nearest("xyz", names).empty());
  CHECK(reflect::edit_distance("ab", "ba", 2) == 1);
  CHECK(reflect::edit_distance("", "abc", 2) == 3);
}
