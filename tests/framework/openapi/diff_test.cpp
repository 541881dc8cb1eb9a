#include <rondeau/openapi/diff.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using namespace rondeau;
using nlohmann::json;

/// A document with one operation, changed by a JSON Merge Patch (RFC 7396).
json base() {
  return json::parse(R"({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": {
    "parameters": [{"name": "q", "in": "query", "schema": {"type": "integer", "format": "int32"}}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}},
    "responses": {"200": {"description": "OK", "headers": {"ETag": {"schema": {"type": "string"}}},
                          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}}},
                  "404": {"description": "none"}}}}},
    "components": {"schemas": {
      "In": {"type": "object", "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 9},
                                              "kind": {"type": "string", "enum": ["a", "b"]}}, "required": ["name"]},
      "Out": {"type": "object", "properties": {"id": {"type": "integer"}, "kind": {"type": "string", "enum": ["a", "b"]},
                                               "next": {"$ref": "#/components/schemas/Out"}}, "required": ["id"]}}}})");
}
json changed(const char* patch) {
  json document = base();
  document.merge_patch(json::parse(patch));
  return document;
}

std::string shown(const std::vector<openapi::Change>& changes) {
  std::string text;
  for (const openapi::Change& change : changes) text += change.line() + "\n";
  return text;
}

constexpr const char* kOut = R"({"components": {"schemas": {"Out": )";
constexpr const char* kIn = R"({"components": {"schemas": {"In": )";

TEST_CASE("openapi: every rule of the diff, in both directions") {
  const auto out = [](const char* schema) { return std::string(kOut) + schema + "}}}"; };
  const auto in = [](const char* schema) { return std::string(kIn) + schema + "}}}"; };
  const auto post = [](const char* operation) { return std::string(R"({"paths": {"/a": {"post": )") + operation + "}}}"; };
  struct Case {
    const char* what;
    std::string patch;
    bool forward;   // base → patched breaks
    bool backward;  // patched → base breaks
  };
  const Case cases[] = {
      {"a path is gone", R"({"paths": {"/a": null}})", true, false},
      {"a method is new", R"({"paths": {"/a": {"get": {"responses": {}}}}})", false, true},
      {"an answer of success is gone", post(R"({"responses": {"200": null, "201": {"description": "x"}}})"), true, true},
      {"an error is gone", post(R"({"responses": {"404": null}})"), false, false},
      {"a field of an answer is gone", post(R"({"responses": {"200": {"headers": {"ETag": null}}}})"), true, false},
      {"a content type of an answer is gone",
       post(R"({"responses": {"200": {"content": {"application/json": null, "text/html": {}}}}})"), true, true},
      {"a content type of a body is new", post(R"({"requestBody": {"content": {"text/csv": {}}}})"), false, true},
      {"a member of an answer is gone", out(R"({"properties": {"kind": null}})"), true, false},
      {"a member of an answer is optional", out(R"({"required": []})"), true, false},
      {"a member of an answer may be null", out(R"({"properties": {"id": {"type": ["integer", "null"]}}})"), true, false},
      {"a member of an answer is a reference or null",
       out(R"({"properties": {"next": {"$ref": null, "anyOf": [{"$ref": "#/components/schemas/Out"}, {"type": "null"}]}}})"),
       true, false},
      {"a member of an answer is of another type", out(R"({"properties": {"id": {"type": "string"}}})"), true, true},
      {"a member of an answer is a number, not an integer", out(R"({"properties": {"id": {"type": "number"}}})"), true,
       false},
      {"an enumerator of an answer is new", out(R"({"properties": {"kind": {"enum": ["a", "b", "c"]}}})"), true, false},
      {"an enumerator of a request is gone", in(R"({"properties": {"kind": {"enum": ["a"]}}})"), true, false},
      {"an enum of an answer is any text", out(R"({"properties": {"kind": {"enum": null}}})"), true, false},
      {"a member of a request is new and required",
       in(R"({"properties": {"age": {"type": "integer"}}, "required": ["name", "age"]})"), true, false},
      {"a member of a request is new", in(R"({"properties": {"age": {"type": "integer"}}})"), false, false},
      {"a member of a request is required", in(R"({"required": ["name", "kind"]})"), true, false},
      {"a member of a request may be null", in(R"({"properties": {"name": {"type": ["string", "null"]}}})"), false, true},
      {"unknown members of a request are refused", in(R"({"additionalProperties": false})"), true, false},
      {"a lower bound of a request is higher", in(R"({"properties": {"name": {"minLength": 2}}})"), true, false},
      {"an upper bound of a request is lower", in(R"({"properties": {"name": {"maxLength": 8}}})"), true, false},
      {"a bound of a request is gone", in(R"({"properties": {"name": {"maxLength": null}}})"), false, true},
      {"a pattern of a request is new", in(R"({"properties": {"name": {"pattern": "^a"}}})"), true, false},
      {"a bound of an answer is new", out(R"({"properties": {"id": {"minimum": 0}}})"), false, true},
      {"a parameter is required",
       post(R"({"parameters": [{"name": "q", "in": "query", "required": true, "schema": {"type": "integer", "format": "int32"}}]})"),
       true, false},
      {"a parameter is wider",
       post(R"({"parameters": [{"name": "q", "in": "query", "schema": {"type": "integer", "format": "int64"}}]})"), false,
       true},
      {"a required parameter instead of an optional one",
       post(R"({"parameters": [{"name": "x", "in": "header", "required": true, "schema": {"type": "string"}}]})"), true,
       false},
      {"a body is optional", post(R"({"requestBody": {"required": false}})"), false, true},
      {"no body is taken", post(R"({"requestBody": null})"), true, true},
      {"security is asked for", post(R"({"security": [{"bearer": []}]})"), true, false},
      {"a scope is asked for", post(R"({"security": [{"bearer": ["write"]}, {}]})"), false, false},
      {"a summary is another", post(R"({"summary": "s", "description": "d", "tags": ["t"]})"), false, false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const json document = changed(one.patch.c_str());
    const auto forward = openapi::diff(base().dump(), document.dump());
    const auto backward = openapi::diff(document.dump(), base().dump());
    REQUIRE(forward.has_value());
    REQUIRE(backward.has_value());
    CAPTURE(shown(*forward));
    CAPTURE(shown(*backward));
    CHECK(std::ranges::any_of(*forward, &openapi::Change::breaking) == one.forward);
    CHECK(std::ranges::any_of(*backward, &openapi::Change::breaking) == one.backward);
  }
}

TEST_CASE("openapi: one more way in breaks nobody, one that asks for more does") {
  const auto with = [](const char* ways) {
    json document = base();
    document["paths"]["/a"]["post"]["security"] = json::parse(ways);
    return document.dump();
  };
  const auto breaks = [&](const char* older, const char* newer) {
    return std::ranges::any_of(openapi::diff(with(older), with(newer)).value(), &openapi::Change::breaking);
  };
  CHECK_FALSE(breaks(R"([{"a": []}])", R"([{"a": []}, {"b": []}])"));
  CHECK(breaks(R"([{"a": []}, {"b": []}])", R"([{"a": []}])"));
  CHECK(breaks(R"([{"a": []}])", R"([{"a": ["write"]}])"));
  CHECK_FALSE(breaks(R"([{"a": ["write"]}])", R"([{"a": []}])"));
  CHECK(breaks(R"([{"a": []}])", R"([{"a": [], "b": []}])"));
}

TEST_CASE("openapi: nothing under an operation past its sunset breaks") {
  using namespace std::chrono;
  json older = base();
  older["paths"]["/a"]["post"]["deprecated"] = true;
  json newer = base();
  newer["paths"] = json::object();
  const auto breaks = [&](const char* sunset) {
    older["paths"]["/a"]["post"]["x-sunset"] = sunset;
    const auto changes = openapi::diff(older.dump(), newer.dump(), sys_days(2026y / 6 / 1)).value();
    REQUIRE(changes.size() == 1);
    return changes[0].breaking;
  };
  CHECK_FALSE(breaks("2026-05-31"));
  CHECK(breaks("2026-06-01"));
  CHECK(breaks("2026-13-01"));
  CHECK(breaks("soon"));
  older["paths"]["/a"]["post"].erase("deprecated");
  CHECK(breaks("2026-05-31"));
}

TEST_CASE("openapi: the same document has no changes; a change is told with its pointer") {
  CHECK(openapi::diff(base().dump(), base().dump()).value().empty());
  const auto changes = openapi::diff(base().dump(), changed(R"({"paths": {"/a": {"post": {"responses": {"200":
      {"content": {"application/json": null}}}}}}})").dump()).value();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].line() ==
        "breaking  /paths/~1a/post/responses/200/content/application~1json: the content type is gone");
}

TEST_CASE("openapi: what is no document is an error that says which one") {
  const std::string good = base().dump();
  for (const char* bad : {"", "[]", "{", R"({"openapi": "2.0", "paths": {}})", R"({"openapi": "3.1.0"})", "7"}) {
    CAPTURE(bad);
    const auto first = openapi::diff(bad, good);
    REQUIRE_FALSE(first.has_value());
    CHECK(first.error().message().find("older") != std::string::npos);
    const auto second = openapi::diff(good, bad);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message().find("newer") != std::string::npos);
  }
}

TEST_CASE("openapi: malformed parts are an error or nothing, never a crash") {
  for (const char* pointer : {"/paths/~1a", "/paths/~1a/post", "/paths/~1a/post/parameters", "/paths/~1a/post/responses",
                              "/paths/~1a/post/requestBody", "/components/schemas/In", "/components/schemas/Out/properties",
                              "/components/schemas/In/required", "/paths/~1a/post/responses/200/content"}) {
    for (const char* value : {"null", "7", "\"x\"", "[1, {}]", "{\"x\": 1}", R"({"$ref": "#/components/schemas/In"})"}) {
      CAPTURE(pointer);
      CAPTURE(value);
      json document = base();
      document[json::json_pointer(pointer)] = json::parse(value);
      static_cast<void>(openapi::diff(base().dump(), document.dump()));
      static_cast<void>(openapi::diff(document.dump(), base().dump()));
      static_cast<void>(openapi::diff(document.dump(), document.dump()));
    }
  }
}

}  // namespace
