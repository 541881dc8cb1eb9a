#include <rondeau/openapi/document.h>

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>

struct OwnError {};

template <>
struct rondeau::IntoResponse<OwnError> {
  static Response into(OwnError, const Request&) { return Response(StatusCode::Conflict); }
};

namespace {

using nlohmann::json;
using namespace rondeau;

enum class Colour { Red, Green };
struct Circle {
  double radius;
};
struct Square {
  int side;
  static constexpr bool deny_unknown = true;
};
struct Tree {
  std::string name;
  std::vector<Tree> children;
};
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next;
};
struct Everything {
  static constexpr std::array doc{Doc{"", "All there is"}, Doc{"title", "what it is called", "A title"},
                                  Doc{"count", "how many", "3"}};
  NonEmpty title;
  Ranged<int, 1, 100> count = 20;
  std::uint8_t small;
  std::int64_t large;
  Nullable<std::string> note;
  std::optional<Colour> colour;
  std::map<Colour, float> weights;
  std::set<std::string> labels;
  std::pair<int, bool> both;
  Tagged<"kind", Circle, Square> shape;
  std::chrono::milliseconds wait;
  std::chrono::system_clock::time_point at;
  std::unique_ptr<Tree> tree;
  bool on = true;
  std::vector<std::byte> data;
  MaxLength<3> code;
};
struct Paging {
  static constexpr std::array doc{Doc{"page", "from 1"}};
  Ranged<int, 1, 1000> page = 1;
  std::optional<Colour> colour;
  std::vector<std::string> tag;
};

json document(const std::vector<schema::Operation>& operations) {
  const auto text = openapi::write_document(operations, {.title = "T", .version = "1"});
  REQUIRE_MESSAGE(text.has_value(), text.error().message());
  return json::parse(*text);
}
template <class App>
json document_of(const Router<App>& router) {
  const auto built = router.build();
  REQUIRE_MESSAGE(built.has_value(), built.error().message());
  return document((*built)->operations());
}
template <class T>
json schema_of() {
  schema::Operation operation;
  operation.method = Method::Get;
  operation.path = "/";
  operation.response(StatusCode::Ok, "application/json", reflect::describe<T>());
  const json all = document({operation});
  return all["components"]["schemas"];
}

Task<Json<Everything>> everything() {
  co_return Json<Everything>{};
}
Task<Result<Created<Json<Tree>>, Problem>> plant(Path<"garden", int>, Json<Tree>) {
  co_return problem(StatusCode::Conflict);
}

TEST_CASE("openapi: each kind of member has its schema") {
  const json schemas = schema_of<Everything>();
  const json& all = schemas["Everything"];
  const json& of = all["properties"];
  CHECK(all["description"] == "All there is");
  CHECK(of["title"] == json::parse(R"({"description": "what it is called", "examples": ["A title"], "type": "string",
                                       "minLength": 1})"));
  CHECK(of["count"] == json::parse(R"({"description": "how many", "default": 20, "examples": [3], "type": "integer",
                                       "format": "int32", "minimum": 1, "maximum": 100})"));
  CHECK(of["small"] == json::parse(R"({"type": "integer", "minimum": 0, "maximum": 255})"));
  CHECK(of["large"] == json::parse(R"({"type": "integer", "format": "int64"})"));
  CHECK(of["note"]["type"] == json::parse(R"(["string", "null"])"));
  CHECK(of["colour"] == json::parse(R"({"type": ["string", "null"], "enum": ["Red", "Green", null]})"));
  CHECK(of["weights"] ==
        json::parse(R"({"type": "object", "propertyNames": {"type": "string", "enum": ["Red", "Green"]},
                                         "additionalProperties": {"type": "number", "format": "float"}})"));
  CHECK(of["labels"] == json::parse(R"({"type": "array", "items": {"type": "string"}, "uniqueItems": true})"));
  CHECK(of["both"]["prefixItems"].size() == 2);
  CHECK(of["both"]["minItems"] == 2);
  CHECK(of["wait"]["type"] == "string");
  CHECK_FALSE(of["wait"].contains("format"));
  CHECK(of["at"]["format"] == "date-time");
  CHECK(of["tree"]["anyOf"][0]["$ref"] == "#/components/schemas/Tree");
  CHECK(of["on"]["default"] == true);
  CHECK(of["data"]["contentEncoding"] == "base64");
  CHECK(of["code"]["maxLength"] == 3);
  const std::set<std::string> required(all["required"].begin(), all["required"].end());
  CHECK(required.contains("title"));
  CHECK(required.contains("note"));
  CHECK(required.contains("count"));  // an answer has it, whatever it is
  CHECK_FALSE(required.contains("colour"));
  CHECK(required.contains("on"));
}

TEST_CASE("openapi: a tagged variant is told by its discriminator, and no alternative forbids the tag") {
  const json schemas = schema_of<Everything>();
  const json& shape = schemas["Everything"]["properties"]["shape"];
  CHECK(shape["oneOf"].size() == 2);
  CHECK(shape["discriminator"]["propertyName"] == "kind");
  CHECK(shape["discriminator"]["mapping"]["Square"] == "#/components/schemas/kind.Square");
  const json& square = schemas["kind.Square"];
  CHECK(square["properties"]["kind"]["const"] == "Square");
  CHECK(square["required"] == json::parse(R"(["kind", "side"])"));
  CHECK(square["additionalProperties"] == false);
}

TEST_CASE("openapi: recursion ends at a reference, and a template's component is named by its arguments") {
  const json trees = schema_of<Tree>();
  CHECK(trees["Tree"]["properties"]["children"]["items"]["$ref"] == "#/components/schemas/Tree");
  CHECK(schema_of<Page<Tree>>().contains("Page_Tree"));
}

TEST_CASE("openapi: path, parameters, body, answers and rejections follow from the handler's type") {
  Router<> router;
  router.post<"/gardens/{garden}/trees">(plant).summary("Plants a tree").tag("trees").also(StatusCode::Gone, "no more");
  const json all = document_of(router);
  const json& operation = all["paths"]["/gardens/{garden}/trees"]["post"];
  CHECK(operation["summary"] == "Plants a tree");
  CHECK(operation["operationId"] == "post_gardens_garden_trees");
  CHECK(operation["tags"] == json::parse(R"(["trees"])"));
  CHECK(operation["parameters"] == json::parse(R"([{"name": "garden", "in": "path", "required": true,
                                                     "schema": {"type": "integer", "format": "int32"}}])"));
  CHECK(operation["requestBody"]["required"] == true);
  CHECK(operation["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Tree");
  const json& answers = operation["responses"];
  CHECK(answers["201"]["headers"].contains("Location"));
  CHECK(answers["201"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Tree");
  for (const char* status : {"400", "410", "413", "415", "422", "default"}) {
    CAPTURE(status);
    CHECK(answers[status]["content"]["application/problem+json"]["schema"]["$ref"] == "#/components/schemas/Problem");
  }
  CHECK(answers["410"]["description"] == "no more");
  CHECK_FALSE(answers.contains("200"));
  CHECK(all["components"]["schemas"].contains("Problem"));
}

TEST_CASE("openapi: results of every kind have their statuses") {
  Router<> router;
  router.get<"/optional">([](std::optional<QueryParam<"q">>) { return std::optional<Json<int>>(); });
  router.get<"/several">([](Query<Paging>) -> OneOf<Json<int>, Html, Redirect> { return Json{1}; });
  router.del<"/gone">([] { return NoContent(); });
  router.post<"/later">([](std::optional<Json<Tree>>) { return Accepted(); });
  router.get<"/teapot">([] { return WithStatus<418, std::string>{"short"}; });
  router.get<"/bare">([] { return Response::text("?"); });
  router.get<"/nothing">([]() -> Task<Result<void>> { co_return Result<void>(); });
  const json paths = document_of(router)["paths"];
  CHECK(paths["/optional"]["get"]["responses"].contains("404"));
  CHECK_FALSE(paths["/optional"]["get"]["parameters"][0].contains("required"));
  const json& several = paths["/several"]["get"];
  CHECK(several["responses"]["200"]["content"].size() == 2);
  CHECK(several["responses"]["3XX"]["headers"].contains("Location"));
  REQUIRE(several["parameters"].size() == 3);
  CHECK(several["parameters"][0]["schema"]["maximum"] == 1000);
  CHECK(several["parameters"][0]["schema"]["default"] == 1);
  CHECK(several["parameters"][0]["description"] == "from 1");
  CHECK(several["parameters"][1]["schema"]["enum"].size() == 2);  // a parameter is never null
  CHECK(several["parameters"][2]["schema"]["type"] == "array");
  CHECK(paths["/gone"]["delete"]["responses"].size() == 1);
  CHECK(paths["/gone"]["delete"]["responses"]["204"]["description"] == "No Content");
  CHECK_FALSE(paths["/later"]["post"]["requestBody"].contains("required"));
  CHECK(paths["/later"]["post"]["responses"].contains("202"));
  CHECK(paths["/teapot"]["get"]["responses"].contains("418"));
  CHECK(paths["/bare"]["get"]["responses"].contains("default"));
  CHECK(paths["/nothing"]["get"]["responses"].contains("204"));
}

TEST_CASE("openapi: a nested router gives its prefix and a tag; hidden routes are left out") {
  Router<> inner;
  inner.get<"/">(everything);
  inner.get<"/{id}/raw">([](Path<"id">) { return "raw"; }).hidden();
  inner.get<"/old">([] { return "old"; }).deprecated().tag("past");
  Router<> app;
  app.nest<"/api/things">(inner);
  app.get<"/files/{*rest}">([](Path<"rest">) { return "file"; });
  const json all = document_of(app);
  CHECK(all["paths"].size() == 3);
  CHECK(all["paths"]["/api/things"]["get"]["tags"] == json::parse(R"(["things"])"));
  CHECK(all["paths"]["/api/things/old"]["get"]["tags"] == json::parse(R"(["past"])"));
  CHECK(all["paths"]["/api/things/old"]["get"]["deprecated"] == true);
  CHECK(all["paths"]["/files/{rest}"]["get"]["parameters"][0]["name"] == "rest");
}

TEST_CASE("openapi: a function that is a template argument gives the operation its name, once") {
  Router<> app;
  app.get<"/a", everything>();
  app.get<"/b", everything>();
  app.post<"/gardens/{garden}", plant>().operation_id("plantTree");
  const json paths = document_of(app)["paths"];
  CHECK(paths["/a"]["get"]["operationId"] == "everything");
  CHECK(paths["/b"]["get"]["operationId"] == "get_b");
  CHECK(paths["/gardens/{garden}"]["post"]["operationId"] == "plantTree");
}

namespace one {
struct Item {
  int id;
};
}  // namespace one
namespace other {
struct Item {
  std::string id;
};
struct Same {
  struct Tree {
    std::string name;
    std::vector<::Tree> children;
  };
};
}  // namespace other

TEST_CASE("openapi: two different structs of one name are an error that names both; equal ones are one component") {
  Router<> app;
  app.get<"/a">([] { return Json<one::Item>{}; });
  app.get<"/b">([] { return Json<other::Item>{}; });
  const auto text = openapi::write_document(app.build().value()->operations(), {});
  REQUIRE_FALSE(text.has_value());
  CHECK(text.error().message().find("one::Item") != std::string::npos);
  CHECK(text.error().message().find("other::Item") != std::string::npos);

  Router<> same;
  same.get<"/a">([] { return Json<Tree>{}; });
  same.get<"/b">([] { return Json<other::Same::Tree>{}; });
  CHECK(document_of(same)["components"]["schemas"].size() == 1);
}

struct NeedsToken {
  std::optional<Response> before(Request&) const { return std::nullopt; }
  static void describe(schema::Operation& operation) {
    operation.secured_by({.kind = schema::SecurityScheme::Kind::Bearer, .name = "bearer", .scopes = {}});
    operation.problem(StatusCode::Unauthorized).header("WWW-Authenticate");
  }
};
Task<Response> greets(Header<"x-tenant">, Request request, Next next) {
  co_return co_await next(std::move(request));
}

TEST_CASE("openapi: an error type that tells nothing is the answer to everything else") {
  Router<> app;
  app.get<"/a">([]() -> Result<Json<int>, OwnError> { return Json{1}; });
  const json answers = document_of(app)["paths"]["/a"]["get"]["responses"];
  CHECK(answers.contains("200"));
  CHECK(answers["default"]["description"] == "what the handler answers");
}

TEST_CASE("openapi: fields that are told elsewhere are no parameters") {
  Router<> app;
  app.get<"/a">(
      [](std::optional<Header<"Host">>, Header<"accept">, Header<"authorization">, Header<"x-own">) { return "a"; });
  const json paths = document_of(app)["paths"];
  REQUIRE(paths["/a"]["get"]["parameters"].size() == 1);
  CHECK(paths["/a"]["get"]["parameters"][0]["name"] == "x-own");
}

TEST_CASE("openapi: layers add what they ask for and what they answer, and so do their extractors") {
  Router<> app;
  app.layer(NeedsToken());
  app.layer(middleware::HandlerTimeout());
  app.get<"/a">([] { return "a"; }).layer(greets);
  const json all = document_of(app);
  const json& operation = all["paths"]["/a"]["get"];
  CHECK(operation["security"] == json::parse(R"([{"bearer": []}])"));
  CHECK(operation["responses"]["401"]["headers"].contains("WWW-Authenticate"));
  CHECK(operation["parameters"][0]["name"] == "x-tenant");
  CHECK(operation["responses"].contains("400"));
  CHECK(operation["responses"].contains("503"));
  CHECK(all["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer");
}

TEST_CASE("openapi: the same table gives the same bytes, as snapshots need them") {
  Router<> app;
  app.get<"/hello/{name}">([](Path<"name">) { return "hello"; }).summary("Greets");
  const auto operations = app.build().value()->operations();
  const std::string text = openapi::write_document(operations, {.title = "hello", .version = "1.2.3"}).value();
  CHECK(text == openapi::write_document(operations, {.title = "hello", .version = "1.2.3"}).value());
  CHECK(text.starts_with(R"({
  "openapi": "3.1.0",
  "info": {
    "title": "hello",
    "version": "1.2.3"
  },
  "paths": {
    "/hello/{name}": {
      "get": {
        "summary": "Greets",
        "operationId": "get_hello_name",
        "parameters": [
          {
            "name": "name",
            "in": "path",
            "required": true,
            "schema": {
              "type": "string"
            }
          }
        ],
        "responses": {
          "200": {
            "description": "OK",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              }
            }
          },
          "400": {
            "description": "Bad Request",
            "content": {
              "application/problem+json": {
                "schema": {
                  "$ref": "#/components/schemas/Problem"
                }
              }
            }
          }
        }
      }
    }
  },
  "components": {
    "schemas": {
      "Problem": {
        "type": "object",)"));
  CHECK(text.ends_with("}\n"));
}

struct Draft {
  std::string title;
  int size = 4;
  std::optional<std::string> note;
};
struct Folder {
  std::string name;
  std::vector<Draft> drafts;
};
struct Found {
  int total = 0;
};
struct Same {
  std::string id;
  std::optional<int> number;
};

TEST_CASE("openapi: answers have what requests may leave out, and what goes both ways has two schemas where they differ") {
  Router<> router;
  router.post<"/folders">([](Json<Folder> folder) { return folder; });
  router.post<"/drafts">([](Json<Draft>) { return NoContent{}; });
  router.get<"/found">([] { return Json{Found{}}; });
  router.post<"/same">([](Json<Same> same) { return same; });
  const json all = document_of(router);
  const json& schemas = all["components"]["schemas"];
  CHECK(schemas["Draft"]["required"] == json::parse(R"(["title"])"));
  CHECK(schemas["Draft-Output"]["required"] == json::parse(R"(["title", "size"])"));
  CHECK(schemas["Draft-Output"]["properties"] == schemas["Draft"]["properties"]);
  CHECK(schemas["Folder"]["properties"]["drafts"]["items"]["$ref"] == "#/components/schemas/Draft");
  CHECK(schemas["Folder-Output"]["properties"]["drafts"]["items"]["$ref"] == "#/components/schemas/Draft-Output");
  CHECK(schemas["Found"]["required"] == json::parse(R"(["total"])"));
  CHECK_FALSE(schemas.contains("Found-Output"));
  CHECK(schemas["Same"]["required"] == json::parse(R"(["id"])"));
  CHECK_FALSE(schemas.contains("Same-Output"));
  const json& post = all["paths"]["/folders"]["post"];
  CHECK(post["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Folder");
  CHECK(post["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] ==
        "#/components/schemas/Folder-Output");
}

struct Node {
  int weight = 1;
  std::vector<Node> below;
};

TEST_CASE("openapi: a struct that leads back to itself goes both ways, too") {
  Router<> router;
  router.put<"/tree">([](Json<Node> node) { return node; });
  const json schemas = document_of(router)["components"]["schemas"];
  CHECK(schemas["Node"]["properties"]["below"]["items"]["$ref"] == "#/components/schemas/Node");
  CHECK(schemas["Node-Output"]["properties"]["below"]["items"]["$ref"] == "#/components/schemas/Node-Output");
}

struct Portrait {
  Uuid of;
  UploadFile image;
  std::optional<UploadFile> icon;
  std::vector<UploadFile> details;
};

TEST_CASE("openapi: files of a form are binary, and identifiers have their format") {
  Router<> router;
  router.post<"/portraits">([](MultipartForm<Portrait>) { return NoContent{}; });
  const json all = document_of(router);
  const json& content = all["paths"]["/portraits"]["post"]["requestBody"]["content"];
  CHECK(content["multipart/form-data"]["schema"]["$ref"] == "#/components/schemas/Portrait");
  const json& of = all["components"]["schemas"]["Portrait"]["properties"];
  CHECK(of["of"] == json::parse(R"({"type": "string", "format": "uuid"})"));
  CHECK(of["image"] == json::parse(R"({"type": "string", "format": "binary"})"));
  CHECK(of["icon"] == json::parse(R"({"type": ["string", "null"], "format": "binary"})"));
  CHECK(of["details"] == json::parse(R"({"type": "array", "items": {"type": "string", "format": "binary"}})"));
}

}  // namespace
