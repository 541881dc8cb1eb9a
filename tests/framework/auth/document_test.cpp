#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/auth/api_keys.h>
#include <rondeau/auth/extractors.h>
#include <rondeau/auth/jwt.h>
#include <rondeau/auth/login.h>
#include <rondeau/auth/require_auth.h>
#include <rondeau/middleware/idempotency.h>
#include <rondeau/rondeau.h>
#include <rondeau/store/memory_store.h>

using namespace rondeau;
using Kind = schema::SecurityScheme::Kind;

namespace {

struct Claims {
  std::string sub;
};
struct App {
  JwtVerifier tokens;
  ApiKeys keys;
};

const schema::Operation& at(const std::vector<schema::Operation>& operations, Method method, std::string_view path) {
  for (const schema::Operation& each : operations) {
    if (each.method == method && each.path == path) return each;
  }
  FAIL("there is no such operation");
  return operations.front();
}

bool has_parameter(const schema::Operation& operation, std::string_view name) {
  for (const schema::Parameter& each : operation.parameters) {
    if (each.name == name) return true;
  }
  return false;
}

bool may_answer(const schema::Operation& operation, StatusCode status) {
  for (const schema::Response& each : operation.responses) {
    if (each.status == status) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("auth: routes tell a document what they ask for, by their extractors and by the layers around them") {
  const auto key = crypto::PrivateKey::hs256(std::string(32, 'k')).value();
  auto store = std::make_shared<MemoryStore>();
  Router<App> router(App{JwtVerifier({.keys = {{"", key.verifying_key()}}}), {}});
  router.layer(Idempotency(store));
  router.get<"/token">([](Bearer<Claims> caller) { return caller->sub; });
  router.get<"/maybe">([](std::optional<Bearer<Claims>>) { return "x"; });
  router.post<"/key">([](ApiKey<"x-key"> caller) { return caller->subject; });
  router.get<"/basic">([](Extension<Identity> caller) { return caller->subject; })
      .layer(basic_auth([](const BasicCredentials& shown) -> Result<Identity, Denied> { return Identity{shown.user}; }))
      .layer(require_role("admin"));
  router.get<"/home">([](LoggedIn<Claims> account) { return account->sub; }).layer(login<Claims>(store));
  const auto operations = router.build().value()->operations();

  const auto& token = at(operations, Method::Get, "/token");
  REQUIRE(token.security.size() == 1);
  CHECK(token.security[0].kind == Kind::Bearer);
  CHECK_FALSE(token.optional_security);
  CHECK(may_answer(token, StatusCode::Unauthorized));
  CHECK_FALSE(has_parameter(token, "Idempotency-Key"));
  CHECK(at(operations, Method::Get, "/maybe").optional_security);

  const auto& api_key = at(operations, Method::Post, "/key");
  REQUIRE(api_key.security.size() == 1);
  CHECK(api_key.security[0].kind == Kind::ApiKeyHeader);
  CHECK(api_key.security[0].parameter == "x-key");
  CHECK(has_parameter(api_key, "Idempotency-Key"));
  CHECK(may_answer(api_key, StatusCode::Conflict));

  const auto& basic = at(operations, Method::Get, "/basic");
  REQUIRE(basic.security.size() == 1);
  CHECK(basic.security[0].kind == Kind::Basic);
  CHECK(may_answer(basic, StatusCode::Forbidden));

  const auto& home = at(operations, Method::Get, "/home");
  REQUIRE(home.security.size() == 1);
  CHECK(home.security[0].kind == Kind::Cookie);
  CHECK(home.security[0].parameter == "__Host-login");
  CHECK(may_answer(home, StatusCode::Unauthorized));
}
