#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/openapi/diff.h>
#include <rondeau/openapi/document.h>
#include <rondeau/testing/test_app.h>

#include "app.h"

using namespace rondeau;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("api: a client of openapi.json is served by these routes; rondeau openapi --write keeps it up to date") {
  const auto dispatcher = {{ns}}::routes({{ns}}::test_app()).build().value();
  const std::string now =
      rondeau::openapi::write_document(dispatcher->operations(), {.title = "{{name}}", .version = "0.1.0"}).value();
  const auto changes = rondeau::openapi::diff(text_of(PROJECT_FOLDER "/openapi.json"), now).value();
  for (const auto& change : changes) {
    CHECK_MESSAGE(!change.breaking, change.line());
  }
}

TEST_CASE("api: what nobody serves is a problem with 404") {
  TestApp app({{ns}}::routes({{ns}}::test_app()));
  const auto answer = app.get("/nowhere").send();
  CHECK(answer.status() == StatusCode::NotFound);
  CHECK(answer.header("content-type") == "application/problem+json");
}

TEST_CASE("api: the document is served over TCP as it is in the process") {
  TestApp memory({{ns}}::routes({{ns}}::test_app()));
  TestApp tcp({{ns}}::routes({{ns}}::test_app()), {.transport = rondeau::testing::Transport::Tcp});  // port 0
  const auto answer = tcp.get("/openapi.json").send();
  CHECK(answer.status() == StatusCode::Ok);
  CHECK(answer.body() == memory.get("/openapi.json").send().body());
}
{{#if template=minimal}}

TEST_CASE("api: it greets") {
  auto shared = {{ns}}::test_app();
  shared.greeting = "Good day";
  TestApp app({{ns}}::routes(shared));
  CHECK(app.get("/hello/Ann").send().body() == R"({"message":"Good day, Ann!"})");
}
{{/if}}
