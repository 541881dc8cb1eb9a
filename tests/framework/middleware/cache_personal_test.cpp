// What Cache keeps of answers that are for one who is known.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/auth/extractors.h>
#include <rondeau/auth/login.h>
#include <rondeau/auth/require_auth.h>
#include <rondeau/http/personal.h>
#include <rondeau/rondeau.h>
#include <rondeau/store/memory_store.h>
#include <rondeau/testing/test_app.h>

#include "kept.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Kept;
using testing::TestResponse;

TEST_CASE("middleware: Cache keeps answers to Authorization only where they are for all (RFC 9111 §3.5)") {
  for (std::string_view list : {"max-age=60", "public,%20max-age=60", "s-maxage=60", "must-revalidate,%20max-age=60"}) {
    CAPTURE(list);
    Kept kept;
    const std::string path = "/control/" + std::string(list);
    CHECK(kept.app.get(path).header("authorization", "Bearer x").send().body() == "run 1");
    CHECK(kept.get(path) == (list == "max-age=60" ? "run 2" : "run 1"));
  }
}

namespace {

struct User {
  std::string name;
};
/// Knows every key.
struct Keys {
  Result<Identity, Denied> check(const ApiKeyText& key) const { return Identity{key.text}; }
  Result<Identity, Denied> check(const BearerToken& token) const { return Identity{token.text}; }
};
struct State {
  Keys keys;
};

/// Each tells the one who asks who that is.
Router<State> personal(std::string_view control) {
  const auto answer = [list = std::string(control)](std::string_view who) {
    return Response::text(std::string(who)).header(HeaderName::CacheControl, list);
  };
  Router<State> app(State{});
  app.layer(Cache());
  app.layer(login<User>(std::make_shared<MemoryStore>(), {.cookie = "id", .secure = false}));
  app.get<"/key">([answer](ApiKey<"x-own"> key) { return answer(key->subject); });
  app.get<"/maybe-key">(
      [answer](std::optional<ApiKey<"x-own">> key) { return answer(key ? (*key)->subject : "nobody"); });
  app.get<"/layer">([answer](Extension<Identity> identity) { return answer(identity->subject); })
      .layer(
          api_key_auth<"x-own">([](const ApiKeyText& key) -> Result<Identity, Denied> { return Identity{key.text}; }));
  app.get<"/own-layer">([answer](Request request) { return answer(request.header("x-own").value_or("nobody")); })
      .layer([](Request request, Next next) -> Task<Response> {
        http::mark_personal(request);
        co_return co_await next(std::move(request));
      });
  app.get<"/copied">([answer](ApiKey<"x-own"> key) { return answer(key->subject); })
      .layer([](Request request, Next next) -> Task<Response> { co_return co_await next(request.own()); });
  app.get<"/x-api-key">([answer](Request request) { return answer(request.header("x-api-key").value_or("nobody")); });
  app.get<"/login">([answer](Login<User> login) { return answer(login ? login->name : "nobody"); });
  app.get<"/logged-in">(
      [answer](std::optional<LoggedIn<User>> user) { return answer(user ? (*user)->name : "nobody"); });
  app.get<"/session">([answer](Request request) { return answer(request.header("cookie").value_or("nobody")); });
  app.get<"/certificate">(
      [answer](std::optional<PeerCertificate> shown) { return answer(shown ? "known" : "nobody"); });
  app.post<"/in/{name}">([](Path<"name", std::string> name, Login<User> login) {
    login.log_in({*name});
    return StatusCode::NoContent;
  });
  return app;
}

std::string cookie_from(const TestResponse& answer) {
  const std::string field(answer.header("set-cookie").value());
  return field.substr(0, field.find(';'));
}

}  // namespace

TEST_CASE("middleware: Cache keeps no answer that is for one who is known, unless it says that it is for all") {
  for (std::string_view control : {"max-age=60", "public, max-age=60"}) {
    const bool is_public = control.starts_with("public");
    TestApp app(personal(control));
    const std::string ann = cookie_from(app.post("/in/ann").send());
    const std::string bob = cookie_from(app.post("/in/bob").send());
    struct Row {
      std::string_view path;
      std::string_view field;
      std::string first;
      std::string second;
    };
    for (const Row& row : {
             Row{"/key", "x-own", "ann", "bob"},
             Row{"/maybe-key", "x-own", "ann", "bob"},
             Row{"/layer", "x-own", "ann", "bob"},
             Row{"/own-layer", "x-own", "ann", "bob"},
             Row{"/copied", "x-own", "ann", "bob"},
             Row{"/x-api-key", "x-api-key", "ann", "bob"},
             Row{"/login", "cookie", ann, bob},
             Row{"/logged-in", "cookie", ann, bob},
             Row{"/session", "cookie", ann, bob},
         }) {
      CAPTURE(control);
      CAPTURE(row.path);
      const std::string first = app.get(row.path).header(row.field, row.first).send().body();
      CHECK(first == (row.field == "cookie" && row.path != "/session" ? "ann" : row.first));
      CHECK((app.get(row.path).header(row.field, row.second).send().body() == first) == is_public);
    }
  }
}

TEST_CASE("middleware: Cache does not keep what nobody was told for those who are known") {
  TestApp app(personal("max-age=60"));
  const std::string ann = cookie_from(app.post("/in/ann").send());
  CHECK(app.get("/login").send().body() == "nobody");
  CHECK(app.get("/login").header("cookie", ann).send().body() == "ann");
  CHECK(app.get("/logged-in").send().body() == "nobody");
  CHECK(app.get("/logged-in").header("cookie", ann).send().body() == "ann");
  CHECK(app.get("/maybe-key").send().body() == "nobody");
  CHECK(app.get("/maybe-key").header("x-own", "ann").send().body() == "ann");
  CHECK(app.get("/certificate").send().body() == "nobody");
  CHECK(!app.get("/certificate").send().header("age"));
}
