#include <rondeau/auth/extractors.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/auth/api_keys.h>
#include <rondeau/auth/jwt.h>
#include <rondeau/rondeau.h>
#include <rondeau/text/base64.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::field;
using support::status;

namespace {

struct Claims {
  std::string sub;
};
struct Account {
  std::string name;
};

/// Tokens of a home-made kind.
struct Accounts {
  std::string realm = "the \"house\"";
  Result<Account, Denied> check(const BearerToken& token) const {
    if (token.text == "busy") return Denied(Error(Errc::Overloaded, "a secret of the database"));
    if (token.text == "poor") return Denied::insufficient_scope("write:all");
    if (token.text == "odd") return Denied("\"no\"\\ \x01\xc3\xa9");
    if (token.text != "open") return Denied();
    return Account{"ann"};
  }
};
struct Users {
  Result<Identity> check(const BasicCredentials& shown) const {
    if (shown.user != "ann" || !shown.password.equals("pa:ss")) return Error(Errc::InvalidData, "");
    return Identity{"ann", {"admin"}};
  }
};

crypto::PrivateKey key() {
  return crypto::PrivateKey::hs256(std::string(32, 'k')).value();
}

struct App {
  std::string name;
  JwtVerifier tokens;
  Accounts accounts;
  Users users;
  ApiKeys keys;
};

App app() {
  ApiKeys keys;
  keys.add("0123456789abcdef", {"billing"}).value();
  return {"app", JwtVerifier({.keys = {{"", key().verifying_key()}}}), {}, {}, std::move(keys)};
}

Router<App> routes() {
  Router<App> router(app());
  router.get<"/jwt">([](Bearer<Claims> caller) { return caller->sub; });
  router.get<"/jwt/maybe">([](std::optional<Bearer<Claims>> caller) { return caller ? (*caller)->sub : "nobody"; });
  router.get<"/account">([](Bearer<Account> caller) { return caller->name; });
  router.get<"/basic">([](Basic<> caller) { return caller->subject; });
  router.get<"/key">([](ApiKey<"x-key"> caller) { return caller->subject; });
  router.get<"/result">([](Result<Bearer<Account>, Rejection> caller) {
    return caller ? (*caller)->name : caller.error().headers.at(0).second;
  });
  router.get<"/either">([](std::optional<Bearer<Account>> token, std::optional<Basic<>> basic) {
    return token ? (*token)->name : basic ? (*basic)->subject : "nobody";
  });
  return router;
}

std::string basic(std::string_view pair) {
  return "Basic " + text::base64_encode(pair);
}

}  // namespace

TEST_CASE("auth: Bearer<Claims> takes a token that the state's verifier takes, and nothing else") {
  Asked asked(routes());
  const std::string good = JwtSigner(key()).sign(Claims{"7"}).value();
  CHECK(body(asked.get("/jwt", {{"authorization", "Bearer " + good}})) == "7");
  CHECK(body(asked.get("/jwt", {{"authorization", "bearer " + good}})) == "7");

  const std::string old = JwtSigner(key(), {.lifetime = std::chrono::hours(-1)}).sign(Claims{"7"}).value();
  const Response expired = asked.get("/jwt", {{"authorization", "Bearer " + old}});
  CHECK(status(expired) == 401);
  CHECK(field(expired, "www-authenticate") ==
        R"(Bearer error="invalid_token", error_description="the token has expired")");
  CHECK(body(expired).find("the token has expired") != std::string::npos);
  CHECK(body(expired).find(old) == std::string::npos);
}

TEST_CASE("auth: no credentials is 401 with a challenge that names no error (RFC 6750 §3.1)") {
  Asked asked(routes());
  struct Case {
    std::string_view path;
    std::string_view challenge;
  };
  for (const Case& row : {Case{"/jwt", "Bearer"}, {"/account", R"(Bearer realm="the \"house\"")"},
                          {"/basic", R"(Basic realm="restricted", charset="UTF-8")"},
                          {"/key", R"(ApiKey header="x-key")"}}) {
    CAPTURE(row.path);
    const Response answer = asked.get(row.path);
    CHECK(status(answer) == 401);
    CHECK(field(answer, "www-authenticate") == row.challenge);
    CHECK(field(answer, "content-type") == "application/problem+json");
  }
  // Credentials of another scheme are none.
  CHECK(field(asked.get("/jwt", {{"authorization", basic("ann:pa:ss")}}), "www-authenticate") == "Bearer");
  CHECK(status(asked.get("/basic", {{"authorization", "Bearer open"}})) == 401);
  CHECK(field(asked.get("/jwt", {{"authorization", "Bearerx"}}), "www-authenticate") == "Bearer");
}

TEST_CASE("auth: what the check says becomes 401, 403 or 503, and cannot break out of its field") {
  Asked asked(routes());
  const auto ask = [&](std::string_view token) {
    return asked.get("/account", {{"authorization", "Bearer " + std::string(token)}});
  };
  CHECK(body(ask("open")) == "ann");
  CHECK(field(ask("shut"), "www-authenticate") == R"(Bearer realm="the \"house\"", error="invalid_token")");
  const Response poor = ask("poor");
  CHECK(status(poor) == 403);
  CHECK(field(poor, "www-authenticate") ==
        R"(Bearer realm="the \"house\"", error="insufficient_scope", scope="write:all")");
  const Response busy = ask("busy");
  CHECK(status(busy) == 503);
  CHECK(field(busy, "www-authenticate") == "(none)");
  CHECK(body(busy).find("secret") == std::string::npos);
  const Response odd = ask("odd");
  CHECK(odd.fault() == Errc::Ok);
  CHECK(field(odd, "www-authenticate").ends_with(R"(error_description="\"no\"\\ ???")"));
}

TEST_CASE("auth: credentials that are malformed, or there twice, are 400") {
  Asked asked(routes());
  for (const std::string_view bad : {"Bearer", "Bearer  open", "Bearer a b", "Bearer a,b", "Bearer =", "Bearer a=b",
                                     "Bearer \"open\"", "Bearer op\xc3\xa9n"}) {
    CAPTURE(bad);
    const Response answer = asked.get("/account", {{"authorization", bad}});
    CHECK(status(answer) == 400);
    CHECK(field(answer, "www-authenticate") == R"(Bearer realm="the \"house\"", error="invalid_request")");
  }
  for (const std::string& bad :
       {std::string("Basic"), std::string("Basic ann:x"), basic("ann"),
        basic("ann:\xff"), basic("ann:a\nb"), basic("ann:pa:ss") + "=", basic("ann:pa:ss").substr(0, 16),
        "Basic  " + text::base64_encode("ann:pa:ss")}) {
    CAPTURE(bad);
    const Response answer = asked.get("/basic", {{"authorization", bad}});
    CHECK(status(answer) == 400);
    CHECK(field(answer, "www-authenticate") == R"(Basic realm="restricted", charset="UTF-8")");
  }
  CHECK(status(asked.get("/account", {{"authorization", "Bearer open"}, {"authorization", "Bearer open"}})) == 400);
  CHECK(status(asked.get("/key", {{"x-key", "0123456789abcdef"}, {"x-key", "0123456789abcdef"}})) == 400);
}

TEST_CASE("auth: Basic takes the password behind the first colon, ApiKey the owner of a key") {
  Asked asked(routes());
  CHECK(body(asked.get("/basic", {{"authorization", basic("ann:pa:ss")}})) == "ann");
  for (const std::string_view pair : {"ann:pa", "ann:", ":pa:ss", ":", "Ann:pa:ss", "ann:pa:ss "}) {
    CAPTURE(pair);
    CHECK(status(asked.get("/basic", {{"authorization", basic(pair)}})) == 401);
  }
  CHECK(body(asked.get("/key", {{"X-Key", "0123456789abcdef"}})) == "billing");
  for (const std::string_view bad : {"0123456789abcdeF", "0123456789abcde", "", "billing"}) {
    CAPTURE(bad);
    CHECK(status(asked.get("/key", {{"x-key", bad}})) == 401);
  }
  ApiKeys keys;
  CHECK(keys.add("too short", {"x"}).error() == Errc::InvalidArgument);
  keys.add("0123456789abcdef", {"x"}).value();
  CHECK(keys.remove("0123456789abcdef"));
  CHECK_FALSE(keys.remove("0123456789abcdef"));
  CHECK_FALSE(keys.check({"0123456789abcdef"}));
}

TEST_CASE("auth: optional credentials may be missing, not wrong") {
  Asked asked(routes());
  CHECK(body(asked.get("/jwt/maybe")) == "nobody");
  CHECK(status(asked.get("/jwt/maybe", {{"authorization", "Bearer open"}})) == 401);
  CHECK(status(asked.get("/jwt/maybe", {{"authorization", "Bearer a b"}})) == 400);
  CHECK(body(asked.get("/either")) == "nobody");
  CHECK(body(asked.get("/either", {{"authorization", "Bearer open"}})) == "ann");
  CHECK(body(asked.get("/either", {{"authorization", basic("ann:pa:ss")}})) == "ann");
  CHECK(status(asked.get("/either", {{"authorization", basic("ann:x")}})) == 401);
  CHECK(body(asked.get("/result", {{"authorization", "Bearer shut"}})) ==
        R"(Bearer realm="the \"house\"", error="invalid_token")");
}

TEST_CASE("auth: extractors say in a document which scheme they ask for") {
  schema::Operation operation;
  Extract<Bearer<Claims>>::describe(operation);
  Extract<ApiKey<"x-key">>::describe(operation);
  REQUIRE(operation.security.size() == 2);
  CHECK(operation.security[0].kind == schema::SecurityScheme::Kind::Bearer);
  CHECK(operation.security[1].parameter == "x-key");
  REQUIRE(operation.responses.size() == 1);
  CHECK(operation.responses[0].status == StatusCode::Unauthorized);
}
