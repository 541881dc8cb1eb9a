#include "desk.h"

#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace jobs::test {
namespace {

using namespace std::chrono_literals;
using namespace rondeau;

EngineOptions no_workers() {
  return {.worker = "none", .executors = 0};
}

NewJob mail() {
  return rondeau::json::parse<NewJob>(R"({"kind":"mail","queue":"q"})").value();
}

TEST_CASE("streams: an id that is committed late is waited for, and one that never comes is not") {
  on_each_database([](const std::string& url) {
    if (!url.starts_with("postgres")) return;
    Desk desk(url, Clock::Real, no_workers());
    desk.run([&]() -> Task<void> {
      const sql::Database database = desk.database();
      auto events = desk.app().feed->subscribe();
      // The first id goes to a transaction that is open, the second one is on the table before it.
      auto open = (co_await database.begin()).value();
      const std::string late = "late";
      CHECK((co_await open->exec("insert into events (job, queue, type, state, attempt, at) "
                                 "values ($1, 'q', 'state', 'ready', 0, 0)",
                                 late))
                .value() == 1);
      CHECK((co_await desk.app().jobs.place(mail(), std::nullopt)).has_value());
      co_await sleep_for(100ms);
      CHECK(events.try_recv().has_value() == false);
      CHECK((co_await std::move(open).commit()).has_value());
      CHECK((co_await events.recv()).value().what.job == "late");
      CHECK((co_await events.recv()).value().what.queue == "q");
      // One whose transaction is rolled back is given up.
      auto undone = (co_await database.begin()).value();
      CHECK((co_await undone->exec("insert into events (job, queue, type, state, attempt, at) "
                                   "values ('undone', 'q', 'state', 'ready', 0, 0)"))
                .value() == 1);
      co_await std::move(undone).rollback();
      CHECK((co_await desk.app().jobs.place(mail(), std::nullopt)).has_value());
      const auto next = co_await timeout(10s, events.recv());
      REQUIRE(next.has_value());
      CHECK(next->value().what.job != "undone");
    });
  });
}

/// Over the whole server, on a clock that stands still, with the engine.
class Streams {
 public:
  Streams()
      : app_(runtime_.block_on(app_of(opened_.database, std::make_shared<Runner>(1, std::nullopt))).value()),
        server_(router(), Limits::behind_proxy()) {  // who reads slowly is not cut off at once
    server_.post("/start").send();
  }
  ~Streams() {
    server_.post("/stop").send();
    runtime_.block_on(opened_.database.close());
  }
  std::string add() {
    const auto answer = server_.post("/jobs").json(mail()).send();
    REQUIRE(http::code(answer.status()) == 202);
    return answer.json<Job>().id;
  }
  /// A second, in which everything is done that others do on threads; advance() would not wait for these.
  void sleep() { server_.post("/sleep").send(); }
  TestApp& server() { return server_; }

 private:
  Router<App> router() {
    Router<App> router = routes(app_);
    router.post<"/start">([this]() -> Task<std::string> {
      engine_ = std::make_unique<Engine>(app_, opened_, no_workers());
      co_return "";
    });
    router.post<"/sleep">([]() -> Task<std::string> {
      co_await sleep_for(1s);
      co_return "";
    });
    router.post<"/stop">([this]() -> Task<std::string> {
      co_await engine_->stop();
      co_return "";
    });
    return router;
  }

  runtime::Runtime runtime_ = runtime::Builder::current_thread().build().value();
  Opened opened_ = runtime_.block_on(open_database("sqlite::memory:")).value();
  App app_;
  std::unique_ptr<Engine> engine_;
  TestApp server_;
};

TEST_CASE("streams: events come as they happen, and a sign of life after 15 s") {
  Streams streams;
  auto stream = streams.server().get("/events").stream();
  CHECK(stream.header("content-type") == "text/event-stream");
  const std::string id = streams.add();
  const auto event = stream.event();
  REQUIRE(event.has_value());
  CHECK(stream.retry() == 2000ms);
  CHECK(event->event == "state");
  CHECK(event->json<JobEvent>().job == id);
  const Instant begun = streams.server().now();
  std::optional<std::string> line = stream.line();
  while (line && !line->starts_with(":")) line = stream.line();
  CHECK(line.has_value());
  CHECK(streams.server().now() - begun >= 14s);
  CHECK(streams.server().now() - begun <= 16s);
}

TEST_CASE("streams: a reader that is too slow is told so, and goes on with the last that is kept") {
  Streams streams;
  auto wire = streams.server().connect(512);
  wire.send("GET /events HTTP/1.1\r\nhost: x\r\n\r\n");
  streams.server().settle();
  std::vector<std::string> ids;
  for (int i = 0; i < 700; ++i) {
    ids.push_back(streams.add());
    if (i % 200 == 0) streams.sleep();
  }
  streams.sleep();
  std::string got;
  while (got.find(ids.back()) == std::string::npos && streams.server().wait_for(wire, 5s)) {
    got += wire.received();
    REQUIRE_FALSE(wire.closed());
  }
  REQUIRE(got.find(ids.back()) != std::string::npos);
  const std::size_t lagged = got.find("event: lagged\nid: ");
  REQUIRE(lagged != std::string::npos);
  // The last 256 are there, in order and behind what it says.
  std::size_t at = lagged;
  for (std::size_t i = ids.size() - 256; i < ids.size(); ++i) {
    at = got.find(ids[i], at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("streams: a job's stream that comes again goes on behind what it had") {
  Streams streams;
  const std::string id = streams.add();
  streams.server().del("/jobs/" + id).send();
  auto stream = streams.server().get("/jobs/" + id + "/events").stream();
  const auto first = stream.event();
  REQUIRE(first.has_value());
  const auto second = stream.event();
  REQUIRE(second.has_value());
  CHECK(second->json<JobEvent>().state == JobState::cancelled);
  CHECK_FALSE(stream.event().has_value());  // it ends with the job
  auto again = streams.server().get("/jobs/" + id + "/events").header("last-event-id", first->id).stream();
  CHECK(again.event()->id == second->id);
  const auto none = streams.server().get("/jobs/" + id + "/events").header("last-event-id", second->id).send();
  CHECK(http::code(none.status()) == 204);
  // An id that nobody has had yet: of another database.
  auto fresh = streams.server().get("/jobs/" + id + "/events").header("last-event-id", "99").stream();
  CHECK(fresh.event()->id == first->id);
  // One that is tried again goes on.
  streams.server().post("/jobs/" + id + "/retry").send();
  auto third = streams.server().get("/jobs/" + id + "/events").header("last-event-id", second->id).stream();
  CHECK(third.event()->json<JobEvent>().state == JobState::ready);
}

}  // namespace
}  // namespace jobs::test
