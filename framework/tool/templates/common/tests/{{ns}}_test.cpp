{{#if store}}
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/testing/contract.h>
#include <rondeau/testing/test_app.h>

#include "app.h"

using namespace rondeau;
using {{ns}}::Item;

namespace {

/// Each answer of these tests is held against the document.
struct Asking {
  std::shared_ptr<Contract> contract = Contract::of({{ns}}::routes({{ns}}::test_app()));
  TestApp app{{{ns}}::routes({{ns}}::test_app()), {.contract = contract}};

  rondeau::testing::TestResponse create(std::string json) {
    return app.post("/{{name}}").header("content-type", "application/json").body(std::move(json)).send();
  }
  rondeau::testing::TestResponse change(const std::string& path, std::string json) {
    return app.put(path).header("content-type", "application/json").body(std::move(json)).send();
  }
};

}  // namespace

TEST_CASE("{{name}}: an item is created, shown, changed and deleted") {
  Asking service;
  const auto created = service.create(R"({"name":"ink","quantity":3})");
  REQUIRE(created.status() == StatusCode::Created);
  const Item ink = created.json<Item>();
  const std::string path = "/{{name}}/" + std::to_string(ink.id);
  CHECK(created.header("location") == path);
  CHECK(ink.name == "ink");
  CHECK(ink.quantity == 3);
  CHECK(service.app.get(path).send().body() == created.body());

  CHECK(service.change(path, R"({"name":"red ink"})").json<Item>().quantity == 1);
  CHECK(service.app.get(path).send().json<Item>().name == "red ink");

  CHECK(service.app.del(path).send().status() == StatusCode::NoContent);
  CHECK(service.app.get(path).send().status() == StatusCode::NotFound);
  CHECK(service.app.del(path).send().status() == StatusCode::NotFound);
  CHECK(service.change(path, R"({"name":"ink"})").status() == StatusCode::NotFound);
}

TEST_CASE("{{name}}: a list comes page by page") {
  Asking service;
  for (const char* name : {"a", "b", "c"}) service.create(R"({"name":")" + std::string(name) + R"("})");
  const auto first = service.app.get("/{{name}}?limit=2").send().json<std::vector<Item>>();
  REQUIRE(first.size() == 2);
  CHECK(first[1].name == "b");
  const std::string next = "/{{name}}?limit=2&after=" + std::to_string(first[1].id);
  const auto second = service.app.get(next).send().json<std::vector<Item>>();
  REQUIRE(second.size() == 1);
  CHECK(second[0].name == "c");
}

TEST_CASE("{{name}}: a name that is taken is a conflict") {
  Asking service;
  CHECK(service.create(R"({"name":"ink"})").status() == StatusCode::Created);
  CHECK(service.create(R"({"name":"ink"})").status() == StatusCode::Conflict);
}

TEST_CASE("{{name}}: what breaks a rule is told, and nothing is stored") {
  Asking service;
  for (const char* body : {R"({})", R"({"name":""})", R"({"name":"ink","quantity":-1})", R"({"name":7})"}) {
    CAPTURE(body);
    CHECK(service.create(body).status() == StatusCode::UnprocessableContent);
  }
  CHECK(service.create("{").status() == StatusCode::BadRequest);
  CHECK(service.app.get("/{{name}}?limit=0").send().status() == StatusCode::BadRequest);
  CHECK(service.app.get("/{{name}}/x").send().status() == StatusCode::BadRequest);
  CHECK(service.app.get("/{{name}}").send().body() == "[]");
}

TEST_CASE("{{name}}: a store that is full is told as such") {
  Asking service;
  for (const char* name : {"a", "b", "c", "d", "e"}) service.create(R"({"name":")" + std::string(name) + R"("})");
  CHECK(service.create(R"({"name":"f"})").status() == StatusCode::ServiceUnavailable);
}
{{/if}}
