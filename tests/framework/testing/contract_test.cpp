#include <rondeau/testing/contract.h>

#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;

namespace {

struct Item {
  std::string name;
  Ranged<int, 1, 100> count = Ranged<int, 1, 100>::make_unchecked(1);
};

/// It says nothing of what it answers.
Response free_form(int status, std::string_view type, std::string body) {
  Response response = Response::text(std::move(body));
  response.set_status(static_cast<StatusCode>(status));
  response.header("content-type", type);
  return response;
}

/// It keeps to what it says.
Router<> routes() {
  Router<> app;
  app.get<"/items/{id}">([](Path<"id"> id) -> std::optional<Json<Item>> {
    if (*id == "none") return std::nullopt;
    return Json{Item{*id}};
  });
  app.post<"/items">([](Json<Item> item) { return Created{Json{*item}, "/items/" + item->name}; });
  app.del<"/items/{id}">([](Path<"id">) { return NoContent{}; });
  app.get<"/files/{*rest}">([](Path<"rest"> rest) { return Json{Item{*rest}}; });
  return app;
}

/// Gives answers that the contract of routes() was not made for.
Router<> liar() {
  Router<> app;
  app.get<"/items/{id}">([](Path<"id"> id) {
    if (*id == "teapot") return free_form(418, "text/plain", "short and stout");
    if (*id == "text") return free_form(200, "text/plain", "no JSON");
    if (*id == "broken") return free_form(200, "application/json", "{");
    if (*id == "zero") return free_form(200, "application/json", R"({"name":"x","count":0})");
    if (*id == "people") return free_form(404, "text/html; charset=utf-8", "<p>none</p>");
    return free_form(200, "application/json; charset=utf-8", R"({"name":"x","count":1})");
  });
  app.del<"/items/{id}">([](Path<"id">) { return free_form(200, "text/plain", "gone"); });
  return app;
}

}  // namespace

TEST_CASE("testing: what a service says of itself covers what it answers") {
  TestApp app(routes());
  CHECK(app.openapi().covers(app.get("/items/a").send()));
  CHECK(app.openapi().covers(app.get("/items/none").send()));
  CHECK(app.openapi().covers(app.head("/items/a?x=1").send()));
  CHECK(app.openapi().covers(app.post("/items").json(Item{"a"}).send()));
  CHECK(app.openapi().covers(app.post("/items").header("content-type", "text/plain").body("x").send()));
  CHECK(app.openapi().covers(app.post("/items").header("content-type", "application/json").body("{}").send()));
  CHECK(app.openapi().covers(app.del("/items/a").send()));
  CHECK(app.openapi().covers(app.get("/files/a/b").send()));
}

TEST_CASE("testing: an answer that the document does not have is told with what it does have") {
  const auto contract = Contract::of(routes());
  TestApp app(liar());
  const auto objection = [&](std::string_view path) { return contract->covers(app.get(path).send()).objection; };
  CHECK(objection("/items/a") == "");
  CHECK(objection("/items/people") == "");
  CHECK(objection("/items/teapot") == "GET /items/{id} answered 418: it is none of 200, 400, 404");
  CHECK(objection("/items/text") ==
        "GET /items/{id} answered 200: its content type text/plain, where the document has application/json");
  CHECK(objection("/items/broken") == "GET /items/{id} answered 200: the body is no JSON");
  CHECK(objection("/items/zero") == "GET /items/{id} answered 200: /count: is below 1");
  CHECK(objection("/nobody") == "the document has no operation for GET /nobody");
  CHECK(objection("/items/%zz") == "the document has no operation for GET /items/%zz");
  CHECK(contract->covers(app.del("/items/a").send()).objection ==
        "DELETE /items/{id} answered 200: it is none of 204, 400");
  std::ostringstream told;
  told << contract->covers(app.get("/items/broken").send());
  CHECK(told.str() == "GET /items/{id} answered 200: the body is no JSON");
}

TEST_CASE(
    "testing: where a contract is given send() throws for what it does not allow, and leaves alone what is not its") {
  TestApp app(liar(), {.contract = Contract::of(routes())});
  CHECK(app.get("/items/a").send().status() == StatusCode::Ok);
  CHECK(app.get("/nobody").send().status() == StatusCode::NotFound);
  CHECK_THROWS_WITH_AS(app.get("/items/teapot").send(),
                       "TestApp: GET /items/{id} answered 418: it is none of 200, 400, 404", std::runtime_error);
}

TEST_CASE("testing: a contract tells which operations and statuses nobody met") {
  const auto contract = Contract::of(routes());
  CHECK(contract->unmet() ==
        std::vector<std::string>{"GET /items/{id}", "POST /items", "DELETE /items/{id}", "GET /files/{rest}"});
  TestApp one(routes(), {.contract = contract});
  one.get("/items/a").send();
  one.del("/items/a").send();
  CHECK(contract->unmet() == std::vector<std::string>{"GET /items/{id}: 400", "GET /items/{id}: 404", "POST /items",
                                                      "DELETE /items/{id}: 400", "GET /files/{rest}"});
  TestApp other(routes(), {.contract = contract});
  other.get("/items/none").send();
  other.get("/items/%ff").send();
  other.del("/items/%ff").send();
  other.get("/files/x/y").send();
  CHECK(contract->unmet() == std::vector<std::string>{"POST /items", "GET /files/{rest}: 400"});
}
