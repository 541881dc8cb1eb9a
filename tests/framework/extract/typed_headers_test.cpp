#include <rondeau/extract/typed_headers.h>

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/dispatch.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Asked;
using support::body;
using support::status;

namespace {

std::string listed(const std::vector<typed::Weighted>& items) {
  std::string text;
  for (const auto& item : items) text += item.value + ":" + std::to_string(item.quality) + " ";
  return text;
}

/// A field of this test's own.
struct Tenant {
  static constexpr std::string_view kField = "x-tenant";
  static constexpr bool kSingle = true;
  static std::optional<Tenant> parse(std::string_view value) {
    return value == "bad" ? std::nullopt : std::optional(Tenant{std::string(value)});
  }
  std::string name;
};

}  // namespace

TEST_CASE("extract: a typed header is absent, malformed or given twice by name") {
  Router<> router;
  router.get<"/">([](typed::Authorization authorization) { return authorization.scheme; });
  router.get<"/own">([](std::optional<Tenant> tenant) { return tenant ? tenant->name : "none"; });
  router.get<"/accept">([](typed::Accept accept) { return listed(accept.ranges); });
  Asked app(router);
  CHECK(body(app.get("/", {{"authorization", "Basic YTpi"}})) == "basic");
  CHECK(status(app.get("/")) == 400);
  CHECK(body(app.get("/")).find("\"authorization\"") != std::string::npos);
  const Response twice = app.get("/", {{"authorization", "Basic a"}, {"authorization", "Basic b"}});
  CHECK(status(twice) == 400);
  CHECK(body(twice).find("repeated") != std::string::npos);
  CHECK(body(app.get("/own")) == "none");
  CHECK(body(app.get("/own", {{"X-Tenant", "a"}})) == "a");
  const Response bad = app.get("/own", {{"x-tenant", "bad"}});
  CHECK(status(bad) == 400);
  CHECK(body(bad).find("\"x-tenant\"") != std::string::npos);
  CHECK(body(bad).find("malformed") != std::string::npos);
  CHECK(body(app.get("/accept", {{"accept", "text/html;q=0.5"}, {"accept", "a/b"}})) == "a/b:1000 text/html:500 ");
}

TEST_CASE("extract: Content-Type has a type and parameters") {
  const auto type = typed::ContentType::parse("Text/HTML; Charset=\"utf-8\"; x=y");
  REQUIRE(type);
  CHECK(type->is("text/html"));
  CHECK(type->parameter("charset") == "utf-8");
  CHECK(type->parameter("X") == "y");
  CHECK(!type->parameter("z"));
  for (const char* wrong :
       {"", "text", "text/", "/html", "*/*", "text/*", "text/html;", "text/html; a", "text/html; a=1; A=2", "a b/c"}) {
    CHECK_MESSAGE(!typed::ContentType::parse(wrong), wrong);
  }
}

TEST_CASE("extract: a Content-Type with too many parameters, and a list of any length, are read in their time") {
  std::string many = "a/b";
  for (int i = 0; i < 64; ++i) many += ";p" + std::to_string(i) + "=x";
  CHECK(typed::ContentType::parse(many)->parameters.size() == 64);
  CHECK_FALSE(typed::ContentType::parse(many + ";q=x"));
  std::string list;
  for (int i = 0; i < 1000; ++i) list += "a" + std::to_string(i) + (i % 2 == 0 ? ";q=0.5," : ",");
  const auto accept = typed::AcceptEncoding::parse(list);
  REQUIRE(accept->codings.size() == 1000);
  CHECK(accept->codings.front().value == "a1");
  CHECK(accept->codings[499].value == "a999");
  CHECK(accept->codings[500].value == "a0");
  CHECK(accept->codings.back().value == "a998");
}

TEST_CASE("extract: Accept is sorted by weight, then by how specific it is") {
  const auto accept = typed::Accept::parse("*/*;q=0.5, text/*;q=0.5, Text/HTML, a/b;q=0, c/d ;q=0.5");
  REQUIRE(accept);
  CHECK(listed(accept->ranges) == "text/html:1000 c/d:500 text/*:500 */*:500 a/b:0 ");
  CHECK(accept->quality_of("text/html") == 1000);
  CHECK(accept->quality_of("text/css") == 500);
  CHECK(accept->quality_of("a/b") == 0);
  CHECK(accept->quality_of("image/png") == 500);
  CHECK(accept->best_of({"image/png", "text/html"}) == "text/html");
  CHECK(accept->best_of({"image/png", "text/css"}) == "image/png");
  CHECK(!accept->best_of({"a/b"}));
  CHECK(typed::Accept::parse("")->ranges.empty());
  for (const char* wrong :
       {"text", "*/html", "text/html;q=2", "text/html;q=0.1234", "text/html;q=", "text/html;q=a", "/"}) {
    CHECK_MESSAGE(!typed::Accept::parse(wrong), wrong);
  }
  CHECK(typed::Accept::parse("text/html;q=0.000")->quality_of("text/html") == 0);
}

TEST_CASE("extract: Accept-Encoding knows what identity means (RFC 9110 §12.5.3)") {
  const auto some = typed::AcceptEncoding::parse("br;q=0.5, GZIP, *;q=0.1");
  REQUIRE(some);
  CHECK(listed(some->codings) == "gzip:1000 br:500 *:100 ");
  CHECK(some->quality_of("zstd") == 100);
  CHECK(some->quality_of("identity") == 100);
  CHECK(typed::AcceptEncoding::parse("gzip")->quality_of("identity") == 1000);
  CHECK(typed::AcceptEncoding::parse("gzip")->quality_of("br") == 0);
  CHECK(typed::AcceptEncoding::parse("identity;q=0")->quality_of("identity") == 0);
  CHECK(typed::AcceptEncoding::parse("*;q=0")->quality_of("identity") == 0);
  CHECK(!typed::AcceptEncoding::parse("g zip"));
}

TEST_CASE("extract: Accept-Language finds the tag the client likes best (RFC 4647)") {
  const auto language = typed::AcceptLanguage::parse("de-AT;q=0.9, en, *;q=0.1, fr;q=0");
  REQUIRE(language);
  CHECK(listed(language->ranges) == "en:1000 de-at:900 *:100 fr:0 ");
  CHECK(language->best_of({"de-AT", "en-GB"}) == "en-GB");
  CHECK(language->best_of({"de", "de-AT-1996"}) == "de-AT-1996");
  CHECK(language->best_of({"fr", "it"}) == "it");
  CHECK(!language->best_of({"fr-CA"}));
  CHECK(!typed::AcceptLanguage::parse("de")->best_of({"den", "en"}));
  for (const char* wrong : {"d1", "de-", "-de", "toolongtag", "de_AT", "de;q=5"}) {
    CHECK_MESSAGE(!typed::AcceptLanguage::parse(wrong), wrong);
  }
}

TEST_CASE("extract: entity tags are compared as their field says") {
  const auto match = typed::IfMatch::parse("\"a\", W/\"b\"");
  REQUIRE(match);
  CHECK(match->matches(EntityTag("a")));
  CHECK(!match->matches(EntityTag("b", TagStrength::Weak)));
  const auto none = typed::IfNoneMatch::parse("\"a\", W/\"b\"");
  REQUIRE(none);
  CHECK(none->matches(EntityTag("b")));
  CHECK(!none->matches(EntityTag("c")));
  CHECK(typed::IfMatch::parse("*")->any);
  CHECK(typed::ETag::parse("W/\"a\"")->tag == EntityTag("a", TagStrength::Weak));
  for (const char* wrong : {"", "a", "\"a", "*", "\"a\", \"b\"", "w/\"a\""}) {
    CHECK_MESSAGE(!typed::ETag::parse(wrong), wrong);
  }
  for (const char* wrong : {"", "a", "\"a", "*, \"a\"", "w/\"a\""})
    CHECK_MESSAGE(!typed::IfMatch::parse(wrong), wrong);
}

TEST_CASE("extract: dates, ranges, origins and the rest are what their RFCs say") {
  CHECK(typed::IfModifiedSince::parse("Sun, 06 Nov 1994 08:49:37 GMT")->time.time_since_epoch() == 784111777s);
  CHECK(!typed::IfUnmodifiedSince::parse("yesterday"));
  CHECK(typed::Range::parse("bytes=0-5,3-8,-1")->value == "bytes=0-5,3-8,-1");
  CHECK(typed::Range::parse("bytes=2-3")->of(10).ranges == std::vector<http::ByteRange>{{2, 3}});
  for (const char* wrong : {"", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=1", "bytes 0-1"}) {
    CHECK_MESSAGE(!typed::Range::parse(wrong), wrong);
  }
  CHECK(typed::Origin::parse("null")->is_null());
  const auto origin = typed::Origin::parse("HTTPS://Example.org:8443");
  REQUIRE(origin);
  CHECK(origin->scheme == "https");
  CHECK(origin->authority == "example.org:8443");
  for (const char* wrong :
       {"", "example.org", "https://", "://a", "https://a/", "https://a b", "Null", "https://u@h"}) {
    CHECK_MESSAGE(!typed::Origin::parse(wrong), wrong);
  }
  CHECK(typed::Forwarded::parse("for=_a;proto=http")->elements[0].proto == "http");
  CHECK(!typed::Forwarded::parse("for"));
  CHECK(typed::UserAgent::parse("curl/8")->value == "curl/8");
  CHECK(!typed::UserAgent::parse(""));
  CHECK(typed::Referer::parse("https://a.example/x?y")->value == "https://a.example/x?y");
  CHECK(!typed::Referer::parse("https://a.example/#x"));
  CHECK(typed::Authorization::parse("Bearer  x.y.z")->credentials == "x.y.z");
  CHECK(!typed::Authorization::parse("B@d x"));
}

TEST_CASE("extract: Cache-Control of a request is read (RFC 9111 §5.2.1)") {
  const auto control =
      typed::CacheControl::parse("No-Cache, max-age=60, max-stale, min-fresh=\"5\", x=\"a, b\", only-if-cached");
  REQUIRE(control);
  CHECK(control->no_cache);
  CHECK(!control->no_store);
  CHECK(control->only_if_cached);
  CHECK(control->max_age == 60s);
  CHECK(control->max_stale == std::chrono::seconds::max());
  CHECK(control->min_fresh == 5s);
  CHECK(typed::CacheControl::parse("max-age=99999999999999999999")->max_age == std::chrono::seconds(1LL << 31));
  for (const char* wrong : {"max-age", "max-age=", "max-age=-1", "max-age=1.5", "max-age=1, max-age=2", "a b", "=1"}) {
    CHECK_MESSAGE(!typed::CacheControl::parse(wrong), wrong);
  }
}
