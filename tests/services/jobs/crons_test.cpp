#include "desk.h"

#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

#include "cron_ticker.h"
#include "support/temporary_directory.h"

namespace jobs::test {
namespace {

using namespace std::chrono_literals;
using namespace rondeau;

std::string cron(const std::string& schedule, const std::string& more = "") {
  return R"({"kind":"mail","queue":"q","schedule":")" + schedule + "\"" + more + "}";
}
std::size_t jobs_in(Desk& desk) {
  std::size_t count = 0;
  for (const QueueState& queue : desk.get("/queues").json<Queues>().queues)
    count += static_cast<std::size_t>(queue.depth);
  return count;
}
void tick(Desk& desk) {
  desk.run([&]() -> Task<void> { CHECK((co_await tick_due(desk.app().crons, now())).has_value()); });
}
Time time_of(Desk& desk) {
  Time time;
  desk.run([&]() -> Task<void> {
    time = now();
    co_return;
  });
  return time;
}
void sleep_until(Desk& desk, Time time) {
  desk.sleep(time - time_of(desk));
}
/// Midnight, UTC.
std::chrono::sys_days next_day(Desk& desk) {
  return std::chrono::floor<std::chrono::days>(time_of(desk)) + std::chrono::days(1);
}
/// The next first of December before a year with a 29 February.
std::chrono::sys_days december_before_leap_year(Desk& desk) {
  std::chrono::year_month_day day{next_day(desk)};
  std::chrono::year year = day.year();
  while (!(year + std::chrono::years(1)).is_leap() || std::chrono::sys_days(year / 12 / 1) < next_day(desk)) ++year;
  return year / 12 / 1;
}

TEST_CASE("crons: set up, shown, changed and taken away") {
  on_each_database([](const std::string& url) {
    Desk desk(url, Clock::Real);
    CHECK(desk.get("/crons/a").status == 404);
    const Answer made = desk.put("/crons/a", cron("0 3 * * *", R"(,"missed":"once")"));
    CHECK(made.status == 201);
    CHECK(made.field("location") == "/crons/a");
    CHECK(made.json<Cron>().missed == Missed::once);
    const Answer changed = desk.put("/crons/a", cron("@hourly"));
    CHECK(changed.status == 200);
    CHECK(desk.get("/crons/a").json<Cron>().schedule == "@hourly");
    CHECK(desk.get("/crons").json<Crons>().crons.size() == 1);
    CHECK(desk.del("/crons/a").status == 204);
    CHECK(desk.del("/crons/a").status == 404);
    CHECK(desk.put("/crons/a%20b", cron("@hourly")).status == 422);
    CHECK(desk.put("/crons/a", cron("61 * * * *")).status == 422);
    CHECK(desk.put("/crons/a", cron("0 0 30 2 *")).status == 422);
    CHECK(desk.put("/crons/a", R"({"kind":"sleep","schedule":"@hourly"})").status == 422);
  });
}

TEST_CASE("crons: over 400 days with a 29 February every tick is one job") {
  Desk desk("sqlite::memory:");
  sleep_until(desk, december_before_leap_year(desk) + 12h);
  desk.put("/crons/daily", cron("30 6 * * *"));
  desk.put("/crons/leap", cron("0 0 29 2 *"));
  desk.put("/crons/monthly", cron("0 0 31 * *"));
  const std::size_t ticks =
      400 + 1 + 8;  // 31sts until 4 January of the year after next: Dec, Jan, Mar, May, Jul, Aug, Oct, Dec
  desk.run([&]() -> Task<void> {
    auto ticker = spawn(tick_crons(desk.app().crons, desk.app().bell, std::chrono::days(1)));
    co_await sleep_for(std::chrono::days(400));
    ticker.abort();
    static_cast<void>(co_await ticker);
  });
  CHECK(jobs_in(desk) == ticks);
}

TEST_CASE("crons: of several processes one puts in the job") {
  on_each_database([](const std::string& url) {
    Desk left(url, Clock::Real);
    Desk right(url == "sqlite::memory:" ? "sqlite::memory:" : url, Clock::Real);
    if (url == "sqlite::memory:") return;
    left.put("/crons/a", cron("* * * * *"));
    left.execute("update crons set next_at = next_at - 60000");
    const auto cron_now = left.get("/crons/a").json<Cron>();
    int fired = 0;
    for (Desk* desk : {&left, &right}) {
      desk->run([&]() -> Task<void> {
        const auto next = cron_now.next_at + 1min;
        fired += (co_await desk->app().crons.fire(cron_now, cron_now.next_at, next)).value() ? 1 : 0;
      });
    }
    CHECK(fired == 1);
    CHECK(jobs_in(left) == 1);
    CHECK(right.get("/crons/a").json<Cron>().next_at == cron_now.next_at + 1min);
  });
}

TEST_CASE("crons: what was missed in a pause is made up for once, or not at all") {
  Desk desk("sqlite::memory:");
  const auto day = next_day(desk);
  sleep_until(desk, day + 30min);
  desk.put("/crons/skip", cron("0 * * * *"));
  desk.put("/crons/once", cron("0 * * * *", R"(,"missed":"once")"));
  desk.sleep(10h + 5min);  // it is 10:35
  tick(desk);
  const auto jobs = desk.get("/jobs").json<JobPage>().jobs;
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].run_at == day + 10h);
  for (const char* name : {"skip", "once"}) {
    CHECK(desk.get(std::string("/crons/") + name).json<Cron>().next_at == day + 11h);
  }
  // One that is a little late is itself.
  desk.sleep(25min + 10s);
  tick(desk);
  CHECK(desk.get("/jobs").json<JobPage>().jobs.size() == 3);
}

TEST_CASE("crons: a change keeps a tick that is due where the schedule stays") {
  Desk desk("sqlite::memory:");
  sleep_until(desk, next_day(desk) + 30min);
  const auto next = desk.put("/crons/a", cron("0 * * * *")).json<Cron>().next_at;
  desk.sleep(30min + 5s);
  CHECK(desk.put("/crons/a", cron("0 * * * *", R"(,"priority":3)")).json<Cron>().next_at == next);
  CHECK(desk.put("/crons/a", cron("30 * * * *")).json<Cron>().next_at == next + 30min);
}

}  // namespace
}  // namespace jobs::test
