#include <rondeau/rondeau.h>

#include <string>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::body;
using support::field;
using support::status;

namespace {

Response answer(const Problem& problem, support::Fields fields = {}, bool show_details = false) {
  Request request = support::make_request(Method::Get, "/links/7?secret=1", fields);
  request.set_request_id("r-1");
  request.block().show_details = show_details;
  return problem.into_response(request);
}

}  // namespace

TEST_CASE("response: a problem has the members of RFC 9457 and those of the application") {
  const Response response =
      answer(problem(StatusCode::Conflict, "that alias is \"taken\"").with("alias", "x").with("tries", 3));
  CHECK(status(response) == 409);
  CHECK(field(response, "content-type") == "application/problem+json");
  CHECK(body(response) == R"({"type":"about:blank","title":"Conflict","status":409,"detail":"that alias is \"taken\"",)"
                          R"("instance":"/links/7","alias":"x","tries":3,"request_id":"r-1"})");
}

TEST_CASE("response: type, title, errors and fields of a problem may be set") {
  const Response response = answer(problem(StatusCode::TooManyRequests)
                                       .type("https://example.org/slow")
                                       .title("Slow down")
                                       .header(HeaderName::RetryAfter, "5")
                                       .error({"body", "/url", "type", "must be a text"}));
  CHECK(field(response, "retry-after") == "5");
  CHECK(body(response) ==
        R"({"type":"https://example.org/slow","title":"Slow down","status":429,"instance":"/links/7",)"
        R"("errors":[{"in":"body","pointer":"/url","code":"type","message":"must be a text"}],"request_id":"r-1"})");
}

TEST_CASE("response: a 5xx tells its detail in development only") {
  const Problem inner = problem(StatusCode::InternalServerError, "connect 10.0.0.7:5432").with("table", "links");
  CHECK(body(answer(inner)).find("10.0.0.7") == std::string::npos);
  CHECK(body(answer(inner)).find("links\"") == std::string::npos);
  CHECK(body(answer(inner, {}, true)).find("10.0.0.7") != std::string::npos);
  CHECK(body(answer(inner, {{"accept", "text/plain"}})).find("10.0.0.7") == std::string::npos);
}

TEST_CASE("response: a problem comes in the form the client prefers") {
  struct Case {
    std::string_view accept;
    std::string_view type;
  };
  constexpr std::string_view kJson = "application/problem+json";
  constexpr std::string_view kHtml = "text/html; charset=utf-8";
  constexpr std::string_view kText = "text/plain; charset=utf-8";
  const Case cases[] = {
      {"*/*", kJson},
      {"application/json", kJson},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", kHtml},
      {"text/plain", kText},
      {"text/plain;q=0.5, application/problem+json", kJson},
      {"application/json;q=0.1, text/html;q=0.2", kHtml},
      {"text/html;q=0", kJson},
      {"text/html; q=0.1, application/json", kJson},
      {"text/html;level=1 ; Q=0.1, application/json;q=0.2", kJson},
      {"image/png", kJson},
      {"TEXT/PLAIN", kText},
  };
  for (const Case& row : cases) {
    CAPTURE(row.accept);
    CHECK(field(answer(problem(StatusCode::NotFound), {{"accept", row.accept}}), "content-type") == row.type);
  }
}

TEST_CASE("response: text of a problem is escaped in HTML") {
  const std::string html =
      body(answer(problem(StatusCode::Conflict, "<script>&\"").error({"body", "/<b>", "type", "must be <i>"}),
                  {{"accept", "text/html"}}));
  CHECK(html.find("<script>") == std::string::npos);
  CHECK(html.find("<b>") == std::string::npos);
  CHECK(html.find("&lt;script&gt;&amp;&#34;") != std::string::npos);
  CHECK(html.find("request r-1") != std::string::npos);
}

TEST_CASE("response: what went wrong inside is told to nobody but a peer on this machine that asked it by a local name") {
  const struct {
    const char* peer;
    const char* host;
    const char* proxy;  // a field that a proxy sets
    bool told;
  } cases[] = {
      {"127.0.0.1:5000", "localhost:8080", nullptr, true},
      {"[::1]:5000", "[::1]:8080", nullptr, true},
      {"127.0.0.1:5000", "127.0.0.1", nullptr, true},
      {"10.0.0.7:5000", "localhost", nullptr, false},
      {"127.0.0.1:5000", "example.org", nullptr, false},
      {"127.0.0.1:5000", "localhost", "x-forwarded-for", false},
      {"127.0.0.1:5000", "localhost", "forwarded", false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.peer);
    CAPTURE(row.host);
    const char* proxy = row.proxy != nullptr ? row.proxy : "x-other";
    Request request = support::make_request(Method::Get, "/", {{"host", row.host}, {proxy, "for=10.0.0.7"}});
    const SocketAddress peer = SocketAddress::parse(row.peer).value();
    request.block().show_details = true;
    request.block().peer = &peer;
    const Response response = problem(StatusCode::InternalServerError, "why").into_response(request);
    CHECK((body(response).find("why") != std::string::npos) == row.told);
  }
}
