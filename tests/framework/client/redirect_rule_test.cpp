#include "client/redirect_rule.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace rondeau;
using client::RedirectAction;
using client::RedirectedRequest;
using client::RedirectRule;
using client::RedirectStep;
using client::RedirectVerdict;

namespace {

RedirectedRequest request_to(std::string_view url, Method method = Method::Get) {
  return {.method = method, .url = Url::parse(url).value(), .headers = {}};
}

Headers location(std::string_view value) {
  Headers headers;
  REQUIRE(headers.set(HeaderName::Location, value));
  return headers;
}

RedirectStep one_step(RedirectedRequest& request, int status, std::string_view to, RedirectPolicy policy = {}) {
  RedirectRule rule(std::move(policy));
  return rule.step(request, static_cast<StatusCode>(status), location(to), false);
}

}  // namespace

TEST_CASE("redirect: the status says which method comes next, and whether the body goes along") {
  struct Case {
    int status;
    Method method;
    Method next;
    bool body;  // is still there
  };
  static constexpr Case kTable[] = {
      {301, Method::Get, Method::Get, true},       {301, Method::Head, Method::Head, true},
      {301, Method::Post, Method::Get, false},     {301, Method::Put, Method::Put, true},
      {301, Method::Delete, Method::Delete, true}, {302, Method::Post, Method::Get, false},
      {302, Method::Patch, Method::Patch, true},   {302, Method::Get, Method::Get, true},
      {303, Method::Get, Method::Get, true},       {303, Method::Head, Method::Head, true},
      {303, Method::Post, Method::Get, false},     {303, Method::Put, Method::Get, false},
      {303, Method::Delete, Method::Get, false},   {303, Method::Options, Method::Get, false},
      {307, Method::Get, Method::Get, true},       {307, Method::Post, Method::Post, true},
      {308, Method::Post, Method::Post, true},     {308, Method::Put, Method::Put, true},
  };
  for (const Case& row : kTable) {
    CAPTURE(row.status);
    CAPTURE(http::to_string(row.method));
    RedirectedRequest request = request_to("http://a/", row.method);
    request.has_body = request.body_replayable = true;
    REQUIRE(request.headers.set(HeaderName::ContentType, "text/plain"));
    REQUIRE(one_step(request, row.status, "/b").verdict == RedirectVerdict::Follow);
    CHECK(request.method == row.next);
    CHECK(request.url.text() == "http://a/b");
    CHECK(request.has_body == row.body);
    CHECK(request.headers.contains(HeaderName::ContentType) == row.body);
  }
}

TEST_CASE("redirect: other statuses, and those without a Location, are results") {
  for (const int status : {200, 201, 204, 300, 304, 305, 306, 399, 400, 503}) {
    RedirectedRequest request = request_to("http://a/");
    CHECK(one_step(request, status, "/b").verdict == RedirectVerdict::Result);
    CHECK(request.url.text() == "http://a/");
  }
  RedirectedRequest request = request_to("http://a/");
  RedirectRule rule({});
  for (const int status : {301, 302, 303, 307, 308}) {
    CHECK(rule.step(request, static_cast<StatusCode>(status), {}, false).verdict == RedirectVerdict::Result);
  }
  CHECK(one_step(request, 302, "/b", RedirectPolicy::none()).verdict == RedirectVerdict::Result);
  CHECK(one_step(request, 302, "ftp://b/", RedirectPolicy::none()).verdict == RedirectVerdict::Result);
}

TEST_CASE("redirect: a Location that is not to be followed is an error") {
  struct Case {
    std::string_view from;
    std::string_view to;
    std::string_view why;
  };
  static constexpr Case kTable[] = {
      {"http://a/", "file:///etc/passwd", "scheme"},
      {"http://a/", "javascript:alert(1)", "scheme"},
      {"http://a/", "ftp://a/b", "scheme"},
      {"http://a/", "http://user:s3cret@b/", "user information"},
      {"http://a/", "http://", "host"},
      {"http://a/", "/b c", "space"},
      {"http://a/", "/%", "%"},
      {"http://a/", "//127.1/", "IPv4"},
      {"https://a/", "http://a/", "from https to http://a/"},
      {"https://a/?token=s3cret", "http://b/?key=s3cret", "from https to http://b/?key=***"},
  };
  for (const Case& row : kTable) {
    CAPTURE(row.to);
    RedirectedRequest request = request_to(row.from);
    const RedirectStep step = one_step(request, 302, row.to);
    CHECK(step.verdict == RedirectVerdict::Refused);
    CAPTURE(step.why);
    CHECK(step.why.find(row.why) != std::string::npos);
    CHECK(step.why.find("s3cret") == std::string::npos);
    CHECK(request.url.text() == row.from);
  }

  RedirectedRequest request = request_to("http://a/");
  RedirectRule rule({});
  Headers two = location("/b");
  REQUIRE(two.append(HeaderName::Location, "/b"));
  CHECK(rule.step(request, StatusCode::Found, two, false).verdict == RedirectVerdict::Refused);

  RedirectedRequest secure = request_to("https://a/");
  CHECK(one_step(secure, 302, "http://a/", {.allow_downgrade = true}).verdict == RedirectVerdict::Follow);
}

TEST_CASE("redirect: a body that cannot be sent again ends the call, unless it is left behind") {
  RedirectedRequest request = request_to("http://a/", Method::Post);
  request.has_body = true;
  for (const int status : {307, 308}) {
    CHECK(one_step(request, status, "/b").verdict == RedirectVerdict::BodyNotReplayable);
  }
  RedirectedRequest put = request_to("http://a/", Method::Put);
  put.has_body = true;
  CHECK(one_step(put, 302, "/b").verdict == RedirectVerdict::BodyNotReplayable);
  CHECK(one_step(request, 302, "/b").verdict == RedirectVerdict::Follow);
  RedirectedRequest bare = request_to("http://a/", Method::Post);
  CHECK(one_step(bare, 307, "/b").verdict == RedirectVerdict::Follow);
}

TEST_CASE("redirect: fields about the body go with it, the others stay") {
  RedirectedRequest request = request_to("http://a/", Method::Post);
  for (const std::string_view name :
       {"Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Location", "Content-Digest",
        "Digest", "Last-Modified", "Transfer-Encoding", "Expect", "Accept", "X-Content-Type", "Idempotency-Key"}) {
    REQUIRE(request.headers.set(name, "x"));
  }
  REQUIRE(one_step(request, 303, "/b").verdict == RedirectVerdict::Follow);
  CHECK(request.headers.size() == 2);
  CHECK(request.headers.contains("Accept"));
  CHECK(request.headers.contains("X-Content-Type"));
}

TEST_CASE("redirect: another origin sees no secrets, and none come back with the first") {
  for (const std::string_view other : {"https://b/", "https://a:8443/", "http://a/", "https://x.a/", "https://a./"}) {
    CAPTURE(other);
    RedirectedRequest request = request_to("https://a/");
    for (const std::string_view name : {"Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "WWW-Authenticate",
                                        "Origin", "X-Token", "x-other", "Accept", "Idempotency-Key"}) {
      REQUIRE(request.headers.set(name, "x"));
    }
    request.secret_fields = {"x-token", "X-Other"};
    request.authority = "internal";
    RedirectRule rule({.allow_downgrade = true});
    REQUIRE(rule.step(request, StatusCode::Found, location("/here"), false).verdict == RedirectVerdict::Follow);
    CHECK(request.headers.size() == 10);
    CHECK(request.authority == "internal");
    REQUIRE(rule.step(request, StatusCode::Found, location(other), false).verdict == RedirectVerdict::Follow);
    CHECK(request.headers.size() == 1);
    CHECK(request.headers.contains("Accept"));
    CHECK(!request.authority);
    REQUIRE(rule.step(request, StatusCode::Found, location("https://a/back"), false).verdict ==
            RedirectVerdict::Follow);
    CHECK(request.headers.size() == 1);
    CHECK(rule.hops() == 3);
  }
}

TEST_CASE("redirect: an idempotency key stays while method and origin do") {
  RedirectedRequest request = request_to("http://a/", Method::Post);
  REQUIRE(request.headers.set(HeaderName::IdempotencyKey, "k"));
  REQUIRE(one_step(request, 307, "/b").verdict == RedirectVerdict::Follow);
  CHECK(request.headers.contains(HeaderName::IdempotencyKey));
  REQUIRE(one_step(request, 308, "http://b/").verdict == RedirectVerdict::Follow);
  CHECK(!request.headers.contains(HeaderName::IdempotencyKey));
}

TEST_CASE("redirect: hops are counted, and the error tells the way") {
  RedirectedRequest request = request_to("http://a/0?key=s3cret");
  RedirectRule rule(RedirectPolicy::limited(2));
  CHECK(rule.step(request, StatusCode::Found, location("/1"), false).verdict == RedirectVerdict::Follow);
  CHECK(rule.step(request, StatusCode::Found, location("/2"), false).verdict == RedirectVerdict::Follow);
  const RedirectStep step = rule.step(request, StatusCode::Found, location("/3"), false);
  CHECK(step.verdict == RedirectVerdict::TooMany);
  CHECK(step.why == "redirect: more than 2, on to http://a/3 (http://a/0?key=*** → http://a/1 → http://a/2)");
  CHECK(request.url.text() == "http://a/2");
}

TEST_CASE("redirect: a circle is seen at once, unless cookies have changed") {
  for (const std::string_view to : {"", "/a", "/a#b", "http://h/a"}) {
    RedirectedRequest request = request_to("http://h/a");
    CHECK(one_step(request, 302, to).verdict == RedirectVerdict::TooMany);
  }
  RedirectedRequest request = request_to("http://h/a");
  RedirectRule rule({});
  CHECK(rule.step(request, StatusCode::Found, location("/b"), false).verdict == RedirectVerdict::Follow);
  CHECK(rule.step(request, StatusCode::Found, location("/a"), true).verdict == RedirectVerdict::Follow);
  CHECK(rule.step(request, StatusCode::Found, location("/b"), false).verdict == RedirectVerdict::Follow);
  CHECK(rule.step(request, StatusCode::Found, location("/a"), false).verdict == RedirectVerdict::TooMany);

  RedirectedRequest post = request_to("http://h/a", Method::Post);
  CHECK(one_step(post, 303, "/a").verdict == RedirectVerdict::Follow);  // it is a GET now
}

TEST_CASE("redirect: a policy of one's own decides about what the rules allow, and sees what would be asked") {
  RedirectAction action = RedirectAction::Stop;
  std::string seen;
  const RedirectPolicy policy = RedirectPolicy::custom([&](const client::RedirectHop& hop) {
    seen = std::to_string(hop.number) + " " + std::to_string(http::code(hop.status)) + " " +
           std::string(http::to_string(hop.method)) + " " + hop.from.text() + " " + hop.to.text() +
           (hop.same_origin() ? " same" : " other");
    return action;
  });
  RedirectedRequest request = request_to("http://a/", Method::Post);
  CHECK(one_step(request, 303, "http://b/", policy).verdict == RedirectVerdict::Result);
  CHECK(seen == "1 303 GET http://a/ http://b/ other");
  action = RedirectAction::Refuse;
  CHECK(one_step(request, 303, "/c", policy).verdict == RedirectVerdict::Refused);
  CHECK(seen == "1 303 GET http://a/ http://a/c same");
  action = RedirectAction::Follow;
  seen.clear();
  CHECK(one_step(request, 303, "file:///", policy).verdict == RedirectVerdict::Refused);
  CHECK(seen.empty());
  CHECK(one_step(request, 303, "/c", policy).verdict == RedirectVerdict::Follow);
}
