#include <rondeau/handler/depends.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::field;
using support::status;

namespace {

struct App {
  std::string greeting = "hello";
};
struct User {
  std::string name;
};

std::atomic<int> runs{0};

User user_of_query(QueryParam<"user"> name) {
  ++runs;
  return User{*name};
}
std::string shouted(Depends<user_of_query> user) {
  return user->name + "!";
}
Task<User> slow_user(State<App> app, QueryParam<"user"> name) {
  ++runs;
  co_await sleep_for(std::chrono::seconds(10));
  co_return User{app->greeting + " " + *name};
}
Task<std::string> greeting(Depends<slow_user> user, Depends<user_of_query> plain) {
  co_return user->name + " alias " + plain->name;
}
Result<User, Problem> only_ann(Depends<user_of_query> user) {
  if (user->name == "ann") return *user;
  return problem(StatusCode::PaymentRequired, "only ann").type("https://example.org/only-ann").with("who", user->name);
}
Task<Result<void, Problem>> no_bob(QueryParam<"user"> name) {
  co_await sleep_for(std::chrono::seconds(1));
  if (*name == "bob") co_return problem(StatusCode::Forbidden, "no bob");
  co_return Result<void, Problem>();
}
Task<User> broken() {
  co_await sleep_for(std::chrono::seconds(1));
  throw std::runtime_error("no database");
}
Task<std::size_t> length_of_body(std::string text) {
  co_return text.size();
}
std::atomic<int> charges{0};
Task<int> charge() {
  co_await sleep_for(std::chrono::seconds(1));
  co_return ++charges;
}
Task<int> charge_inside(Depends<no_bob>, Depends<charge> charged) {
  co_return *charged;
}
struct Attached {
  UploadFile file;
};
std::string word(Path<"word"> word) {
  return *word;
}

}  // namespace

TEST_CASE("handler: a dependency runs once per request, however many ask for it") {
  Router<> router;
  router.get<"/">([](Depends<user_of_query> user, Depends<shouted> loud, Depends<user_of_query> again) {
    CHECK(&*user == &*again);
    return user->name + " " + *loud;
  });
  Asked app(router);
  runs = 0;
  CHECK(body(app.get("/?user=ann")) == "ann ann!");
  CHECK(runs == 1);
  CHECK(body(app.get("/?user=bob")) == "bob bob!");
  CHECK(runs == 2);
}

TEST_CASE("handler: a dependency may wait, take the state, and depend on others") {
  Router<App> router(App{});
  router.get<"/">([](Depends<greeting> text, Depends<slow_user> user) { return *text + " = " + user->name; });
  TestApp app(router);
  runs = 0;
  CHECK(app.get("/?user=ann").send().body() == "hello ann alias ann = hello ann");
  CHECK(runs == 2);
}

TEST_CASE("handler: what rejects a dependency's input is the answer") {
  Router<App> router(App{});
  router.get<"/plain">([](Depends<shouted> loud) { return *loud; });
  router.get<"/slow">([](Depends<greeting> text) { return *text; });
  TestApp app(router);
  for (const char* path : {"/plain", "/slow"}) {
    const auto answer = app.get(path).send();
    CHECK(answer.status() == StatusCode::BadRequest);
    CHECK(answer.body().find("\"user\"") != std::string::npos);
  }
}

TEST_CASE("handler: the problem of a dependency is the answer as it is, or the handler's to judge") {
  Router<> router;
  router.get<"/">([](Depends<only_ann> user) { return user->name; });
  router.get<"/mine">([](Result<Depends<only_ann>, Rejection> user) {
    return user ? (*user)->name : "refused: " + user.error().detail;
  });
  Asked app(router);
  CHECK(body(app.get("/?user=ann")) == "ann");
  const Response refused = app.get("/?user=bob");
  CHECK(status(refused) == 402);
  CHECK(body(refused).find("https://example.org/only-ann") != std::string::npos);
  CHECK(body(refused).find("\"who\":\"bob\"") != std::string::npos);
  CHECK(body(app.get("/mine?user=bob")) == "refused: only ann");
}

TEST_CASE("handler: a dependency without a value is a condition") {
  Router<> router;
  router.get<"/">([](Depends<no_bob>) { return "in"; });
  TestApp app(router);
  CHECK(app.get("/?user=ann").send().body() == "in");
  CHECK(app.get("/?user=bob").send().status() == StatusCode::Forbidden);
}

TEST_CASE("handler: nothing is done for a parameter behind one that is rejected") {
  Router<> router;
  router.get<"/waits">([](Depends<no_bob>, Depends<charge>) { return "charged"; });
  router.get<"/at-once">([](Depends<only_ann>, Depends<charge>) { return "charged"; });
  router.get<"/plain">([](QueryParam<"amount", int>, Depends<charge>) { return "charged"; });
  router.get<"/inside">([](Depends<charge_inside>) { return "charged"; });
  router.get<"/own">([](Result<Depends<no_bob>, Rejection> known, Depends<charge>) { return known ? "known" : "guest"; });
  router.get<"/behind">([](Depends<charge>, Depends<no_bob>) { return "charged"; });
  TestApp app(router);
  charges = 0;
  CHECK(app.get("/waits?user=bob").send().status() == StatusCode::Forbidden);
  CHECK(app.get("/waits").send().status() == StatusCode::BadRequest);
  CHECK(app.get("/at-once?user=bob").send().status() == StatusCode::PaymentRequired);
  CHECK(app.get("/plain?amount=x").send().status() == StatusCode::BadRequest);
  CHECK(app.get("/inside?user=bob").send().status() == StatusCode::Forbidden);
  CHECK(charges == 0);
  CHECK(app.get("/own?user=bob").send().body() == "guest");
  CHECK(charges == 1);
  CHECK(app.get("/behind?user=bob").send().status() == StatusCode::Forbidden);
  CHECK(charges == 2);
  for (const char* path : {"/waits?user=ann", "/at-once?user=ann", "/plain?amount=1", "/inside?user=ann"}) {
    CHECK(app.get(path).send().status() == StatusCode::Ok);
  }
  CHECK(charges == 6);
}

TEST_CASE("handler: a WebSocket's dependencies wait as any other's, and only for a handshake") {
  Router<> router;
  router.ws<"/">([](Depends<no_bob>, Depends<charge>, WebSocket<>) -> Task<void> { co_return; });
  TestApp app(router);
  const auto asked = [&](const std::string& target, const std::string& more) {
    testing::Wire wire = app.connect();
    wire.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n");
    app.advance(std::chrono::seconds(3));
    return wire.received().substr(0, 12);
  };
  const std::string handshake =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  charges = 0;
  CHECK(asked("/?user=bob", handshake) == "HTTP/1.1 403");
  CHECK(asked("/?user=ann", "") == "HTTP/1.1 426");
  CHECK(charges == 0);
  CHECK(asked("/?user=ann", handshake) == "HTTP/1.1 101");
  CHECK(charges == 1);
}

TEST_CASE("handler: a form behind a dependency that rejects is not read") {
  Router<> router;
  router.post<"/">([](Depends<no_bob>, MultipartForm<Attached>) { return "in"; });
  TestApp app(router);
  testing::Wire wire = app.connect();
  wire.send(
      "POST /?user=bob HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"
      "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
  app.advance(std::chrono::seconds(1));
  CHECK(wire.received().starts_with("HTTP/1.1 403 "));
}

TEST_CASE("handler: an exception of a dependency is a 500") {
  Router<> router;
  router.get<"/">([](Depends<broken>) { return "in"; });
  TestApp app(router);
  CHECK(app.get("/").send().status() == StatusCode::InternalServerError);
}

TEST_CASE("handler: a dependency may read the body, within the route's limit") {
  Router<> router;
  router.post<"/">([](Depends<length_of_body> length) { return std::to_string(*length); }).body_limit(4);
  TestApp app(router);
  CHECK(app.post("/").body("four").send().body() == "4");
  CHECK(app.post("/").body("fives").send().status() == StatusCode::ContentTooLarge);
}

TEST_CASE("handler: a dependency's path parameter is checked by build() where the pattern is text") {
  Router<> router;
  router.route(Method::Get, "/{wort}", [](Depends<word> word) { return *word; });
  const auto built = router.build();
  REQUIRE_FALSE(built);
  CHECK(built.error().message().find("takes the path parameter \"word\"") != std::string::npos);
  Router<> right;
  right.get<"/{word}">([](Depends<word> word) { return *word; });
  Asked app(right);
  CHECK(body(app.get("/x")) == "x");
}

TEST_CASE("handler: a middleware takes a dependency that does not wait, and the handler shares it") {
  Router<> router;
  router.layer([](Depends<user_of_query> user, Request request, Next next) -> Task<Response> {
    user->name += " seen";
    co_return co_await next(std::move(request));
  });
  router.get<"/">([](Depends<user_of_query> user) { return user->name; });
  Asked app(router);
  CHECK(body(app.get("/?user=ann")) == "ann seen");
}

TEST_CASE("testing: an override runs in a dependency's place, for all that depend on it") {
  Router<App> router(App{});
  router.get<"/plain">([](Depends<shouted> loud) { return *loud; });
  router.get<"/slow">([](Depends<greeting> text) { return *text; });
  TestApp app(router);
  app.override<user_of_query>([] { return User{"fake"}; });
  app.override<slow_user>([name = std::string("slow")](QueryParam<"user"> user) -> Task<User> {
    co_await sleep_for(std::chrono::seconds(1));
    co_return User{name + *user};
  });
  CHECK(app.get("/plain").send().body() == "fake!");
  CHECK(app.get("/slow?user=x").send().body() == "slowx alias fake");
  app.override<user_of_query>([]() -> Result<User, Problem> { return problem(StatusCode::Gone, "gone"); });
  CHECK(app.get("/plain").send().status() == StatusCode::Gone);
  TestApp other(router);
  CHECK(other.get("/plain?user=ann").send().body() == "ann!");
}

TEST_CASE("testing: an override may depend on what waits, where the one it replaces waits") {
  Router<App> router(App{});
  router.get<"/">([](Depends<slow_user> user) { return user->name; });
  TestApp app(router);
  app.override<slow_user>([](Depends<no_bob>, QueryParam<"user"> user) { return User{"checked " + *user}; });
  CHECK(app.get("/?user=ann").send().body() == "checked ann");
  CHECK(app.get("/?user=bob").send().status() == StatusCode::Forbidden);
}

TEST_CASE("handler: a request that ends while its dependency waits ends the dependency") {
  Router<App> router(App{});
  router.get<"/">([](Depends<slow_user> user) { return user->name; });
  TestApp app(router);
  {
    testing::Wire wire = app.connect();
    wire.send("GET /?user=x HTTP/1.1\r\nHost: a\r\n\r\n");
    app.settle();
  }
  app.settle();
  CHECK(app.live_tasks() == 0);
}
