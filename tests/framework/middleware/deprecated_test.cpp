#include <rondeau/middleware/deprecated.h>

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/dispatch.h"

using namespace rondeau;
using namespace std::chrono;
using support::Asked;
using support::field;
using support::status;

TEST_CASE("middleware: what is deprecated says so, until when, and where to read of it") {
  Router<> old;
  old.get<"/">([] { return "old"; });
  Router<> router;
  router.nest<"/v1">(std::move(old), middleware::Deprecated(sys_seconds(seconds(1'688'169'599)), "https://a.example/v2")
                                         .sunset(sys_seconds(seconds(1'719'791'999))));
  router.get<"/plain">([] { return "x"; }).layer(middleware::Deprecated(sys_seconds(seconds(0))));
  router.get<"/new">([] { return "new"; });
  Asked app(router);
  const Response answer = app.get("/v1");
  CHECK(field(answer, "deprecation") == "@1688169599");
  CHECK(field(answer, "sunset") == "Sun, 30 Jun 2024 23:59:59 GMT");
  CHECK(field(answer, "link") == "<https://a.example/v2>; rel=\"deprecation\"");
  CHECK(field(app.get("/v1/none"), "deprecation") == "@1688169599");
  const Response plain = app.get("/plain");
  CHECK(field(plain, "deprecation") == "@0");
  CHECK(field(plain, "sunset") == "(none)");
  CHECK(field(plain, "link") == "(none)");
  CHECK(field(app.get("/new"), "deprecation") == "(none)");
}

TEST_CASE("middleware: a link that could break out of its field makes the answer a fault") {
  Router<> router;
  router.get<"/">([] { return "x"; }).layer(middleware::Deprecated(sys_seconds(seconds(0)), "a\r\nb: c"));
  Asked app(router);
  CHECK(app.get("/").fault().code() != Errc::Ok);
}
