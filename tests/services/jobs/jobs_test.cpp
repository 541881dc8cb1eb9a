#include "desk.h"

namespace jobs::test {
namespace {

constexpr const char* kRemote = R"({"kind":"mail","queue":"q","payload":{"to":["ann",{"x":null}]}})";

TEST_CASE("jobs: one that is put in is there, and waits") {
  on_each_database([](const std::string& url) {
    Desk desk(url, Clock::Real);
    const Answer answer = desk.post("/jobs", kRemote);
    REQUIRE(answer.status == 202);
    const Job job = answer.job();
    CHECK(answer.field("location") == "/jobs/" + job.id);
    CHECK(job.state == JobState::ready);
    CHECK(job.payload.dump() == R"({"to":["ann",{"x":null}]})");
    CHECK(job.max_attempts == 5);
    const Job found = desk.job(job.id);
    CHECK(found.created_at == job.created_at);
    CHECK(found.payload == job.payload);
    REQUIRE(found.attempts.has_value());
    CHECK(found.attempts->empty());
    CHECK(desk.get("/jobs/none").status == 404);
  });
}

TEST_CASE("jobs: what does not fit is refused with the place") {
  struct Case {
    std::string body;
    std::string pointer;
  };
  Desk desk("sqlite::memory:");
  const Case cases[] = {
      {R"({"payload":{}})", "/kind"},
      {R"({"kind":""})", "/kind"},
      {R"({"kind":"a b"})", "/kind"},
      {R"({"kind":"a","queue":"-"})", "/queue"},
      {R"({"kind":"a","priority":1001})", "/priority"},
      {R"({"kind":"a","max_attempts":0})", "/max_attempts"},
      {R"({"kind":"a","timeout_s":0})", "/timeout_s"},
      {R"({"kind":"a","run_at":"tomorrow"})", "/run_at"},
      {R"({"kind":"a","delay":5})", "/delay"},
      {R"({"kind":"a","payload":")" + std::string(65 * 1024, 'x') + "\"}", "/payload"},
      {R"({"kind":"sleep"})", "/payload"},
      {R"({"kind":"sleep","payload":{"seconds":1,"ms":1}})", "/payload"},
      {R"({"kind":"sleep","payload":{"seconds":-1}})", "/payload"},
      {R"({"kind":"hash","payload":{"mib":0}})", "/payload"},
      {R"({"kind":"hash","payload":{"mb":1}})", "/payload"},
      {R"({"kind":"compress","payload":{}})", "/payload"},
      {R"({"kind":"webhook","payload":{"url":"ftp://example.org/"}})", "/payload"},
      {R"({"kind":"webhook","payload":{"url":"https://example.org/"}})", "/payload"},
  };
  for (const Case& each : cases) {
    const Answer answer = desk.post("/jobs", each.body);
    CAPTURE(each.body.substr(0, 80));
    CAPTURE(answer.body);
    CHECK(answer.status == 422);
    CHECK(answer.field("content-type") == "application/problem+json");
    CHECK(answer.body.find("\"pointer\":\"" + each.pointer) != std::string::npos);
  }
  CHECK(desk.post("/jobs", "{").status == 400);
  CHECK(desk.get("/jobs").json<JobPage>().jobs.empty());
}

TEST_CASE("jobs: pages go on where the one before ended, and can be narrowed") {
  on_each_database([](const std::string& url) {
    Desk desk(url, Clock::Real);
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
      ids.push_back(desk.add(R"({"kind":"k","queue":")" + std::string(i == 2 ? "other" : "q") + "\"}"));
      desk.sleep(std::chrono::milliseconds(2));  // the order of ids is that of milliseconds
    }
    auto page = desk.get("/jobs?limit=3").json<JobPage>();
    REQUIRE(page.jobs.size() == 3);
    REQUIRE(page.next);
    CHECK(page.jobs[2].id == ids[2]);
    page = desk.get("/jobs?limit=3&after=" + *page.next).json<JobPage>();
    REQUIRE(page.jobs.size() == 2);
    CHECK_FALSE(page.next);
    CHECK(desk.get("/jobs?queue=other").json<JobPage>().jobs.size() == 1);
    CHECK(desk.get("/jobs?state=ready&queue=q").json<JobPage>().jobs.size() == 4);
    CHECK(desk.get("/jobs?state=dead").json<JobPage>().jobs.empty());
    CHECK(desk.get("/jobs?state=lost").status / 100 == 4);
    CHECK(desk.get("/jobs?limit=101").status / 100 == 4);
  });
}

TEST_CASE("jobs: one that waits is cancelled at once, and can be tried again") {
  on_each_database([](const std::string& url) {
    Desk desk(url, Clock::Real);
    const std::string id = desk.add(R"({"kind":"k","queue":"q","run_at":"2099-01-01T00:00:00Z"})");
    CHECK(desk.job(id).state == JobState::scheduled);
    CHECK(desk.lease("q").empty());
    CHECK(desk.post("/jobs/" + id + "/retry").status == 409);
    CHECK(desk.del("/jobs/" + id).job().state == JobState::cancelled);
    CHECK(desk.del("/jobs/" + id).status == 202);  // again is no harm
    CHECK(desk.job(id).finished_at);
    const Answer again = desk.post("/jobs/" + id + "/retry");
    CHECK(again.status == 202);
    CHECK(again.field("location") == "/jobs/" + id);
    CHECK(again.job().state == JobState::ready);
    const std::string token = desk.lease("q");
    REQUIRE_FALSE(token.empty());
    CHECK(desk.post("/jobs/" + id + "/retry").status == 409);
    CHECK(desk.post("/leases/" + token + "/complete").status == 200);
    CHECK(desk.del("/jobs/" + id).status == 409);
    CHECK(desk.post("/jobs/" + id + "/retry").status == 409);
    CHECK(desk.del("/jobs/none").status == 404);
    CHECK(desk.post("/jobs/none/retry").status == 404);
  });
}

TEST_CASE("jobs: with a key a job is put in once (Idempotency-Key)") {
  on_each_database([](const std::string& url) {
    Desk desk(url, Clock::Real);
    const auto send = [&](const std::string& key, const std::string& body) {
      return desk.ask(Method::Post, "/jobs", body, {{"idempotency-key", key}});
    };
    const Answer first = send("\"a-1\"", kRemote);
    REQUIRE(first.status == 202);
    // The job has moved on, the answer is the first one.
    REQUIRE_FALSE(desk.lease("q").empty());
    const Answer second = send("\"a-1\"", kRemote);
    CHECK(second.status == 202);
    CHECK(second.body == first.body);
    CHECK(second.field("location") == first.field("location"));
    CHECK(send("a-1", R"( {"queue":"q", "kind":"mail", "payload":{"to":["ann",{"x":null}]}} )").body == first.body);
    CHECK(send("\"a-1\"", R"({"kind":"mail","queue":"q"})").status == 422);
    CHECK(send("\"a-2\"", kRemote).job().id != first.job().id);
    CHECK(desk.get("/jobs").json<JobPage>().jobs.size() == 2);
    for (const char* bad : {"\"\"", "a b", "\"a\"b\""}) CHECK(send(bad, kRemote).status == 400);
    CHECK(send(std::string(256, 'a'), kRemote).status == 400);
    {
      const KeysInFlight::Entry under_way(*desk.app().keys, "a-3");
      const Answer busy = send("a-3", kRemote);
      CHECK(busy.status == 409);
      CHECK(busy.field("retry-after") == "1");
    }
    CHECK(send("a-3", kRemote).status == 202);
  });
}

TEST_CASE("jobs: a key is forgotten after a day") {
  Desk desk("sqlite::memory:");
  const auto send = [&] { return desk.ask(Method::Post, "/jobs", kRemote, {{"idempotency-key", "k"}}).job().id; };
  const std::string first = send();
  desk.sleep(std::chrono::hours(24) - std::chrono::seconds(1));
  CHECK(send() == first);
  desk.sleep(std::chrono::seconds(1));
  CHECK(send() != first);
}

TEST_CASE("jobs: queues tell their depth, their age and their rates") {
  Desk desk("sqlite::memory:");
  for (int i = 0; i < 5; ++i) desk.add(kRemote);
  desk.add(R"({"kind":"k","queue":"later","run_at":"2099-01-01T00:00:00Z"})");
  desk.sleep(std::chrono::seconds(10));
  desk.post("/leases/" + desk.lease("q") + "/complete");
  desk.lease("q");
  const auto queues = desk.get("/queues").json<Queues>().queues;
  REQUIRE(queues.size() == 2);
  CHECK(queues[0].queue == "later");
  CHECK(queues[0].scheduled == 1);
  CHECK_FALSE(queues[0].oldest_age_s);
  CHECK(queues[1].depth == 3);
  CHECK(queues[1].leased == 1);
  CHECK(queues[1].succeeded == 1);
  REQUIRE(queues[1].oldest_age_s);
  CHECK(*queues[1].oldest_age_s == doctest::Approx(10).epsilon(0.01));
  CHECK(queues[1].added_per_minute == doctest::Approx(1));
  CHECK(queues[1].finished_per_minute == doctest::Approx(0.2));
}

}  // namespace
}  // namespace jobs::test
