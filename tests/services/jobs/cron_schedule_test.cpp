#include <doctest/doctest.h>

#include <rondeau/json/json.h>

#include "cron_schedule.h"

namespace jobs::test {
namespace {

using namespace std::chrono_literals;

Time at(const std::string& text) {
  return rondeau::json::parse<Time>('"' + text + '"').value();
}
std::string text_of(std::optional<Time> time) {
  if (!time) return "never";
  const std::string quoted = rondeau::json::to_string(*time).value();
  return quoted.substr(1, quoted.size() - 2);
}

TEST_CASE("cron: when a schedule comes next") {
  struct Case {
    const char* schedule;
    const char* after;
    const char* next;
  };
  const Case cases[] = {
      {"* * * * *", "2026-11-27T10:00:00Z", "2026-11-27T10:01:00Z"},
      {"* * * * *", "2026-11-27T10:00:59.999Z", "2026-11-27T10:01:00Z"},
      {"*/15 * * * *", "2026-11-27T10:15:00Z", "2026-11-27T10:30:00Z"},
      {"5/20 * * * *", "2026-11-27T10:26:00Z", "2026-11-27T10:45:00Z"},
      {"0 9-17/4 * * *", "2026-11-27T13:00:00Z", "2026-11-27T17:00:00Z"},
      {"30 4 1,15 * *", "2026-11-15T04:30:00Z", "2026-12-01T04:30:00Z"},
      {"0 0 31 * *", "2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z"},
      {"0 0 29 2 *", "2026-11-27T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"},
      {"0 12 * * mon-FRI", "2026-11-27T12:00:00Z", "2026-11-30T12:00:00Z"},
      {"0 12 * * 6,7", "2026-11-27T12:00:00Z", "2026-11-28T12:00:00Z"},
      {"0 12 * * 0", "2026-11-28T12:00:00Z", "2026-11-29T12:00:00Z"},
      {"0 0 1 jan *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      // Both kinds of day: either will do.
      {"0 0 13 * fri", "2026-11-01T00:00:00Z", "2026-11-06T00:00:00Z"},
      {"0 0 13 * fri", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"},
      // A star with a step is a star: both have to fit.
      {"0 0 */2 * mon", "2026-11-27T00:00:00Z", "2026-12-07T00:00:00Z"},
      {"  59\t23 31 dec * ", "2026-11-27T00:00:00Z", "2026-12-31T23:59:00Z"},
      {"0 0 30 2 *", "2026-11-27T00:00:00Z", "never"},
      {"@hourly", "2026-11-27T10:00:00Z", "2026-11-27T11:00:00Z"},
      {"@daily", "2026-11-27T10:00:00Z", "2026-11-28T00:00:00Z"},
      {"@midnight", "2026-11-27T10:00:00Z", "2026-11-28T00:00:00Z"},
      {"@weekly", "2026-11-27T10:00:00Z", "2026-11-29T00:00:00Z"},
      {"@Monthly", "2026-11-27T10:00:00Z", "2026-12-01T00:00:00Z"},
      {"@yearly", "2026-11-27T10:00:00Z", "2027-01-01T00:00:00Z"},
      {"@annually", "2026-11-27T10:00:00Z", "2027-01-01T00:00:00Z"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.schedule);
    CAPTURE(each.after);
    const auto schedule = CronSchedule::parse(each.schedule);
    REQUIRE(schedule.has_value());
    CHECK(text_of(schedule->next(at(each.after))) == each.next);
  }
}

TEST_CASE("cron: what is no schedule is refused, and the field is named") {
  struct Case {
    const char* schedule;
    const char* why;
  };
  const Case cases[] = {
      {"", "five fields"},
      {"* * * *", "five fields"},
      {"* * * * * *", "five fields"},
      {"@never", "@hourly"},
      {"60 * * * *", "minute: 60 is not from 0 to 59"},
      {"* 24 * * *", "hour: 24"},
      {"* * 0 * *", "day of the month: 0"},
      {"* * * 13 *", "month: 13"},
      {"* * * * 8", "day of the week: 8"},
      {"*/0 * * * *", "minute: a step"},
      {"*/x * * * *", "minute: a step"},
      {"5-1 * * * *", "runs backwards"},
      {"1,,2 * * * *", "no number"},
      {"-1 * * * *", "no number"},
      {"+1 * * * *", "no number"},
      {"1-2-3 * * * *", "no number"},
      {"jan * * * *", "no number"},
      {"* * * foo *", "month: \"foo\""},
      {"* * * * mo", "day of the week: \"mo\""},
      {"99999 * * * *", "no number"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.schedule);
    const auto schedule = CronSchedule::parse(each.schedule);
    REQUIRE_FALSE(schedule.has_value());
    CAPTURE(schedule.error().message());
    CHECK(schedule.error().context().find(each.why) != std::string_view::npos);
  }
}

}  // namespace
}  // namespace jobs::test
