#include <rondeau/rondeau.h>

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

struct Paging {
  int page = 1;
  std::optional<std::string> sort;
  std::vector<int> id;
};
struct Search {
  std::string q;
  Ranged<int, 1, 100> limit = 20;
};
struct Span {
  int from;
  int to;
};
[[maybe_unused]] Result<void> validate(const Span& span) {
  if (span.from > span.to) return Error(Errc::InvalidData, "from must not be after to");
  return {};
}

}  // namespace

TEST_CASE("extract: a query fills a struct") {
  Router<> router;
  router.get<"/p">([](Query<Paging> in) {
    std::string text = std::to_string(in->page) + "|" + in->sort.value_or("-") + "|";
    for (int id : in->id) text += std::to_string(id) + ",";
    return text;
  });
  router.get<"/s">([](Query<Search> in) { return in->q + std::to_string(*in->limit); });
  router.get<"/v">([](Query<Span>) { return "good"; });
  Asked app(router);
  struct Case {
    std::string_view target;
    unsigned status;
    std::string_view body;
  };
  const Case cases[] = {
      {"/p", 200, "1|-|"},
      {"/p?page=3&sort=a+b", 200, "3|a b|"},
      {"/p?sort=a%2Bb", 200, "1|a+b|"},
      {"/p?id=1&id=2&id=3", 200, "1|-|1,2,3,"},
      {"/p?p%61ge=3", 200, "3|-|"},
      {"/p?unknown=1&page=2", 200, "2|-|"},
      {"/p?page=1&page=2", 400, ""},
      {"/p?page=", 400, ""},
      {"/p?id=1&id=x", 400, ""},
      {"/p?sort=%ff", 400, ""},
      {"/s?q=x", 200, "x20"},
      {"/s?q=x&limit=100", 200, "x100"},
      {"/s?q=x&limit=101", 400, ""},
      {"/s?limit=5", 400, ""},
      {"/v?from=1&to=2", 200, "good"},
      {"/v?from=3&to=2", 400, ""},
  };
  for (const Case& row : cases) {
    CAPTURE(row.target);
    const Response answer = app.get(row.target);
    CHECK(status(answer) == row.status);
    if (row.status == 200) CHECK(body(answer) == row.body);
  }
}

TEST_CASE("extract: all that is wrong with a query is listed") {
  Router<> router;
  router.get<"/s">([](Query<Search>) { return "never"; });
  Asked app(router);
  const std::string text = app.text("/s?limit=0");
  CHECK(text.find(R"("pointer":"limit")") != std::string::npos);
  CHECK(text.find(R"("pointer":"q","code":"required")") != std::string::npos);
}

TEST_CASE("extract: more pairs than Limits::max_query_pairs are refused") {
  Router<> router;
  router.get<"/p">([](Query<Paging>) { return "good"; });
  Asked app(router);
  std::string target = "/p?a";
  for (int i = 1; i < 1024; ++i) target += "&a";
  CHECK(status(app.get(target)) == 200);
  CHECK(status(app.get(target + "&a")) == 400);
}

TEST_CASE("extract: a query parameter may be required, optional, or handed over with its rejection") {
  Router<> router;
  router.get<"/one">([](QueryParam<"n", int> n) { return std::to_string(*n); });
  router.get<"/maybe">([](std::optional<QueryParam<"n", int>> n) { return n ? std::to_string(**n) : "none"; });
  router.get<"/mine">([](Result<QueryParam<"n", int>, Rejection> n) {
    return n ? std::to_string(**n) : "rejected " + std::to_string(http::code(n.error().status));
  });
  Asked app(router);
  CHECK(app.text("/one?n=5") == "5");
  CHECK(status(app.get("/one")) == 400);
  CHECK(app.text("/maybe?n=5") == "5");
  CHECK(app.text("/maybe") == "none");
  CHECK(status(app.get("/maybe?n=x")) == 400);
  CHECK(app.text("/mine?n=x") == "rejected 400");
  CHECK(app.text("/mine") == "rejected 400");
}

TEST_CASE("extract: fields are found without regard to case, and lines of one field are joined") {
  Router<> router;
  router.get<"/h">([](Header<"X-Token"> token) { return *token; });
  router.get<"/n">([](std::optional<Header<"x-count", int>> n) { return n ? std::to_string(**n) : "none"; });
  router.get<"/all">([](Headers all) { return std::string(all.get("x-token").value_or("none")); });
  Asked app(router);
  CHECK(body(app.get("/h", {{"x-token", "abc"}})) == "abc");
  CHECK(body(app.get("/h", {{"x-token", "a"}, {"X-TOKEN", "b"}})) == "a, b");
  CHECK(status(app.get("/h")) == 400);
  CHECK(body(app.get("/n", {{"X-Count", "3"}})) == "3");
  CHECK(body(app.get("/n")) == "none");
  CHECK(status(app.get("/n", {{"X-Count", "three"}})) == 400);
  CHECK(body(app.get("/all", {{"X-Token", "abc"}})) == "abc");
}

TEST_CASE("extract: the raw query is the text as it was sent") {
  Router<> router;
  router.get<"/q">([](RawQuery query) { return *query; });
  Asked app(router);
  CHECK(app.text("/q?a=%20&b") == "a=%20&b");
  CHECK(app.text("/q") == "");
}
