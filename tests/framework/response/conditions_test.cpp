// Conditions of requests, for handlers that read the body.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

#include "support/dispatch.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Asked;
using support::field;
using support::status;

namespace {

struct Page {
  std::string text;
};
struct Stored {
  std::optional<Page> page;
  std::int64_t version = 0;
  std::optional<std::chrono::sys_seconds> changed;

  Validators state() const {
    if (!page) return Validators::absent();
    return changed ? etag(version).last_modified(*changed) : etag(version);
  }
};

Result<Content<Json<Page>>, OneOf<Unmet, Problem>> read(State<Stored> stored) {
  if (!stored->page) return Unexpected{problem(StatusCode::NotFound)};
  return Content{Json{*stored->page}, stored->state()};
}
Task<Result<NoContent, Unmet>> write(State<Stored> stored, Json<Page> page, Conditions conditions) {
  RONDEAU_TRY_VOID(stored->state().require(conditions));
  stored->page = *std::move(page);
  ++stored->version;
  co_return NoContent();
}
Result<NoContent, OneOf<Unmet, Problem>> change(State<Stored> stored, Json<Page> page, Conditions conditions) {
  RONDEAU_TRY_VOID_PLAIN(stored->state().require_named(conditions));
  if (page->text.empty()) return Unexpected{problem(StatusCode::Conflict, "nothing to say")};
  stored->page = *std::move(page);
  ++stored->version;
  return NoContent();
}

Router<Stored> routes(std::shared_ptr<Stored> stored) {
  Router<Stored> router(std::move(stored));
  router.get<"/page">(read);
  router.put<"/page">(write);
  router.patch<"/page">(change);
  return router;
}

using Field = std::pair<std::string_view, std::string_view>;

}  // namespace

TEST_CASE("response: a change is made where its conditions hold (RFC 9110 §13.1)") {
  struct Case {
    bool exists;
    std::vector<Field> conditions;
    unsigned status;
  };
  // The state is "7" where there is one.
  const Case cases[] = {
      {true, {}, 204},
      {true, {{"if-match", R"("7")"}}, 204},
      {true, {{"if-match", R"("6", "7")"}}, 204},
      {true, {{"if-match", R"("6")"}, {"if-match", R"("7")"}}, 204},
      {true, {{"if-match", "*"}}, 204},
      {true, {{"if-match", R"("6")"}}, 412},
      {true, {{"if-match", R"(W/"7")"}}, 412},  // strong comparison
      {true, {{"if-match", "7"}}, 412},         // no tag
      {true, {{"if-match", ""}}, 412},
      {true, {{"if-match", R"("7")"}, {"if-match", "*"}}, 412},
      {true, {{"if-none-match", "*"}}, 412},
      {true, {{"if-none-match", R"("7")"}}, 412},
      {true, {{"if-none-match", R"(W/"7")"}}, 412},  // weak comparison
      {true, {{"if-none-match", R"("6")"}}, 204},
      {true, {{"if-none-match", "6"}}, 412},  // cannot be read, and something would change
      {true, {{"if-match", R"("7")"}, {"if-none-match", R"("7")"}}, 412},
      {true, {{"if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"}}, 204},
      {false, {}, 204},
      {false, {{"if-none-match", "*"}}, 204},
      {false, {{"if-match", "*"}}, 412},
      {false, {{"if-match", R"("7")"}}, 412},
  };
  for (const Case& row : cases) {
    const auto stored = std::make_shared<Stored>();
    if (row.exists) *stored = {Page{"old"}, 7, std::nullopt};
    const std::int64_t before = stored->version;
    TestApp app(routes(stored));
    auto request = app.put("/page").json(Page{"new"});
    for (const auto& [name, value] : row.conditions) request.header(name, value);
    const auto answer = request.send();
    CAPTURE(answer.body());
    CHECK(http::code(answer.status()) == row.status);
    CHECK(stored->version == before + (row.status == 204 ? 1 : 0));
    if (row.status != 412) continue;
    CHECK(answer.header("content-type") == "application/problem+json");
    CHECK(answer.header("etag").has_value() == row.exists);
  }
}

TEST_CASE("response: a change that must name its state is 428 without (RFC 6585 §3)") {
  constexpr std::string_view kChanged = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::chrono::sys_seconds changed = std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min + 37s;
  struct Case {
    bool exists;
    std::vector<Field> conditions;
    std::string_view text;
    unsigned status;
    bool dated = false;
  };
  const Case cases[] = {
      {true, {}, "new", 428},
      {true, {{"if-none-match", R"("6")"}}, "new", 428},
      {true, {{"if-match", R"("7")"}}, "new", 204},
      {true, {{"if-match", R"("7")"}}, "", 409},
      {true, {{"if-match", R"("6")"}}, "new", 412},
      {true, {{"if-match", "*"}}, "new", 428},
      {true, {{"if-match", "*"}, {"if-unmodified-since", kChanged}}, "new", 428, true},  // which is ignored then
      {true, {{"if-match", R"("7")"}, {"if-unmodified-since", "x"}}, "new", 204, true},
      {true, {{"if-unmodified-since", kChanged}}, "new", 428},  // of an unknown time
      {true, {{"if-unmodified-since", "x"}}, "new", 428},
      {true, {{"if-unmodified-since", kChanged}}, "new", 204, true},
      {true, {{"if-unmodified-since", "Sun, 06 Nov 1994 08:49:36 GMT"}}, "new", 412, true},
      {true, {{"if-unmodified-since", "x"}}, "new", 428, true},
      {true, {{"if-unmodified-since", kChanged}, {"if-unmodified-since", kChanged}}, "new", 428, true},
      {false, {}, "new", 204},
  };
  for (const Case& row : cases) {
    const auto stored = std::make_shared<Stored>();
    if (row.exists) *stored = {Page{"old"}, 7, row.dated ? std::optional(changed) : std::nullopt};
    TestApp app(routes(stored));
    auto request = app.patch("/page").json(Page{std::string(row.text)});
    for (const auto& [name, value] : row.conditions) request.header(name, value);
    const auto answer = request.send();
    CHECK(http::code(answer.status()) == row.status);
    CHECK(stored->version == (row.status == 204 ? (row.exists ? 8 : 1) : (row.exists ? 7 : 0)));
    if (row.status == 428) CHECK_FALSE(answer.header("etag"));
  }
}

TEST_CASE("response: what is read is 304 to who has it") {
  const auto stored = std::make_shared<Stored>();
  Asked app(routes(stored));
  CHECK(status(app.get("/page")) == 404);
  *stored = {Page{"text"}, 7, std::nullopt};
  CHECK(field(app.get("/page"), "etag") == R"("7")");
  CHECK(status(app.get("/page", {{"if-none-match", R"("7")"}})) == 304);
  CHECK(status(app.get("/page", {{"if-none-match", R"(W/"7")"}})) == 304);
  CHECK(status(app.get("/page", {{"if-none-match", R"("6")"}})) == 200);
}

TEST_CASE("response: conditions outlive their request") {
  Conditions kept;
  CHECK(kept.judge({}) == http::Precondition::Proceed);
  CHECK_FALSE(kept.names_state({}));
  {
    const Request request = support::make_request(Method::Get, "/", {{"if-none-match", R"("a", W/"b")"}});
    kept = Conditions(request.method(), request.headers());
  }
  CHECK(etag("b").require(kept).error().status() == StatusCode::NotModified);
  CHECK(etag(EntityTag("b", TagStrength::Weak)).require(kept).error().status() == StatusCode::NotModified);
  CHECK(etag("c").require(kept));
}

TEST_CASE("response: documents tell of conditions and of what they lead to") {
  const auto operations = routes(std::make_shared<Stored>()).build().value()->operations();
  const schema::Operation& put = operations.at(1);
  CHECK(std::ranges::count_if(put.parameters, [](const auto& one) { return one.name.starts_with("If-"); }) == 4);
  CHECK(std::ranges::none_of(put.parameters, &schema::Parameter::required));
  struct Case {
    StatusCode status;
    bool has_etag;
  };
  for (const Case& row : {Case{StatusCode::NotModified, true}, Case{StatusCode::PreconditionFailed, true},
                          Case{StatusCode::PreconditionRequired, false}}) {
    const auto told = std::ranges::find(put.responses, std::optional(row.status), &schema::Response::status);
    REQUIRE(told != put.responses.end());
    CHECK(std::ranges::count(told->headers, "ETag", &schema::ResponseHeader::name) == (row.has_etag ? 1 : 0));
  }
}
