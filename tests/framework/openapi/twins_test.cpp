// Routes of one path and method that conditions tell apart, as one operation of a document.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <rondeau/auth/login.h>
#include <rondeau/openapi/document.h>
#include <rondeau/rondeau.h>
#include <rondeau/store/memory_store.h>

namespace {

using nlohmann::json;
using namespace rondeau;

struct Circle {
  int radius = 1;
};
struct Square {
  int side = 1;
};
struct Paging {
  int page = 1;
  int size = 20;
};
struct WidePaging {
  int page = 1;
  int size = 100;
  int before = 7;
};
struct Known {
  std::string name;
};

/// Asks for a scheme of that name.
struct Asks {
  std::string name;
  std::vector<std::string> scopes = {};
  bool optional = false;

  std::optional<Response> before(Request&) const { return std::nullopt; }
  void describe(schema::Operation& operation) const {
    operation.secured_by({.name = name, .scopes = scopes});
    operation.optional_security = optional;
  }
};

template <class App>
json document_of(const Router<App>& router) {
  const auto built = router.build();
  REQUIRE_MESSAGE(built.has_value(), built.error().message());
  const auto text = openapi::write_document((*built)->operations(), {.title = "T", .version = "1"});
  REQUIRE_MESSAGE(text.has_value(), text.error().message());
  return json::parse(*text);
}

TEST_CASE("openapi: twins are one operation with the bodies and answers of all") {
  Router<> app;
  app.post<"/shapes">([](Json<Circle>) { return Created{Json<Circle>{}, "/1"}; }).accepts("application/json");
  app.post<"/shapes">([](Form<Square>) { return Json<Square>{}; })
      .accepts("application/x-www-form-urlencoded")
      .summary("Adds a shape");
  app.post<"/shapes">([](std::string) { return "?"; }).hidden().accepts("text/plain");
  app.post<"/shapes/{id}">([](Path<"id">) { return "another"; });
  const json all = document_of(app);
  REQUIRE(all["paths"].size() == 2);
  REQUIRE(all["paths"]["/shapes"].size() == 1);
  const json& operation = all["paths"]["/shapes"]["post"];
  CHECK(operation["summary"] == "Adds a shape");
  CHECK(operation["operationId"] == "post_shapes");
  CHECK(operation["requestBody"]["required"] == true);
  const json& content = operation["requestBody"]["content"];
  CHECK(content.size() == 2);
  CHECK(content["application/json"]["schema"]["$ref"] == "#/components/schemas/Circle");
  CHECK(content["application/x-www-form-urlencoded"]["schema"]["$ref"] == "#/components/schemas/Square");
  CHECK(operation["responses"]["201"]["content"]["application/json"]["schema"]["$ref"] ==
        "#/components/schemas/Circle-Output");
  CHECK(operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] ==
        "#/components/schemas/Square-Output");
}

TEST_CASE("openapi: twins with the same content give one of their forms") {
  Router<> app;
  app.get<"/shape">([] { return Json<Circle>{}; }).when(header("x-version", "2")).description("Of version 2");
  app.get<"/shape">([] { return Json<Square>{}; });
  const json all = document_of(app);
  const json& operation = all["paths"]["/shape"]["get"];
  CHECK(operation["description"] == "Of version 2");
  CHECK(operation["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"].size() == 2);
  CHECK_FALSE(operation.contains("requestBody"));
}

TEST_CASE("openapi: a parameter of twins is required where all require it, and any text where they differ") {
  Router<> app;
  app.get<"/p/{id}">(
         [](Path<"id", int>, QueryParam<"both", int>, QueryParam<"one", int>, QueryParam<"odd", int>) { return "a"; })
      .when(header("x", "1"));
  app.get<"/p/{id}">([](Path<"id", int>, QueryParam<"both", int>, std::optional<QueryParam<"odd">>) { return "b"; });
  const json all = document_of(app);
  std::map<std::string, json> parameters;
  for (const json& one : all["paths"]["/p/{id}"]["get"]["parameters"]) parameters[one["name"]] = one;
  REQUIRE(parameters.size() == 4);
  CHECK(parameters["id"]["required"] == true);
  CHECK(parameters["both"]["required"] == true);
  CHECK(parameters["both"]["schema"]["type"] == "integer");
  CHECK_FALSE(parameters["one"].contains("required"));
  CHECK(parameters["one"]["schema"]["type"] == "integer");
  CHECK_FALSE(parameters["odd"].contains("required"));
  CHECK(parameters["odd"]["schema"]["type"] == "string");
}

TEST_CASE("openapi: the name of twins is that of the first that was given one") {
  const auto answer = [] { return "a"; };
  Router<> app;
  app.get<"/second">(answer).when(header("x", "1"));
  app.get<"/second">(answer).when(header("x", "2")).operation_id("second");
  app.get<"/second">(answer).operation_id("third");
  app.get<"/first">(answer).when(header("x", "1")).operation_id("first");
  app.get<"/first">(answer).operation_id("other");
  app.get<"/none">(answer).when(header("x", "1"));
  app.get<"/none">(answer);
  const json all = document_of(app);
  CHECK(all["paths"]["/second"]["get"]["operationId"] == "second");
  CHECK(all["paths"]["/first"]["get"]["operationId"] == "first");
  CHECK(all["paths"]["/none"]["get"]["operationId"] == "get_none");
}

TEST_CASE("openapi: a default of twins is told where it is the same to all that read the parameter") {
  Router<> app;
  app.get<"/p">([](Query<Paging>) { return "a"; }).when(header("x", "1"));
  app.get<"/p">([](Query<WidePaging>) { return "b"; }).when(header("x", "2"));
  app.get<"/p">([](QueryParam<"before", int>) { return "c"; });
  const json all = document_of(app);
  std::map<std::string, json> parameters;
  for (const json& one : all["paths"]["/p"]["get"]["parameters"]) parameters[one["name"]] = one;
  REQUIRE(parameters.size() == 3);
  CHECK(parameters["page"]["schema"]["default"] == 1);
  CHECK_FALSE(parameters["size"]["schema"].contains("default"));
  CHECK_FALSE(parameters["before"]["schema"].contains("default"));
}

TEST_CASE("openapi: a body is required where all twins require one") {
  Router<> app;
  app.put<"/a">([](Json<Circle>) { return "a"; }).when(header("x", "1"));
  app.put<"/a">([] { return "b"; });
  CHECK_FALSE(document_of(app)["paths"]["/a"]["put"]["requestBody"].contains("required"));
}

TEST_CASE("openapi: what twins ask for are alternatives, and nothing is one of them where one asks for nothing") {
  struct Case {
    std::vector<std::vector<Asks>> twins;
    std::string_view security;  // empty: none
  };
  const Case cases[] = {
      {{{}, {}}, ""},
      {{{{"a"}}, {{"a"}}}, R"([{"a": []}])"},
      {{{{"a"}, {"b"}}, {{"b"}, {"a"}}}, R"([{"a": [], "b": []}])"},
      {{{{"a"}}, {{"b"}}}, R"([{"a": []}, {"b": []}])"},
      {{{{"a", {"read"}}}, {{"a", {"write"}}}}, R"([{"a": ["read"]}, {"a": ["write"]}])"},
      {{{{"a"}}, {}}, R"([{"a": []}, {}])"},
      {{{{"a"}}, {{"a", {}, true}}}, R"([{"a": []}, {}])"},
  };
  for (const Case& row : cases) {
    Router<> app;
    for (std::size_t i = 0; i < row.twins.size(); ++i) {
      auto route = app.get<"/a">([] { return "a"; }).when(header("x", std::to_string(i)));
      for (const Asks& asks : row.twins[i]) route.layer(asks);
    }
    const json all = document_of(app);
    const json& operation = all["paths"]["/a"]["get"];
    CAPTURE(row.security);
    CHECK(operation.contains("security") == !row.security.empty());
    if (!row.security.empty()) CHECK(operation["security"] == json::parse(row.security));
  }
}

TEST_CASE("openapi: twins are deprecated when all are, until the last has gone") {
  const auto flags = [](auto tell) {
    Router<> app;
    tell(app.get<"/a">([] { return "a"; }).when(header("x", "1")), app.get<"/a">([] { return "b"; }));
    const json operation = document_of(app)["paths"]["/a"]["get"];
    return std::pair(operation.contains("deprecated"), operation.value("x-sunset", ""));
  };
  CHECK(flags([](auto one, auto) { one.deprecated("2026-05-01"); }) == std::pair(false, std::string()));
  CHECK(flags([](auto one, auto other) {
          one.deprecated("2026-05-01");
          other.deprecated();
        }) == std::pair(true, std::string()));
  CHECK(flags([](auto one, auto other) {
          one.deprecated("2026-05-01");
          other.deprecated("2026-04-01");
        }) == std::pair(true, std::string("2026-05-01")));
}

TEST_CASE("openapi: a handler that takes who is logged in makes the login no choice") {
  Router<> app;
  app.layer(login<Known>(std::make_shared<store::MemoryStore>()));
  app.get<"/mine">([](LoggedIn<Known>) { return "mine"; });
  app.get<"/open">([](Login<Known>) { return "open"; });
  const json all = document_of(app);
  CHECK(all["paths"]["/mine"]["get"]["security"] == json::parse(R"([{"login": []}])"));
  CHECK(all["paths"]["/open"]["get"]["security"] == json::parse(R"([{"login": []}, {}])"));
}

}  // namespace
