#include <rondeau/rondeau.h>

#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/middleware/admission.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;
using namespace std::chrono_literals;
using middleware::AdmissionOptions;
using task::Priority;

namespace {

/// A service whose queue is as long as we say.
struct Loaded {
  Duration delay = 0ms;
  int asked = 0;
  int runs = 0;
  TestApp app{router()};

  Router<> router() {
    Router<> made;
    made.get<"/x">([this] { return ++runs, "x"; });
    made.layer(Admission({.delay = [this] { return ++asked, delay; },
                          .priority = [](const Request& request) {
                            if (request.query() == "low") return Priority::Background;
                            return request.query() == "high" ? Priority::Interactive : Priority::Normal;
                          }}));
    return made;
  }
  bool served(std::string_view target) { return app.get(target).send().status() == StatusCode::Ok; }
  /// How many of ten requests of each 10 ms are served, for so long.
  int served_for(Duration span, std::string_view target) {
    int count = 0;
    for (Duration gone = 0ms; gone < span; gone += 10ms) {
      app.advance(10ms);
      for (int i = 0; i < 10; ++i) count += served(target) ? 1 : 0;
    }
    return count;
  }
};

}  // namespace

TEST_CASE("admission: a queue that stands for an interval turns requests away, more with each, and never all") {
  Loaded service;
  CHECK(service.served_for(500ms, "/x") == 500);
  service.delay = 6ms;
  CHECK(service.served_for(100ms, "/x") == 100);  // not known yet: the interval began before
  int before = 100;
  for (int interval = 0; interval < 3; ++interval) {
    service.served_for(10ms, "/x");
    const int now = service.served_for(90ms, "/x");
    CHECK(now < before);
    before = now;
  }
  service.served_for(2s, "/x");
  CHECK(service.served_for(1s, "/x") == 0);
  CHECK(service.served_for(1s, "/x?high") >= 100);  // one in ten at least
}

TEST_CASE("admission: one short wait within an interval says that the queue drains") {
  Loaded service;
  for (int i = 0; i < 20; ++i) {
    service.delay = 1s;
    CHECK(service.served_for(90ms, "/x") == 90);
    service.delay = 5ms;
    CHECK(service.served_for(10ms, "/x") == 10);
  }
}

TEST_CASE("admission: the least important go first, and come back last") {
  Loaded service;
  service.delay = 50ms;
  const auto round = [&] {
    service.app.advance(10ms);
    struct Served {
      int low = 0;
      int normal = 0;
      int high = 0;
    } served;
    for (int i = 0; i < 10; ++i) {
      served.low += service.served("/x?low") ? 1 : 0;
      served.normal += service.served("/x") ? 1 : 0;
      served.high += service.served("/x?high") ? 1 : 0;
    }
    return served;
  };
  bool low_went = false;
  bool normal_went = false;
  for (int i = 0; i < 200; ++i) {
    const auto served = round();
    low_went |= served.low < 10;
    normal_went |= served.normal < 10;
    if (served.normal < 10) CHECK(served.low == 0);
    if (served.high < 10) CHECK(served.normal == 0);
    CHECK(served.high >= 1);
  }
  CHECK(low_went);
  CHECK(normal_went);
  service.delay = 0ms;
  for (int i = 0; i < 200; ++i) {
    const auto served = round();
    if (served.low > 0) CHECK(served.normal == 10);
    if (served.normal > 0) CHECK(served.high == 10);
  }
  CHECK(round().low == 10);
}

TEST_CASE("admission: who is turned away is told when to come back, and the handler does not run") {
  Loaded service;
  service.delay = 1s;
  service.served_for(3s, "/x");
  const int runs = service.runs;
  const auto answer = service.app.get("/x").send();
  CHECK(answer.status() == StatusCode::ServiceUnavailable);
  CHECK(answer.header("retry-after") == "1");
  CHECK_FALSE(answer.header("connection").has_value());
  CHECK(service.runs == runs);
}

TEST_CASE("admission: after a time without requests nothing is held against the next one") {
  Loaded service;
  service.delay = 1s;
  service.served_for(3s, "/x");
  CHECK_FALSE(service.served("/x"));
  service.app.advance(1s);
  CHECK(service.served("/x"));
}

TEST_CASE("admission: the delay is asked for 20 times in an interval at most, and by default the runtime tells it") {
  Loaded service;
  for (int i = 0; i < 1000; ++i) {
    if (i % 10 == 0) service.app.advance(1ms);
    service.served("/x");
  }
  CHECK(service.asked <= 21);
  CHECK(service.asked >= 19);
  Router<> router;
  router.get<"/x">([] { return "x"; });
  router.layer(Admission());
  TestApp app(router);
  CHECK(app.get("/x").send().status() == StatusCode::Ok);
}

TEST_CASE("admission: build() refuses settings that mean nothing") {
  Router<> router;
  router.layer(Admission({.interval = 0ms}));
  CHECK_FALSE(router.build().has_value());
}
