#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "small_routers.h"
#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::field;
using support::status;

namespace {

Router<> links(const char* text) {
  Router<> router;
  router.get<"/links">(support::say(text));
  return router;
}

}  // namespace

TEST_CASE("routing: a version by path stands under its name") {
  Router<> router;
  router.version<"v1">(links("one")).version<"v2">(links("two"));
  Asked app(router);
  CHECK(body(app.get("/v1/links")) == "one");
  CHECK(body(app.get("/v2/links")) == "two");
  CHECK(status(app.get("/links")) == 404);
}

TEST_CASE("routing: a version by Accept answers the same paths") {
  Router<> router = links("newest");
  router.version<"v1">(links("one"), VersionBy::Accept).version<"v2">(links("two"), VersionBy::Accept);
  Asked app(router);
  struct {
    const char* accept;
    const char* answer;
  } const rows[] = {
      {"application/json; version=v1", "one"},
      {"application/json;Version=\"V2\"", "two"},
      {"text/html, application/json;q=0.5;version=v2", "two"},
      {"application/json;version=v3", "newest"},
      {"application/json;version=v1;q=0", "newest"},
      {"application/json;version=v11", "newest"},
      {"*/*", "newest"},
  };
  for (const auto& row : rows) {
    const Response answer = app.get("/links", {{"accept", row.accept}});
    CHECK_MESSAGE(body(answer) == row.answer, row.accept);
    CHECK(field(answer, "vary") == "Accept");
  }
  Router<> strict;
  strict.version<"v1">(links("one"), VersionBy::Accept);
  CHECK(status(Asked(strict).get("/links", {{"accept", "*/*"}})) == 406);
}

TEST_CASE("routing: what a choice hangs on stands in Vary, beside what the handler has there") {
  Router<> router;
  router
      .get<"/x">([] {
        return WithHeaders{std::string("html"), [] {
                             Headers headers;
                             headers.set("vary", "Origin, accept").value();
                             return headers;
                           }()};
      })
      .produces("text/html");
  router.get<"/x">([] { return "two"; }).when(header("X-V", "2"));
  router.get<"/x">([] { return "plain"; });
  router.get<"/y">([] { return "y"; });
  Asked app(router);
  CHECK(field(app.get("/x", {{"accept", "text/html"}}), "vary") == "Origin, accept, X-V");
  CHECK(field(app.get("/x", {{"accept", "a/b"}}), "vary") == "Accept, X-V");
  CHECK(field(app.get("/y"), "vary") == "(none)");
}
