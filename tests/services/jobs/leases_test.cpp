#include "desk.h"

namespace jobs::test {
namespace {

using namespace std::chrono_literals;

std::string on_q(const std::string& more = "") {
  return R"({"kind":"mail","queue":"q")" + more + "}";
}

TEST_CASE("leases: a job is given to one consumer, kept by its heartbeat, and ended") {
  on_each_database([](const std::string& url) {
    Desk desk(url, Clock::Real);
    const std::string id = desk.add(on_q());
    const std::string token = desk.lease("q");
    REQUIRE_FALSE(token.empty());
    CHECK(desk.lease("q").empty());
    CHECK(desk.job(id).state == JobState::leased);
    const Answer beat = desk.put("/leases/" + token, R"({"lease_s":60,"progress":0.5})");
    CHECK(beat.status == 200);
    CHECK(beat.json<LeaseState>().expires_at > now() + 50s);
    CHECK(*desk.job(id).progress == 0.5);
    const Answer done = desk.post("/leases/" + token + "/complete", R"({"result":{"sent":1}})");
    CHECK(done.status == 200);
    CHECK(done.job().result->dump() == R"({"sent":1})");
    CHECK(done.job().state == JobState::succeeded);
    const Job job = desk.job(id);
    REQUIRE(job.attempts->size() == 1);
    CHECK(*job.attempts->front().outcome == Outcome::succeeded);
    CHECK(job.attempts->front().worker == "remote");
    // What is over is over.
    CHECK(desk.post("/leases/" + token + "/complete").status == 409);
    CHECK(desk.post("/leases/" + token + "/fail").status == 409);
    CHECK(desk.ask(Method::Put, "/leases/" + token).status == 409);
    CHECK(desk.job(id).updated_at == job.updated_at);
  });
}

TEST_CASE("leases: the first by priority, then by time") {
  on_each_database([](const std::string& url) {
    Desk desk(url, Clock::Real);
    const std::string low = desk.add(on_q(R"(,"priority":-1)"));
    const std::string first = desk.add(on_q());
    desk.sleep(2ms);
    const std::string second = desk.add(on_q());
    const std::string high = desk.add(on_q(R"(,"priority":5)"));
    desk.add(R"({"kind":"mail","queue":"other","priority":9})");
    const auto leases = desk.post("/leases", R"({"queue":"q","max":10})").json<Leases>().jobs;
    REQUIRE(leases.size() == 4);
    CHECK(leases[0].id == high);
    CHECK(leases[1].id == first);
    CHECK(leases[2].id == second);
    CHECK(leases[3].id == low);
    CHECK(leases[0].token != leases[1].token);
  });
}

TEST_CASE("leases: one that ran out changes nothing, and the job goes to another") {
  Desk desk("sqlite::memory:");
  const std::string id = desk.add(on_q());
  const std::string late = desk.lease("q", 10);
  desk.sleep(10s);
  for (const char* what : {"/complete", "/fail"}) CHECK(desk.post("/leases/" + late + what).status == 409);
  CHECK(desk.put("/leases/" + late, R"({"progress":0.9})").status == 409);
  CHECK(desk.job(id).state == JobState::leased);  // until it is swept
  CHECK_FALSE(desk.job(id).progress);
  desk.run([&]() -> Task<void> { CHECK((co_await desk.app().leases.sweep()).value() == 1); });
  Job job = desk.job(id);
  CHECK(job.state == JobState::scheduled);
  CHECK(*job.last_error == "the lease expired");
  desk.sleep(1s);
  const std::string token = desk.lease("q");
  REQUIRE_FALSE(token.empty());
  CHECK(desk.post("/leases/" + late + "/complete").status == 409);
  CHECK(desk.post("/leases/" + token + "/complete").status == 200);
  job = desk.job(id);
  REQUIRE(job.attempts->size() == 2);
  CHECK(*job.attempts->front().outcome == Outcome::failed);
  CHECK(*job.attempts->front().ended_at <= job.attempts->back().started_at);
}

TEST_CASE("leases: after max_attempts failures a job is dead, and a retry counts from none") {
  Desk desk("sqlite::memory:");
  const std::string id = desk.add(on_q(R"(,"max_attempts":2)"));
  CHECK(desk.post("/leases/" + desk.lease("q") + "/fail", R"({"error":"no route"})").job().state ==
        JobState::scheduled);
  desk.sleep(1s);
  const Job dead = desk.post("/leases/" + desk.lease("q") + "/fail").job();
  CHECK(dead.state == JobState::dead);
  CHECK(*dead.last_error == "failed");
  CHECK(dead.finished_at);
  desk.post("/jobs/" + id + "/retry");
  CHECK(desk.post("/leases/" + desk.lease("q") + "/fail").job().state == JobState::scheduled);
  // One that waits after a failure may be told to go on now.
  CHECK(desk.post("/jobs/" + id + "/retry").job().state == JobState::ready);
  CHECK(desk.post("/leases/" + desk.lease("q") + "/fail", R"({"retry":false})").job().state == JobState::dead);
  CHECK(desk.job(id).attempts->size() == 4);
}

TEST_CASE("leases: the time before another attempt doubles from a second to a quarter of an hour") {
  Desk desk("sqlite::memory:");
  desk.run([]() -> Task<void> {
    struct Case {
      std::int64_t failures;
      milliseconds most;
    };
    for (const auto& [failures, most] : {Case{1, 1s}, {2, 2s}, {3, 4s}, {10, 512s}, {11, 900s}, {100, 900s}}) {
      milliseconds least_seen = 1h;
      milliseconds most_seen = 0ms;
      for (int i = 0; i < 200; ++i) {
        least_seen = std::min(least_seen, backoff(failures));
        most_seen = std::max(most_seen, backoff(failures));
      }
      CAPTURE(failures);
      CHECK(least_seen >= most / 2);
      CHECK(most_seen <= most);
      CHECK(most_seen - least_seen > most / 4);
    }
    co_return;
  });
}

TEST_CASE("leases: a job that runs is asked to end, and is cancelled when it does") {
  on_each_database([](const std::string& url) {
    Desk desk(url, Clock::Real);
    const std::string id = desk.add(on_q());
    const std::string token = desk.lease("q");
    const Job asked = desk.del("/jobs/" + id).job();
    CHECK(asked.state == JobState::leased);
    CHECK(asked.cancel_requested);
    CHECK(desk.ask(Method::Put, "/leases/" + token).json<LeaseState>().cancel_requested);
    CHECK(desk.post("/leases/" + token + "/fail").job().state == JobState::cancelled);
    CHECK(*desk.job(id).attempts->front().outcome == Outcome::cancelled);
  });
}

TEST_CASE("leases: what does not fit is refused") {
  Desk desk("sqlite::memory:");
  for (const char* body : {"{}", R"({"queue":"q","max":0})", R"({"queue":"q","max":101})",
                           R"({"queue":"q","lease_s":0})", R"({"queue":"q","lease_s":3601})"}) {
    CHECK(desk.post("/leases", body).status == 422);
  }
  const std::string id = desk.add(on_q());
  const std::string token = desk.lease("q");
  CHECK(desk.put("/leases/" + token, R"({"progress":1.5})").status == 422);
  CHECK(desk.post("/leases/" + token + "/fail", R"({"reason":"x"})").status == 422);
  CHECK(desk.job(id).state == JobState::leased);
}

}  // namespace
}  // namespace jobs::test
