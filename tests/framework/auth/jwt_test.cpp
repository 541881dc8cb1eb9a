#include <rondeau/auth/jwt.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/wall_clock.h>
#include <rondeau/text/base64.h>

#include "support/test_keys.h"

using namespace rondeau;
using namespace std::chrono_literals;
using auth::JwtOptions;
using auth::JwtSignerOptions;
using crypto::PrivateKey;
using crypto::SignatureAlgorithm;
using crypto::VerifyingKey;

namespace {

struct Claims {
  std::string sub;
  std::optional<std::vector<std::string>> roles = {};
};

constexpr std::chrono::seconds kCenturies = std::chrono::hours(24) * 365 * 200;

PrivateKey hmac_key() {
  return PrivateKey::hs256(std::string(32, 'k')).value();
}

std::string encoded(std::string_view text) {
  return text::base64_encode(text, text::Base64Form::Url);
}

/// A token of any header and payload, signed well.
std::string token(std::string_view header, std::string_view payload, const PrivateKey& key = hmac_key()) {
  std::string text = encoded(header) + "." + encoded(payload);
  return text + "." + encoded(key.sign(text));
}

JwtVerifier verifier(JwtOptions options = {}) {
  if (options.keys.empty()) options.keys.push_back({"", hmac_key().verifying_key()});
  return JwtVerifier(std::move(options));
}

std::string in(std::chrono::seconds span) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(base::wall_clock().time_since_epoch() + span).count());
}

/// What verify() says; "ok" for a token it takes.
std::string verdict(const JwtVerifier& verifier, std::string_view token) {
  const Result<Claims> claims = verifier.verify<Claims>(token);
  return claims ? "ok" : std::string(claims.error().context());
}

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";

}  // namespace

TEST_CASE("auth: the tokens of RFC 7515 appendix A pass, if one waits for their times") {
  constexpr std::string_view payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  struct Joe {
    std::string iss;
  };
  const std::string hs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(payload) +
                            ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const std::string es256 = "eyJhbGciOiJFUzI1NiJ9." + std::string(payload) +
                            ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  const auto secret = text::base64_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", text::Base64Form::Url);
  const std::vector<auth::JwtKey> keys = {
      {"", VerifyingKey::hs256(secret.value()).value()},
      {"", VerifyingKey::from_pem(SignatureAlgorithm::Es256, support::kEs256Public).value()}};
  for (const std::string& each : {hs256, es256}) {
    const auto joe = JwtVerifier({.keys = keys, .issuer = "joe", .leeway = kCenturies}).verify<Joe>(each);
    REQUIRE(joe);
    CHECK(joe->iss == "joe");
    CHECK(verdict(JwtVerifier({.keys = keys, .issuer = "joe"}), each) == "the token has expired");
    CHECK(verdict(JwtVerifier({.keys = keys, .issuer = "ann", .leeway = kCenturies}), each) ==
          "the token is of another issuer");
  }
  // §A.5: signed by nobody.
  const std::string none = "eyJhbGciOiJub25lIn0." + std::string(payload) + ".";
  CHECK(verdict(JwtVerifier({.keys = keys, .leeway = kCenturies}), none) == "the token is not of three parts");
  CHECK(verdict(JwtVerifier({.keys = keys, .leeway = kCenturies}), none + "AAAA") ==
        "the token names no key and algorithm that are taken here");
}

TEST_CASE("auth: what a signer makes its verifier takes, for every algorithm") {
  for (const PrivateKey& key : {hmac_key(),
                                PrivateKey::from_pem(SignatureAlgorithm::Rs256, support::kRs256Private).value(),
                                PrivateKey::from_pem(SignatureAlgorithm::Es256, support::kEs256Private).value(),
                                PrivateKey::from_pem(SignatureAlgorithm::EdDsa, support::kEd25519Private).value()}) {
    CAPTURE(crypto::to_string(key.algorithm()));
    const JwtSigner signer(key, {.key_id = "k1", .issuer = "id", .audience = "shop"});
    const std::string made = signer.sign(Claims{"7", {{"admin"}}}).value();
    const JwtVerifier taker = verifier({.keys = {{"k1", key.verifying_key()}}, .issuer = "id", .audience = "shop"});
    const auto claims = taker.verify<Claims>(made);
    REQUIRE(claims);
    CHECK(claims->sub == "7");
    CHECK(claims->roles == std::vector<std::string>{"admin"});
    CHECK(verdict(verifier({.keys = {{"k2", key.verifying_key()}}, .issuer = "id", .audience = "shop"}), made) ==
          "the token names no key and algorithm that are taken here");
    CHECK(verdict(verifier({.keys = {{"k1", key.verifying_key()}}, .audience = "bank"}), made) ==
          "the token is for another audience");
    CHECK(verdict(verifier({.keys = {{"k1", key.verifying_key()}}}), made) == "the token is for another audience");
  }
  CHECK_FALSE(JwtSigner(hmac_key()).sign(std::string("no object")));
}

TEST_CASE("auth: of several keys the one that is named counts, and those without a name are tried") {
  const PrivateKey old_key = PrivateKey::hs256(std::string(32, 'o')).value();
  const JwtVerifier both = verifier({.keys = {{"new", hmac_key().verifying_key()}, {"old", old_key.verifying_key()}}});
  CHECK(verdict(both, JwtSigner(hmac_key(), {.key_id = "new"}).sign(Claims{"7"}).value()) == "ok");
  CHECK(verdict(both, JwtSigner(old_key, {.key_id = "old"}).sign(Claims{"7"}).value()) == "ok");
  CHECK(verdict(both, JwtSigner(old_key).sign(Claims{"7"}).value()) == "ok");
  CHECK(verdict(both, JwtSigner(old_key, {.key_id = "new"}).sign(Claims{"7"}).value()) ==
        "the token's signature is wrong");
}

TEST_CASE("auth: a token cannot choose its algorithm") {
  // The classic: the public key of RS256 as the secret of HS256.
  const JwtVerifier rsa = verifier(
      {.keys = {{"", VerifyingKey::from_pem(SignatureAlgorithm::Rs256, support::kRs256Public).value()}}});
  const std::string payload = R"({"sub":"7","exp":)" + in(60s) + "}";
  const PrivateKey confused = PrivateKey::hs256(support::kRs256Public).value();
  const std::string unknown = "the token names no key and algorithm that are taken here";
  CHECK(verdict(rsa, token(R"({"alg":"HS256"})", payload, confused)) == unknown);
  CHECK(verdict(rsa, token(R"({"alg":"RS256"})", payload, confused)) == "the token's signature is wrong");
  for (const std::string_view header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"hs256"})", R"({"alg":"HS384"})", R"({"alg":""})",
        R"({"alg":"HS256 "})", R"({"alg":"RS256"})", R"({"alg":"HS256\u0000"})"}) {
    CAPTURE(header);
    CHECK(verdict(verifier(), token(header, payload)) == unknown);
  }
}

TEST_CASE("auth: a token that is not exactly as it must be is refused") {
  const std::string payload = R"({"sub":"7","exp":)" + in(60s) + "}";
  const std::string good = token(kHeader, payload);
  REQUIRE(verdict(verifier(), good) == "ok");
  const std::string head = good.substr(0, good.find('.'));
  const std::string tail = good.substr(good.rfind('.') + 1);
  const std::string middle = good.substr(head.size() + 1, good.size() - head.size() - tail.size() - 2);

  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string("a.b"), head + "." + middle,
                                 head + "." + middle + ".", "." + middle + "." + tail, head + ".." + tail, good + ".",
                                 good + "." + tail, "." + good}) {
    CAPTURE(bad);
    CHECK(verdict(verifier(), bad) == "the token is not of three parts");
  }
  for (const std::string& bad : {good + "=", good + "\n", " " + good, head + "=." + middle + "." + tail,
                                 head + "." + middle + "." + tail.substr(0, 41) + "+/", good + "AA", good + "\xff"}) {
    CAPTURE(bad);
    CHECK(verdict(verifier(), bad) == "the token is not in base64url");
  }
  // One signature has one form: the last character's unused bits are zero.
  std::string other_form = good;
  other_form.back() = static_cast<char>(other_form.back() + 1);
  CHECK(verdict(verifier(), other_form) != "ok");
  CHECK(verdict(verifier(), good + "A") == "the token's signature is wrong");
  CHECK(verdict(verifier(), head + "." + encoded(R"({"sub":"8","exp":)" + in(60s) + "}") + "." + tail) ==
        "the token's signature is wrong");
  CHECK(verdict(verifier({.max_size = good.size()}), good) == "ok");
  CHECK(verdict(verifier({.max_size = good.size() - 1}), good) == "the token is too long");
  // Padding within what is signed.
  const std::string padded = head + "." + middle + "=";
  CHECK(verdict(verifier(), padded + "." + encoded(hmac_key().sign(padded))) == "the token is not in base64url");
}

TEST_CASE("auth: a header with anything doubtful in it is refused") {
  const std::string payload = R"({"sub":"7","exp":)" + in(60s) + "}";
  for (const std::string_view header :
       {R"({"alg":"HS256","alg":"HS256"})", R"({"alg":"none","alg":"HS256"})", R"({"alg":null})", R"({"alg":["HS256"]})",
        R"({})", R"([])", R"("HS256")", R"({"alg":"HS256"} )" "x", R"({"alg":"HS256","kid":7})",
        R"({"alg":"HS256","kid":null})", R"({"alg":"HS256","typ":null})", R"({"alg":"HS256",})", ""}) {
    CAPTURE(header);
    CHECK(verdict(verifier(), token(header, payload)) != "ok");
  }
  for (const std::string_view crit : {R"(["exp"])", R"(["b64"])", "[]", "null", "1"}) {
    CAPTURE(crit);
    const std::string header = R"({"alg":"HS256","crit":)" + std::string(crit) + "}";
    CHECK(verdict(verifier(), token(header, payload)) == "the token has a critical extension");
  }
  // A key that a token brings along is not looked at.
  CHECK(verdict(verifier(), token(R"({"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"x5u":"https://evil.example"})",
                                  payload, PrivateKey::hs256(std::string(32, '\0')).value())) ==
        "the token's signature is wrong");
  CHECK(verdict(verifier({.type = "at+jwt"}), token(R"({"alg":"HS256","typ":"AT+JWT"})", payload)) == "ok");
  CHECK(verdict(verifier({.type = "at+jwt"}), token(kHeader, payload)) == "the token is of another type");
  CHECK(verdict(verifier({.type = "at+jwt"}), token(R"({"alg":"HS256"})", payload)) == "the token is of another type");
}

TEST_CASE("auth: a token is good from nbf to exp, give or take the leeway") {
  struct Case {
    std::string claims;
    std::string_view verdict;
  };
  const std::string soon = R"("exp":)" + in(60s);
  const Case cases[] = {
      {R"("exp":)" + in(-25s), "ok"},
      {R"("exp":)" + in(-35s), "the token has expired"},
      {R"("exp":)" + in(60s) + ".5", "ok"},
      {R"("exp":1e400)", "the token's claims are malformed"},
      {R"("exp":-1)", "the token has expired"},
      {R"("exp":")" + in(60s) + "\"", "the token's claims are malformed"},
      {R"("exp":null)", "the token's claims are malformed"},
      {R"("nbf":0)", "the token does not say when it expires"},
      {soon + R"(,"nbf":)" + in(25s), "ok"},
      {soon + R"(,"nbf":)" + in(35s), "the token is not valid yet"},
      {soon + R"(,"nbf":null)", "the token's claims are malformed"},
      {soon + R"(,"iat":)" + in(25s), "ok"},
      {soon + R"(,"iat":)" + in(35s), "the token was made in the future"},
      {soon + "," + soon, "the token's claims are malformed"},
      {soon + R"(,"iss":null)", "the token's claims are malformed"},
      {soon + R"(,"iss":7)", "the token's claims are malformed"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.claims);
    CHECK(verdict(verifier(), token(kHeader, R"({"sub":"7",)" + row.claims + "}")) == row.verdict);
  }
  CHECK(verdict(verifier({.expiry = auth::Expiry::Optional}), token(kHeader, R"({"sub":"7"})")) == "ok");
  CHECK(verdict(verifier(), token(kHeader, "{" + soon + "}")) == "the token's claims are not the expected ones");
  CHECK(verdict(verifier(), token(kHeader, "[]")) == "the token's claims are malformed");
  CHECK(verdict(verifier(), token(kHeader, R"({"sub":"7","sub":"8",)" + soon + "}")) ==
        "the token's claims are malformed");
}

TEST_CASE("auth: a token is for the audiences it names, and for nobody else") {
  const std::string rest = R"("sub":"7","exp":)" + in(60s) + "}";
  struct Case {
    std::string_view aud;
    bool taken;
  };
  for (const Case& row : {Case{R"("shop")", true}, {R"(["bank","shop"])", true}, {R"("bank")", false}, {"[]", false},
                          {R"("Shop")", false}, {R"("shop ")", false}, {"null", false}, {"7", false},
                          {R"([["shop"]])", false}, {R"({"shop":1})", false}}) {
    CAPTURE(row.aud);
    const std::string made = token(kHeader, R"({"aud":)" + std::string(row.aud) + "," + rest);
    CHECK((verdict(verifier({.audience = "shop"}), made) == "ok") == row.taken);
    CHECK(verdict(verifier(), made) != "ok");
  }
  CHECK(verdict(verifier({.audience = "shop"}), token(kHeader, "{" + rest)) == "the token is for another audience");
}
