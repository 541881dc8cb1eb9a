#include <rondeau/rondeau.h>

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

enum class Colour { red, green };

struct Place {
  std::string org;
  int id = 0;
};

struct Hex {
  unsigned value = 0;
};

}  // namespace

template <>
struct rondeau::FromText<Hex> {
  static bool from_text(std::string_view text, Hex& value, std::string& why) {
    if (text == "ff") return value.value = 255, true;
    return why = "must be hexadecimal", false;
  }
};

TEST_CASE("extract: path parameters become values of their type") {
  Router<> router;
  router.get<"/text/{v}">([](Path<"v"> v) { return *v; });
  router.get<"/int/{v}">([](Path<"v", int> v) { return std::to_string(*v); });
  router.get<"/small/{v}">([](Path<"v", std::uint8_t> v) { return std::to_string(*v); });
  router.get<"/bool/{v}">([](Path<"v", bool> v) { return *v ? "yes" : "no"; });
  router.get<"/double/{v}">([](Path<"v", double> v) { return *v == 2.5 ? "same" : "other"; });
  router.get<"/enum/{v}">([](Path<"v", Colour> v) { return *v == Colour::green ? "green" : "red"; });
  router.get<"/uuid/{v}">([](Path<"v", Uuid> v) { return v->to_string(); });
  router.get<"/ranged/{v}">([](Path<"v", Ranged<int, 1, 100>> v) { return std::to_string(**v); });
  router.get<"/hex/{v}">([](Path<"v", Hex> v) { return std::to_string(v->value); });
  router.get<"/span/{v}">([](Path<"v", std::chrono::milliseconds> v) { return std::to_string(v->count()); });
  Asked app(router);
  struct Case {
    std::string_view path;
    unsigned status;
    std::string_view body;
  };
  const Case cases[] = {
      {"/text/a%20b", 200, "a b"},
      {"/text/a%2Fb", 200, "a/b"},
      {"/text/a+b", 200, "a+b"},
      {"/text/%C3%A9", 200, "\xc3\xa9"},
      {"/text/%FF", 400, ""},
      {"/int/-7", 200, "-7"},
      {"/int/7x", 400, ""},
      {"/int/%37", 200, "7"},
      {"/int/+7", 400, ""},
      {"/int/99999999999", 400, ""},
      {"/small/255", 200, "255"},
      {"/small/256", 400, ""},
      {"/small/-1", 400, ""},
      {"/bool/true", 200, "yes"},
      {"/bool/false", 200, "no"},
      {"/bool/1", 400, ""},
      {"/double/2.5", 200, "same"},
      {"/double/nan", 400, ""},
      {"/double/1e999", 400, ""},
      {"/enum/green", 200, "green"},
      {"/enum/blue", 400, ""},
      {"/uuid/018f3c5a-0000-7000-8000-000000000001", 200, "018f3c5a-0000-7000-8000-000000000001"},
      {"/uuid/018f", 400, ""},
      {"/ranged/100", 200, "100"},
      {"/ranged/101", 400, ""},
      {"/hex/ff", 200, "255"},
      {"/hex/zz", 400, ""},
      {"/span/1.5s", 200, "1500"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.path);
    const Response answer = app.get(row.path);
    CHECK(status(answer) == row.status);
    if (row.status == 200) CHECK(body(answer) == row.body);
  }
}

TEST_CASE("extract: a bad path parameter is a problem that names it and not its value") {
  Router<> router;
  router.get<"/u/{id}">([](Path<"id", int>) { return "never"; });
  Asked app(router);
  const std::string text = app.text("/u/secret");
  CHECK(text.find(R"("in":"path","pointer":"id","code":"type")") != std::string::npos);
  CHECK(text.find(R"("message":"must be a whole number")") != std::string::npos);
}

TEST_CASE("extract: PathParams fills a struct by names and lists everything that is wrong") {
  Router<> router;
  router.get<"/orgs/{org}/{id}">([](PathParams<Place> place) { return place->org + std::to_string(place->id); });
  Asked app(router);
  CHECK(app.text("/orgs/acme/7") == "acme7");
  const Response bad = app.get("/orgs/%ff/x");
  CHECK(status(bad) == 400);
  CHECK(body(bad).find(R"("pointer":"org")") != std::string::npos);
  CHECK(body(bad).find(R"("pointer":"id")") != std::string::npos);
}

TEST_CASE("extract: a wildcard is decoded and has no leading slash") {
  Router<> router;
  router.get<"/files/{*rest}">([](Path<"rest"> rest) { return *rest; });
  Asked app(router);
  CHECK(app.text("/files/a/b%20c.txt") == "a/b c.txt");
}
