#include <rondeau/observe/metrics.h>

#include <cmath>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace rondeau;
using observe::Registry;

TEST_CASE("observe: the page has a family's help and type once, and its series behind them, families by name") {
  Registry registry;
  registry.gauge("queue_depth", "Jobs that wait.").with({}).set(-3);
  auto& orders = registry.counter("orders_total", "Orders taken.", {"kind", "paid"});
  orders.with({"book", "yes"}).add();
  orders.with({"book", "yes"}).add(2);
  orders.with({"map", ""}).add();
  registry.counter("unused_total", "Never counted.", {"x"});
  CHECK(registry.render() ==
        "# HELP orders_total Orders taken.\n"
        "# TYPE orders_total counter\n"
        "orders_total{kind=\"book\",paid=\"yes\"} 3\n"
        "orders_total{kind=\"map\"} 1\n"
        "# HELP queue_depth Jobs that wait.\n"
        "# TYPE queue_depth gauge\n"
        "queue_depth -3\n");
}

TEST_CASE(
    "observe: a histogram's buckets are cumulative, a bound belongs to its bucket, and the count is that of all") {
  Registry registry;
  const double bounds[] = {.1, 1, 10};
  auto& took = registry.histogram("took_seconds", "How long.", {"op"}, bounds);
  for (const double value : {.05, .1, .5, 1.0, 99.0}) took.with({"read"}).observe(value);
  CHECK(took.with({"read"}).count() == 5);
  CHECK(registry.render() ==
        "# HELP took_seconds How long.\n"
        "# TYPE took_seconds histogram\n"
        "took_seconds_bucket{op=\"read\",le=\"0.1\"} 2\n"
        "took_seconds_bucket{op=\"read\",le=\"1\"} 4\n"
        "took_seconds_bucket{op=\"read\",le=\"10\"} 4\n"
        "took_seconds_bucket{op=\"read\",le=\"+Inf\"} 5\n"
        "took_seconds_sum{op=\"read\"} 100.65\n"
        "took_seconds_count{op=\"read\"} 5\n");
}

TEST_CASE("observe: values and help are escaped, and what is no UTF-8 is replaced") {
  Registry registry;
  registry.counter("x_total", "a\\b\nc \"d\"", {"v"}).with({"a\\b\nc \"d\" \xff\xc3\xa9"}).add();
  CHECK(registry.render() ==
        "# HELP x_total a\\\\b\\nc \"d\"\n"
        "# TYPE x_total counter\n"
        "x_total{v=\"a\\\\b\\nc \\\"d\\\" \xef\xbf\xbd\xc3\xa9\"} 1\n");
}

TEST_CASE("observe: a family keeps 2,000 series and counts the further ones together") {
  Registry registry;
  auto& family = registry.counter("x_total", "X.", {"v"});
  for (int i = 0; i < 100'000; ++i) family.with({std::to_string(i)}).add();
  family.with({"7"}).add();
  CHECK(family.series() == 2000);
  CHECK(family.with({"7"}).value() == 2);
  CHECK(family.with({"99999"}).value() == 98'000);
  CHECK(registry.render().ends_with("x_total{otel_metric_overflow=\"true\"} 98000\n"));
}

TEST_CASE("observe: one name is one family") {
  Registry registry;
  CHECK(&registry.counter("x_total", "X.", {"v"}) == &registry.counter("x_total", "X.", {"v"}));
  CHECK(&registry.counter("x_total", "X.", {"v"}) != &registry.counter("y_total", "Y.", {"v"}));
}

TEST_CASE("observe: threads that count at once lose nothing, and find the same series") {
  Registry registry;
  auto& family = registry.counter("x_total", "X.", {"v"});
  auto& took = registry.histogram("took_seconds", "T.", {"v"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        family.with({std::to_string(i % 100)}).add();
        took.with({"a"}).observe(1);
        if (i % 500 == 0) static_cast<void>(registry.render());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(family.series() == 100);
  for (int i = 0; i < 100; ++i) CHECK(family.with({std::to_string(i)}).value() == 80);
  CHECK(took.with({"a"}).count() == 8000);
}

TEST_CASE("observe: what is counted elsewhere is asked for each page, and stands among the families") {
  Registry registry;
  registry.counter("b_total", "B.").with({}).add(7);
  registry.counter("taken_total", "Ours.").with({}).add(1);
  double level = 1;
  registry.collect([&level](observe::Samples& out) {
    out.gauge("a_level", "A \\ line\nbreak.", level, {{"pool", "x \"y\""}, {"none", ""}});
    out.counter("c_total", "C.", 2.5);
    out.counter("taken_total", "Theirs.", 99);
  });
  registry.collect([](observe::Samples& out) { out.gauge("a_level", "ignored", -1); });
  CHECK(registry.render() ==
        "# HELP a_level A \\\\ line\\nbreak.\n# TYPE a_level gauge\na_level{pool=\"x \\\"y\\\"\"} 1\na_level -1\n"
        "# HELP b_total B.\n# TYPE b_total counter\nb_total 7\n"
        "# HELP c_total C.\n# TYPE c_total counter\nc_total 2.5\n"
        "# HELP taken_total Ours.\n# TYPE taken_total counter\ntaken_total 1\n");
  level = 3;
  CHECK(registry.render().find("a_level{pool=\"x \\\"y\\\"\"} 3\n") != std::string::npos);
}

TEST_CASE("observe: a collector may use the registry it is asked for") {
  Registry registry;
  registry.collect([&registry](observe::Samples& out) {
    registry.counter("asked_total", "Asked.").with({}).add();
    out.gauge("x", "X.", 1);
  });
  static_cast<void>(registry.render());
  CHECK(registry.render().find("asked_total 2\n") != std::string::npos);
}
