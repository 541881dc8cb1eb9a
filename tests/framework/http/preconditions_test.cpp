// Entity tags and conditions: tables of text and verdict.
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/http/preconditions.h>
#include <rondeau/http/request.h>
#include <rondeau/text/date.h>

using namespace rondeau;
using http::CurrentState;
using http::Precondition;

namespace {

std::vector<std::string> items(std::string_view list, bool& malformed) {
  http::EntityTagItems walk(list);
  std::vector<std::string> found;
  while (auto tag = walk.next()) found.push_back(tag->to_string());
  malformed = walk.malformed();
  return found;
}

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

Request request(Method method, Fields fields) {
  Headers headers;
  for (const auto& [name, value] : fields) headers.append(name, value).value();
  return std::move(Request::make(method, "/", headers).value());
}

constexpr std::string_view kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view kThen = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";

CurrentState strong() {
  return {.etag = EntityTag("a"), .last_modified = text::parse_http_date(kThen)};
}
CurrentState weak() {
  return {.etag = EntityTag("a", TagStrength::Weak)};
}
CurrentState dated() {
  return {.last_modified = text::parse_http_date(kThen)};
}
CurrentState absent() {
  return {.exists = false};
}
CurrentState nameless() {
  return {};
}

}  // namespace

TEST_CASE("http: an entity tag is read as it is written, and nothing else is one (RFC 9110 §8.8.3)") {
  for (std::string_view good : {R"("")", R"("a")", R"(W/"a")", R"("a,b")", R"("a\b")", R"("W/")", "\"\xc3\xa9\""}) {
    CAPTURE(good);
    const auto tag = EntityTag::parse(good);
    REQUIRE(tag);
    CHECK(tag->to_string() == good);
  }
  for (std::string_view bad : {"", "a", R"("a)", R"(a")", R"(w/"a")", R"(W/ "a")", R"(W/a)", R"("a b")", R"("a"")",
                               R"( "a")", R"("a" )", "\"a\tb\"", "\"a\x7f\"", "*"}) {
    CAPTURE(bad);
    CHECK_FALSE(EntityTag::parse(bad));
  }
}

TEST_CASE("http: a tag is made of any text, and different texts stay different") {
  CHECK(EntityTag("v1").to_string() == R"("v1")");
  CHECK(EntityTag("a b\"c%\n", TagStrength::Weak).to_string() == R"(W/"a%20b%22c%25%0A")");
  CHECK_FALSE(EntityTag("a b") == EntityTag("a%20b"));
  CHECK(EntityTag::parse(EntityTag("a \"b\"").to_string()) == EntityTag("a \"b\""));
}

TEST_CASE("http: a list of tags may hold commas in its tags and empty elements, and nothing foreign") {
  struct Case {
    std::string_view list;
    std::vector<std::string> tags;
    bool malformed;
  };
  const Case cases[] = {
      {R"("a")", {R"("a")"}, false},
      {R"("a", W/"b" ,"c")", {R"("a")", R"(W/"b")", R"("c")"}, false},
      {R"(, ,"a,b",)", {R"("a,b")"}, false},
      {R"("a\","b")", {R"("a\")", R"("b")"}, false},
      {"", {}, false},
      {R"("a" "b")", {}, true},
      {R"("a", b)", {R"("a")"}, true},
      {R"("a", "b)", {R"("a")"}, true},
      {"*", {}, true},
  };
  for (const Case& row : cases) {
    CAPTURE(row.list);
    bool malformed = false;
    CHECK(items(row.list, malformed) == row.tags);
    CHECK(malformed == row.malformed);
  }
}

TEST_CASE("http: conditions are judged in the order of RFC 9110 §13.2.2") {
  using enum Precondition;
  struct Case {
    CurrentState (*state)();
    Method method;
    Fields fields;
    Precondition verdict;
  };
  const Case cases[] = {
      {strong, Method::Get, {}, Proceed},
      // If-Match compares strongly.
      {strong, Method::Put, {{"if-match", R"("a")"}}, Proceed},
      {strong, Method::Put, {{"if-match", R"("x", "a")"}}, Proceed},
      {strong, Method::Put, {{"if-match", R"("x")"}, {"if-match", R"("a")"}}, Proceed},
      {strong, Method::Put, {{"if-match", R"("x")"}}, Failed},
      {strong, Method::Get, {{"if-match", R"("x")"}}, Failed},
      {strong, Method::Put, {{"if-match", R"(W/"a")"}}, Failed},
      {weak, Method::Put, {{"if-match", R"(W/"a")"}}, Failed},
      {strong, Method::Put, {{"if-match", "*"}}, Proceed},
      {nameless, Method::Put, {{"if-match", "*"}}, Proceed},
      {nameless, Method::Put, {{"if-match", R"("a")"}}, Failed},
      {absent, Method::Put, {{"if-match", "*"}}, Failed},
      {strong, Method::Put, {{"if-match", R"("a", *)"}}, Failed},
      {strong, Method::Put, {{"if-match", "*"}, {"if-match", R"("a")"}}, Failed},
      {strong, Method::Put, {{"if-match", "a"}}, Failed},
      {strong, Method::Put, {{"if-match", ""}}, Failed},
      // If-Unmodified-Since counts without If-Match only.
      {dated, Method::Put, {{"if-unmodified-since", kThen}}, Proceed},
      {dated, Method::Put, {{"if-unmodified-since", kAfter}}, Proceed},
      {dated, Method::Put, {{"if-unmodified-since", kBefore}}, Failed},
      {dated, Method::Put, {{"if-unmodified-since", "yesterday"}}, Proceed},
      {dated, Method::Put, {{"if-unmodified-since", kBefore}, {"if-unmodified-since", kBefore}}, Proceed},
      {nameless, Method::Put, {{"if-unmodified-since", kBefore}}, Proceed},
      {strong, Method::Put, {{"if-match", R"("a")"}, {"if-unmodified-since", kBefore}}, Proceed},
      // If-None-Match compares weakly.
      {strong, Method::Get, {{"if-none-match", R"("a")"}}, NotModified},
      {strong, Method::Head, {{"if-none-match", R"(W/"a")"}}, NotModified},
      {weak, Method::Get, {{"if-none-match", R"("x", "a")"}}, NotModified},
      {strong, Method::Put, {{"if-none-match", R"("a")"}}, Failed},
      {strong, Method::Get, {{"if-none-match", R"("x")"}}, Proceed},
      {strong, Method::Get, {{"if-none-match", "*"}}, NotModified},
      {strong, Method::Put, {{"if-none-match", "*"}}, Failed},
      {nameless, Method::Put, {{"if-none-match", "*"}}, Failed},
      {absent, Method::Put, {{"if-none-match", "*"}}, Proceed},
      {absent, Method::Put, {{"if-none-match", R"("a")"}}, Proceed},
      {strong, Method::Get, {{"if-none-match", "a"}}, Proceed},
      {strong, Method::Get, {{"if-none-match", R"("a", b)"}}, Proceed},
      {strong, Method::Put, {{"if-none-match", "b"}}, Failed},
      // If-Modified-Since counts for GET and HEAD, and without If-None-Match only.
      {dated, Method::Get, {{"if-modified-since", kThen}}, NotModified},
      {dated, Method::Head, {{"if-modified-since", kAfter}}, NotModified},
      {dated, Method::Get, {{"if-modified-since", kBefore}}, Proceed},
      {dated, Method::Post, {{"if-modified-since", kThen}}, Proceed},
      {dated, Method::Get, {{"if-modified-since", "Sunday, 06-Nov-94 08:49:37 GMT"}}, NotModified},
      {dated, Method::Get, {{"if-modified-since", "Sun Nov  6 08:49:37 1994"}}, NotModified},
      {dated, Method::Get, {{"if-modified-since", "0"}}, Proceed},
      {strong, Method::Get, {{"if-none-match", R"("x")"}, {"if-modified-since", kAfter}}, Proceed},
      {nameless, Method::Get, {{"if-modified-since", kAfter}}, Proceed},
      // Both kinds.
      {strong, Method::Get, {{"if-match", R"("a")"}, {"if-none-match", R"("a")"}}, NotModified},
      {strong, Method::Get, {{"if-match", R"("x")"}, {"if-none-match", R"("a")"}}, Failed},
  };
  for (const Case& row : cases) {
    const Request asked = request(row.method, row.fields);
    CAPTURE(to_string(row.method));
    for (const auto& [name, value] : row.fields) CAPTURE(value);
    CHECK(http::evaluate_preconditions(asked.method(), asked.headers(), row.state()) == row.verdict);
  }
}

TEST_CASE("http: If-Range holds for exactly the state that is there, named strongly (RFC 9110 §13.1.5)") {
  struct Case {
    CurrentState (*state)();
    Fields fields;
    bool holds;
  };
  const Case cases[] = {
      {strong, {}, true},
      {strong, {{"if-range", R"("a")"}}, true},
      {strong, {{"if-range", R"("b")"}}, false},
      {strong, {{"if-range", R"(W/"a")"}}, false},
      {weak, {{"if-range", R"(W/"a")"}}, false},
      {weak, {{"if-range", R"("a")"}}, false},
      {dated, {{"if-range", kThen}}, true},
      {dated, {{"if-range", kAfter}}, false},
      {dated, {{"if-range", kBefore}}, false},
      {nameless, {{"if-range", kThen}}, false},
      {strong, {{"if-range", R"("a", "b")"}}, false},
      {strong, {{"if-range", R"("a")"}, {"if-range", R"("a")"}}, false},
      {strong, {{"if-range", "*"}}, false},
      {strong, {{"if-range", ""}}, false},
  };
  for (const Case& row : cases) {
    const Request asked = request(Method::Get, row.fields);
    for (const auto& [name, value] : row.fields) CAPTURE(value);
    CHECK(http::if_range_holds(asked.headers(), row.state()) == row.holds);
  }
}
