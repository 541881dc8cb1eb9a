#include <algorithm>
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "top/drawing.h"
#include "top/look.h"
#include "top/picture.h"

using namespace rondeau::tool::top;
using namespace std::chrono_literals;

namespace {

constexpr const char* kStuck =
    R"({"total":1,"runtime":"x","workers":1,"tasks":[{"id":7,"name":"settle","state":"waiting","age_ms":9000,"priority":"normal",)"
    R"("spawned_at":{"file":"src/app.cpp","line":12,"function":"set_up"},"stands":{"frames":[{"file":"src/store.cpp","line":31,)"
    R"("function":"settle"}],"awaits":{"operation":"rondeau::sync::Notify<int>","object":"0x10"}}}]})";

Look look_at(std::chrono::seconds at, std::string_view tasks = kStuck) {
  Look look;
  look.at = rondeau::base::Instant::from_nanoseconds(std::chrono::nanoseconds(at).count());
  look.tasks = read_tasks(tasks).value();
  look.figures.spawned_tasks = 10;
  look.figures.worker.resize(1);
  look.counts.started = 1000;
  return look;
}

std::string sleeping(int due_in_ms) {
  return R"({"total":1,"tasks":[{"id":8,"state":"waiting","age_ms":1,"stands":{"frames":[],"awaits":{"operation":"sleep","due_in_ms":)" +
         std::to_string(due_in_ms) + "}}}]}";
}

bool has(const std::vector<std::string>& lines, std::string_view text) {
  return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("top: a task waits for as long as all looks have seen it at its place") {
  History history;
  CHECK(history.see(look_at(1s)).waiting.at(0).wait_seconds == 0);
  const Picture later = history.see(look_at(4s));
  REQUIRE(later.waiting.size() == 1);
  CHECK(later.waiting[0].wait_seconds == 3);
  CHECK(later.waiting[0].place == "in settle at store.cpp:31");
  CHECK(later.waiting[0].site == "app.cpp:12");
  std::string moved = kStuck;
  moved.replace(moved.find("\"line\":31"), 9, "\"line\":32");
  CHECK(history.see(look_at(5s, moved)).waiting.at(0).wait_seconds == 0);
}

TEST_CASE("top: a timer that was set anew is another wait") {
  History history;
  static_cast<void>(history.see(look_at(1s, sleeping(5000))));
  CHECK(history.see(look_at(2s, sleeping(4000))).waiting.at(0).wait_seconds == 1);
  CHECK(history.see(look_at(3s, sleeping(5000))).waiting.at(0).wait_seconds == 0);
}

TEST_CASE("top: a service that began anew is another one") {
  History history;
  static_cast<void>(history.see(look_at(1s)));
  Look again = look_at(2s);
  again.counts.started = 2000;
  const Picture picture = history.see(again);
  CHECK(picture.restarts == 1);
  CHECK(picture.waiting.at(0).wait_seconds == 0);
  CHECK(history.see(again).restarts == 1);
}

TEST_CASE("top: shares and rates lie between two looks") {
  History history;
  static_cast<void>(history.see(look_at(1s)));
  Look next = look_at(3s);
  next.figures.worker[0] = {.polls = 100, .steals = 6, .local_queue_depth = 2, .busy_seconds = 0.5};
  const WorkerRow row = history.see(next).workers.at(0);
  CHECK(row.busy == 0.25);
  CHECK(row.polls_per_second == 50);
  CHECK(row.steals_per_second == 3);
  CHECK(row.queue == 2);
}

TEST_CASE("top: a run that goes on from one look to another is told with its length") {
  constexpr const char* kRuns =
      R"({"total":1,"tasks":[{"id":9,"state":"running","age_ms":1,"worker":0,"stack":["compress at zip.cpp:4"],"stands":{"frames":[]}}]})";
  History history;
  CHECK(history.see(look_at(1s, kRuns)).long_polls.empty());
  const Picture seen = history.see(look_at(3s, kRuns));
  REQUIRE(seen.long_polls.size() == 1);
  CHECK(seen.long_polls[0].seconds == 2);
  CHECK(seen.long_polls[0].now);
  CHECK(seen.long_polls[0].place == "compress at zip.cpp:4");
  CHECK(seen.spawn_sites.at(0).busy == 1);
  const Picture after = history.see(look_at(4s));
  REQUIRE(after.long_polls.size() == 1);
  CHECK(!after.long_polls[0].now);
}

TEST_CASE("top: routes are read from the page that Prometheus reads") {
  constexpr std::string_view kPage =
      "# TYPE http_server_request_duration_seconds histogram\n"
      R"(http_server_request_duration_seconds_bucket{http_request_method="GET",http_route="/a\"b",http_response_status_code="200",le="0.1"} 5)"
      "\n"
      R"(http_server_request_duration_seconds_bucket{http_request_method="GET",http_route="/a\"b",http_response_status_code="200",le="+Inf"} 10)"
      "\n"
      R"(http_server_request_duration_seconds_count{http_request_method="GET",http_route="/a\"b",http_response_status_code="200"} 10)"
      "\n"
      R"(http_server_request_duration_seconds_count{http_request_method="GET",http_route="/a\"b",http_response_status_code="503"} 2)"
      "\nprocess_start_time_seconds 1.5e9\nbroken{x=\n\n";
  const Counts counts = read_counts(kPage);
  CHECK(counts.started == 1.5e9);
  REQUIRE(counts.routes.size() == 1);
  const auto& [key, route] = *counts.routes.begin();
  CHECK(key == RouteKey("GET", "/a\"b"));
  CHECK(route.requests == 12);
  CHECK(route.failed == 2);
  CHECK(route.within.size() == 1);
}

TEST_CASE("top: quantiles lie within their bucket, and at the last bound where nothing else is known") {
  const RouteCounts counts{100, 0, {{0.01, 50}, {0.1, 90}, {1, 95}}};
  CHECK(quantile(counts, 0.25) == 0.005);
  CHECK(quantile(counts, 0.7).value() == doctest::Approx(0.055));
  CHECK(quantile(counts, 0.99) == 1);
  CHECK(!quantile({}, 0.5));
}

TEST_CASE("top: what is shown fits, and obeys nobody") {
  History history;
  static_cast<void>(history.see(look_at(1s)));
  Look look = look_at(2s);
  look.counts.service = "evil\x1b[2J\n\xff";
  const Picture picture = history.see(look);
  for (std::size_t rows = 0; rows < 40; ++rows) {
    for (const std::size_t columns : {0U, 1U, 40U, 200U}) {
      const auto lines = draw(picture, {.address = "x"}, Size{columns, rows});
      CHECK(lines.size() <= std::max<std::size_t>(rows, 1));
      for (const std::string& line : lines) {
        CHECK(line.size() <= columns);
        CHECK(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
      }
    }
  }
  const auto all = draw(picture, {.address = "x", .trouble = "it is gone"}, std::nullopt);
  CHECK(has(all, "evil?[2J??"));
  CHECK(has(all, "NO ANSWER: it is gone"));
  CHECK(has(all, "in settle at store.cpp:31  sync::Notify"));
}

TEST_CASE("top: what is no page of a service is told by its name") {
  const auto read = read_tasks("<html>");
  REQUIRE(!read);
  CHECK(read.error().sentence.find("/admin/tasks says something else") == 0);
}
