// What goes on by itself: jobs that run, on a clock that stands still wherever that can be.
#include "desk.h"

#include "support/sanitized.h"
#include "support/temporary_directory.h"

namespace jobs::test {
namespace {

using namespace std::chrono_literals;
using namespace rondeau;

EngineOptions one_worker() {
  return {.worker = "here", .executors = 2};
}

TEST_CASE("engine: a job runs, tells how far it is, and succeeds") {
  Desk desk("sqlite::memory:", Clock::Paused, one_worker());
  const std::string id = desk.add(R"({"kind":"sleep","payload":{"seconds":200}})");
  desk.sleep(100s);
  const Job half = desk.job(id);
  CHECK(half.state == JobState::leased);
  CHECK(*half.progress == doctest::Approx(0.5).epsilon(0.06));
  desk.sleep(101s);
  const Job done = desk.job(id);
  CHECK(done.state == JobState::succeeded);
  CHECK(*done.progress == 1);
  CHECK(*done.attempts->front().outcome == Outcome::succeeded);
  CHECK(done.attempts->front().worker == "here");
}

TEST_CASE("engine: a job that lasts longer than its lease runs once") {
  Desk desk("sqlite::memory:", Clock::Paused, one_worker());
  const std::string id = desk.add(R"({"kind":"sleep","timeout_s":7200,"payload":{"seconds":3600}})");
  desk.sleep(1800s);
  CHECK(*desk.job(id).progress == doctest::Approx(0.5).epsilon(0.02));
  desk.sleep(1801s);
  const Job done = desk.job(id);
  CHECK(done.state == JobState::succeeded);
  CHECK(done.result->dump() == R"({"slept_ms":3600000})");
  CHECK(done.attempts->size() == 1);
}

TEST_CASE("engine: a job that is due later runs then, and not before") {
  Desk desk("sqlite::memory:", Clock::Paused, one_worker());
  desk.sleep(1s);
  const std::string in_an_hour = rondeau::json::to_string(now() + 1h).value();
  const std::string id = desk.add(R"({"kind":"sleep","payload":{"ms":0},"run_at":)" + in_an_hour + "}");
  desk.sleep(3599s);
  CHECK(desk.job(id).state == JobState::scheduled);
  desk.sleep(2s);
  CHECK(desk.job(id).state == JobState::succeeded);
}

TEST_CASE("engine: one that times out is tried again after a while that grows, and is dead at last") {
  const EngineOptions options = one_worker();
  Desk desk("sqlite::memory:", Clock::Paused, options);
  const std::string id = desk.add(R"({"kind":"sleep","payload":{"seconds":60},"timeout_s":1,"max_attempts":4})");
  desk.sleep(60s);
  const Job dead = desk.job(id);
  CHECK(dead.state == JobState::dead);
  CHECK(*dead.last_error == "timed out after 1 s");
  REQUIRE(dead.attempts->size() == 4);
  auto& attempts =
      options.metrics->counter("jobs_attempts_total", "Attempts that ended in this process", {"kind", "outcome"});
  CHECK(attempts.with({"sleep", "timed_out"}).value() == 4);
  milliseconds most = 1s;
  for (std::size_t i = 0; i < 4; ++i) {
    const Attempt& attempt = (*dead.attempts)[i];
    CHECK(*attempt.ended_at - attempt.started_at >= 1s);
    CHECK(*attempt.ended_at - attempt.started_at <= 1050ms);
    if (i == 0) continue;
    const milliseconds between = attempt.started_at - *(*dead.attempts)[i - 1].ended_at;
    CHECK(between >= most / 2);
    CHECK(between <= most + 50ms);
    most *= 2;
  }
}

TEST_CASE("engine: no more jobs run at once than there are executors, the first by priority") {
  Desk desk("sqlite::memory:", Clock::Paused, one_worker());
  std::vector<std::string> ids;
  desk.sleep(1s);
  const std::string together = rondeau::json::to_string(now() + 60s).value();
  for (int i = 0; i < 6; ++i) {
    ids.push_back(desk.add(R"({"kind":"sleep","payload":{"seconds":10},"run_at":)" + together + R"(,"priority":)" +
                           std::to_string(i) + "}"));
  }
  desk.sleep(std::chrono::duration_cast<Duration>(desk.job(ids[0]).run_at - desk.job(ids[0]).created_at) + 5s);
  CHECK(desk.get("/jobs?state=leased").json<JobPage>().jobs.size() == 2);
  desk.sleep(26s);
  CHECK(desk.get("/jobs?state=succeeded").json<JobPage>().jobs.size() == 6);
  CHECK(desk.job(ids[5]).finished_at->time_since_epoch() < desk.job(ids[2]).finished_at->time_since_epoch());
}

TEST_CASE("engine: of a kind that it does not know it keeps its hands") {
  Desk desk("sqlite::memory:", Clock::Paused, one_worker());
  const std::string id = desk.add(R"({"kind":"mail"})");
  desk.sleep(60s);
  CHECK(desk.job(id).state == JobState::ready);
  CHECK_FALSE(desk.lease("default").empty());
}

TEST_CASE("engine: a job that is cancelled ends, at once here and within a second elsewhere") {
  const support::TemporaryDirectory folder;
  const std::string url = "sqlite:" + (folder / "x.db").native();
  Desk runs(url, Clock::Real, one_worker());
  Desk asks(url, Clock::Real);
  for (Desk* desk : {&runs, &asks}) {
    const std::string id = runs.add(R"({"kind":"sleep","payload":{"seconds":600}})");
    runs.wait_for(id, JobState::leased);
    desk->del("/jobs/" + id);
    const Job job = runs.wait_for(id, JobState::cancelled, 10s);
    CHECK(*job.attempts->front().outcome == Outcome::cancelled);
  }
}

TEST_CASE("engine: a hash that is cancelled frees its thread within 100 ms") {
  Desk desk("sqlite::memory:", Clock::Real, one_worker());
  const std::string id = desk.add(R"({"kind":"hash","payload":{"mib":4096}})");
  desk.wait_for(id, JobState::leased);
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (desk.app().runner->computing() == 0 && std::chrono::steady_clock::now() < until) desk.sleep(1ms);
  REQUIRE(desk.app().runner->computing() == 1);
  const auto begun = std::chrono::steady_clock::now();
  desk.del("/jobs/" + id);
  while (desk.app().runner->computing() > 0 && std::chrono::steady_clock::now() < until) desk.sleep(1ms);
  const auto took = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun);
  MESSAGE("freed after ", took.count(), " ms");
  CHECK(took < 100ms * (support::kSanitized ? 20 : 1));
  desk.wait_for(id, JobState::cancelled);
}

TEST_CASE("engine: when it stops, jobs have a while to end, and are then given back as if never taken") {
  const support::TemporaryDirectory folder;
  const std::string url = "sqlite:" + (folder / "x.db").native();
  std::string quick;
  std::string slow;
  {
    Desk desk(url, Clock::Paused, one_worker());
    quick = desk.add(R"({"kind":"sleep","payload":{"seconds":3},"max_attempts":1})");
    slow = desk.add(R"({"kind":"sleep","payload":{"seconds":100},"max_attempts":1})");
    desk.sleep(1s);
    desk.stop_engine();
    CHECK(desk.job(quick).state == JobState::succeeded);
    const Job job = desk.job(slow);
    CHECK(job.state == JobState::ready);
    CHECK(*job.attempts->front().outcome == Outcome::released);
  }
  Desk desk(url, Clock::Paused, one_worker());
  desk.sleep(101s);
  CHECK(desk.job(slow).state == JobState::succeeded);
  CHECK(desk.job(slow).attempts->size() == 2);
}

TEST_CASE("engine: what a dead process had is taken over when its lease has run out") {
  const support::TemporaryDirectory folder;
  const std::string url = "sqlite:" + (folder / "x.db").native();
  Desk desk(url, Clock::Paused, one_worker());
  // As one would leave it that was killed.
  desk.run([&]() -> Task<void> {
    const Result<Placement> placed =
        co_await desk.app().jobs.place(rondeau::json::parse<NewJob>(R"({"kind":"mail"})").value(), std::nullopt);
    CHECK(placed.has_value());
    CHECK((co_await desk.app().leases.claim({1, 30s, "killed", "default"})).value().size() == 1);
  });
  const std::string id = desk.get("/jobs").json<JobPage>().jobs.front().id;
  desk.sleep(29s);
  CHECK(desk.job(id).state == JobState::leased);
  desk.sleep(7s);
  CHECK(desk.job(id).state == JobState::ready);
}

TEST_CASE("engine: a lease that was taken away ends the job that runs under it") {
  Desk desk("sqlite::memory:", Clock::Paused, one_worker());
  const std::string id = desk.add(R"({"kind":"sleep","payload":{"seconds":100}})");
  desk.sleep(1s);
  // As a sweeper would do whose clock is ahead.
  desk.execute(
      "update jobs set state = 'ready', owner = null, lease_until = null, built_in = 0, updated_at = updated_at + 1");
  desk.sleep(15s);
  CHECK(desk.app().running->empty());
  CHECK(desk.job(id).state == JobState::ready);
}

TEST_CASE("engine: jobs that ended a week ago are forgotten") {
  Desk desk("sqlite::memory:", Clock::Paused, EngineOptions{.worker = "here", .executors = 1, .keep = 60s});
  const std::string id = desk.add(R"({"kind":"sleep","payload":{"ms":0}})");
  desk.sleep(50s);
  CHECK(desk.get("/jobs/" + id).status == 200);
  desk.sleep(20s);
  CHECK(desk.get("/jobs/" + id).status == 404);
}

TEST_CASE("engine: many jobs in two processes run once each, and none at the same time twice") {
  on_each_database([](const std::string& url) {
    if (url == "sqlite::memory:") return;
    Desk left(url, Clock::Real, EngineOptions{.worker = "left", .executors = 4});
    Desk right(url, Clock::Real, EngineOptions{.worker = "right", .executors = 4});
    std::vector<std::string> ids;
    for (int i = 0; i < 60; ++i)
      ids.push_back((i % 2 == 0 ? left : right).add(R"({"kind":"sleep","payload":{"ms":5}})"));
    for (const std::string& id : ids) CHECK(left.wait_for(id, JobState::succeeded).attempts->size() == 1);
  });
}

}  // namespace
}  // namespace jobs::test
