#include <rondeau/rondeau.h>

#include <string>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

struct Tenant {
  std::string name;
};
struct Checker {
  std::string secret;
};
struct App {
  Checker checker;
};
struct Member {
  std::string name;
};

int alive = 0;
struct Counted {
  Counted() { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --alive; }
};

}  // namespace

template <>
struct rondeau::Extract<Tenant> {
  static bool extract(extract::Context& context, Tenant* slot, Rejection& rejection) {
    const auto host = context.request().header("x-tenant");
    if (!host) return rejection.reject_missing("header", "x-tenant");
    std::construct_at(slot, Tenant{std::string(*host)});
    return true;
  }
};

template <>
struct rondeau::Extract<Member> {
  static constexpr bool kNeedsState = true;
  template <class A>
  static constexpr bool fits = extract::has_state<A, Checker>();
  template <class A>
  static bool extract(extract::Context& context, A& app, Member* slot, Rejection& rejection) {
    if (context.request().header("authorization") != extract::get_state<A, Checker>(app).secret) {
      return rejection.reject(StatusCode::Unauthorized, "who are you?");
    }
    std::construct_at(slot, Member{"ann"});
    return true;
  }
};

template <>
struct rondeau::Extract<Counted> {
  static bool extract(extract::Context&, Counted* slot, Rejection&) { return std::construct_at(slot), true; }
};

TEST_CASE("extract: an extractor of one's own is a parameter like any other") {
  Router<> router;
  router.get<"/">([](Tenant tenant) { return tenant.name; });
  router.get<"/maybe">([](std::optional<Tenant> tenant) { return tenant ? tenant->name : "none"; });
  Asked app(router);
  CHECK(body(app.get("/", {{"x-tenant", "acme"}})) == "acme");
  CHECK(status(app.get("/")) == 400);
  CHECK(body(app.get("/maybe")) == "none");
}

TEST_CASE("extract: an extractor of one's own may ask the state") {
  Router<App> router{App{{"s3cret"}}};
  router.get<"/">([](Member member) { return member.name; });
  router.get<"/maybe">([](Result<Member, Rejection> member) { return member ? "member" : "guest"; });
  Asked app(router);
  CHECK(body(app.get("/", {{"authorization", "s3cret"}})) == "ann");
  CHECK(status(app.get("/")) == 401);
  CHECK(body(app.get("/maybe")) == "guest");
}

TEST_CASE("extract: what was extracted is destroyed when a later parameter is rejected") {
  Router<> router;
  router.get<"/{id}">([](Counted, Path<"id", int>, Counted) { return alive == 0 ? "none" : "some"; });
  Asked app(router);
  CHECK(status(app.get("/x")) == 400);
  CHECK(alive == 0);
  CHECK(app.text("/7") == "some");
  CHECK(alive == 0);
}
