#include "admin/doorkeeper.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;
using service::AdminScope;

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

/// What the server answers to a request with these fields and no other.
int status(TestApp& app, const Fields& fields, std::string_view method = "GET") {
  std::string text = std::string(method) + " / HTTP/1.1\r\n";
  for (const auto& [name, value] : fields) text.append(name).append(": ").append(value).append("\r\n");
  const std::string answer = app.wire(text + "\r\n");
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

Router<> page() {
  Router<> router;
  router.get<"/">([] { return "page"; });
  router.post<"/">([] { return "done"; });
  return router;
}

}  // namespace

TEST_CASE("admin: a Host field that a stranger can point at us gets nobody in") {
  Router<> router = page();
  router.layer(admin::Doorkeeper{{"metrics.internal"}});
  TestApp app(router);
  struct Case {
    std::string_view host;
    int status;
  };
  for (const Case& row : {
           Case{"127.0.0.1:9090", 200},
           Case{"10.1.2.3", 200},
           Case{"[::1]:9090", 200},
           Case{"[fe80::1]", 200},
           Case{"localhost", 200},
           Case{"LOCALHOST:80", 200},
           Case{"a.localhost:9090", 200},
           Case{"metrics.internal", 200},
           Case{"Metrics.Internal:9090", 200},
           Case{"evil.example", 421},
           Case{"evil.example:9090", 421},
           Case{"notlocalhost", 421},
           Case{"localhost.evil.example", 421},
           Case{"127.0.0.1.evil.example", 421},
           Case{"127.1", 421},
           Case{"0x7f000001", 421},
           Case{"2130706433", 421},
           Case{"x.metrics.internal", 421},
       }) {
    CAPTURE(row.host);
    CHECK(status(app, {{"host", row.host}}) == row.status);
    CHECK(status(app, {{"host", row.host}}, "POST") == row.status);
  }
}

TEST_CASE("admin: a page of another origin neither reads nor changes") {
  Router<> router = page();
  router.layer(admin::Doorkeeper{});
  TestApp app(router);
  struct Case {
    Fields fields;
    int status;
  };
  for (const Case& row : {
           Case{{}, 200},
           Case{{{"origin", "http://127.0.0.1:9090"}}, 200},
           Case{{{"origin", "http://127.0.0.1:9090"}, {"sec-fetch-site", "same-origin"}}, 200},
           Case{{{"sec-fetch-site", "none"}}, 200},
           Case{{{"origin", "http://127.0.0.1:9091"}}, 403},
           Case{{{"origin", "http://evil.example"}}, 403},
           Case{{{"origin", "null"}}, 403},
           Case{{{"origin", ""}}, 403},
           Case{{{"origin", "http://127.0.0.1:9090"}, {"origin", "http://127.0.0.1:9090"}}, 403},
           Case{{{"sec-fetch-site", "cross-site"}}, 403},
           Case{{{"sec-fetch-site", "same-site"}}, 403},
           Case{{{"origin", "http://127.0.0.1:9090"}, {"sec-fetch-site", "cross-site"}}, 403},
       }) {
    Fields fields = row.fields;
    fields.emplace_back("host", "127.0.0.1:9090");
    CAPTURE(row.fields.size());
    CHECK(status(app, fields) == row.status);
    CHECK(status(app, fields, "POST") == row.status);
  }
}

TEST_CASE("admin: what the scope keeps is for who shows the token, and for nobody where the scope is read") {
  struct Case {
    AdminScope scope;
    std::string_view token;
    Fields fields;
    int status;
  };
  for (const Case& row : {
           Case{AdminScope::full, "", {}, 200},
           Case{AdminScope::full, "", {{"authorization", "Bearer whatever"}}, 200},
           Case{AdminScope::full, "s3cret", {}, 401},
           Case{AdminScope::full, "s3cret", {{"authorization", "Bearer s3cret"}}, 200},
           Case{AdminScope::full, "s3cret", {{"authorization", "bearer s3cret"}}, 200},
           Case{AdminScope::full, "s3cret", {{"authorization", "Bearer s3cre"}}, 401},
           Case{AdminScope::full, "s3cret", {{"authorization", "Bearer s3crett"}}, 401},
           Case{AdminScope::full, "s3cret", {{"authorization", "Bearer  s3cret"}}, 401},
           Case{AdminScope::full, "s3cret", {{"authorization", "Bearer "}}, 401},
           Case{AdminScope::full, "s3cret", {{"authorization", "Basic s3cret"}}, 401},
           Case{AdminScope::full, "s3cret", {{"authorization", "s3cret"}}, 401},
           Case{AdminScope::read, "s3cret", {{"authorization", "Bearer s3cret"}}, 403},
           Case{AdminScope::read, "", {}, 403},
       }) {
    Router<> router = page();
    router.layer(admin::Keyholder{row.scope, Secret(std::string(row.token))});
    TestApp app(router);
    CAPTURE(row.status);
    Fields fields = row.fields;
    fields.emplace_back("host", "localhost");
    CHECK(status(app, fields) == row.status);
  }
}

TEST_CASE("admin: who shows no token is told which scheme it takes") {
  Router<> router = page();
  router.layer(admin::Keyholder{AdminScope::full, Secret(std::string("s3cret"))});
  TestApp app(router);
  const auto answer = app.get("/").send();
  CHECK(answer.status() == StatusCode::Unauthorized);
  CHECK(answer.header("www-authenticate") == "Bearer realm=\"admin\"");
  CHECK(answer.body().find("s3cret") == std::string::npos);
}
