#include <rondeau/auth/require_auth.h>

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

Task<Result<Identity, Denied>> look_up(BearerToken token) {
  co_await time::sleep_for(1s);
  if (token.text == "ann") co_return Identity{"ann", {"admin", "staff"}};
  if (token.text == "bob") co_return Identity{"bob", {"staff"}};
  if (token.text == "late") co_return Error(Errc::TimedOut, "the database at 10.0.0.7");
  co_return Denied("nobody has this token");
}

std::string who(Extension<Identity> identity) {
  return identity->subject;
}

}  // namespace

TEST_CASE("auth: a layer waits for its check and gives what it found to the handlers inside") {
  Router<> router;
  router.layer(bearer_auth(look_up, "shop"));
  router.get<"/who">(who);
  TestApp app(router);
  CHECK(app.get("/who").header("authorization", "Bearer ann").send().body() == "ann");
  const auto denied = app.get("/who").header("authorization", "Bearer eve").send();
  CHECK(denied.status() == StatusCode::Unauthorized);
  CHECK(denied.header("www-authenticate") ==
        R"(Bearer realm="shop", error="invalid_token", error_description="nobody has this token")");
  const auto none = app.get("/who").send();
  CHECK(none.status() == StatusCode::Unauthorized);
  CHECK(none.header("www-authenticate") == R"(Bearer realm="shop")");
  const auto late = app.get("/who").header("authorization", "Bearer late").send();
  CHECK(late.status() == StatusCode::ServiceUnavailable);
  CHECK(late.body().find("10.0.0.7") == std::string::npos);
  // Nobody learns which paths there are.
  CHECK(app.get("/missing").send().status() == StatusCode::Unauthorized);
  CHECK(app.get("/missing").header("authorization", "Bearer ann").send().status() == StatusCode::NotFound);
}

TEST_CASE("auth: a check may answer at once, and may hold what it needs") {
  const std::string secret = "0123456789abcdef";
  Router<> router;
  router.get<"/key">([](Extension<std::string> owner) { return *owner; })
      .layer(api_key_auth<"x-key">([secret](const ApiKeyText& key) -> Result<std::string, Denied> {
        if (key.text != secret) return Denied();
        return std::string("billing");
      }));
  router.get<"/basic">(who).layer(basic_auth([](BasicCredentials shown) -> Task<Result<Identity, Denied>> {
    co_await time::sleep_for(1s);
    if (!shown.password.equals("open")) co_return Denied();
    co_return Identity{shown.user};
  }));
  TestApp app(router);
  CHECK(app.get("/key").header("x-key", secret).send().body() == "billing");
  CHECK(app.get("/key").header("x-key", "other").send().status() == StatusCode::Unauthorized);
  CHECK(app.get("/basic").header("authorization", "Basic YW5uOm9wZW4=").send().body() == "ann");
  const auto denied = app.get("/basic").header("authorization", "Basic YW5uOnNodXQ=").send();
  CHECK(denied.status() == StatusCode::Unauthorized);
  CHECK(denied.header("www-authenticate") == R"(Basic realm="restricted", charset="UTF-8")");
}

TEST_CASE("auth: a role is asked of an identity; who has none may not, wherever the layer stands") {
  Router<> admin;
  admin.layer(require_role("admin"));
  admin.get<"/">(who);
  Router<> router;
  router.layer(bearer_auth(look_up));
  router.nest<"/admin">(admin);
  router.get<"/staff">(who).layer(require_any_role({"owner", "staff"}));
  TestApp app(router);
  CHECK(app.get("/admin").header("authorization", "Bearer ann").send().body() == "ann");
  CHECK(app.get("/admin").header("authorization", "Bearer bob").send().status() == StatusCode::Forbidden);
  CHECK(app.get("/admin").send().status() == StatusCode::Unauthorized);
  CHECK(app.get("/staff").header("authorization", "Bearer bob").send().body() == "bob");

  Router<> open;
  open.get<"/x">([] { return "x"; }).layer(require_role("admin"));
  TestApp without(open);
  CHECK(without.get("/x").send().status() == StatusCode::Forbidden);
}

TEST_CASE("auth: a route that takes an identity is refused where no layer provides one") {
  Router<> router;
  router.get<"/who">(who);
  CHECK_FALSE(router.build());
}

TEST_CASE("auth: a client that leaves while its token is looked up leaves nothing behind") {
  bool ended = false;
  Router<> router;
  router.get<"/who">(who).layer(bearer_auth([&ended](BearerToken) -> Task<Result<Identity, Denied>> {
    struct Mark {
      bool* ended;
      ~Mark() { *ended = true; }
    } mark{&ended};
    co_await time::sleep_for(1h);
    co_return Denied();
  }));
  TestApp app(router);
  {
    auto wire = app.connect();
    wire.send("GET /who HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n\r\n");
    app.settle();
    CHECK_FALSE(ended);
  }
  app.advance(10s);
  CHECK(ended);
  CHECK(app.live_tasks() == 0);
}
