// The schemas that documents have, in both directions: what fits, and what is said of what does not.
#include <string>

#include <doctest/doctest.h>

#include "testing/schema_check.h"

using nlohmann::json;

namespace {

const json kDocument = json::parse(R"({"components": {"schemas": {
  "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}, "n": {"type": "integer"}},
           "required": ["n"]},
  "Circle": {"type": "object", "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}},
             "required": ["kind", "r"]},
  "Square": {"type": "object", "properties": {"kind": {"const": "square"}, "a": {"type": "number"}},
             "required": ["kind", "a"]}
}}})");

/// Empty: it fits.
std::string check(const std::string& schema, const std::string& value) {
  return rondeau::testing::SchemaCheck(kDocument).objection(json::parse(schema), json::parse(value));
}

struct Case {
  const char* schema;
  const char* good;
  const char* bad;
  const char* objection;
};

constexpr const char* kShape =
    R"({"oneOf": [{"$ref": "#/components/schemas/Circle"}, {"$ref": "#/components/schemas/Square"}],
  "discriminator": {"propertyName": "kind", "mapping": {"circle": "#/components/schemas/Circle",
                                                         "square": "#/components/schemas/Square"}}})";

}  // namespace

TEST_CASE("testing: each keyword of a schema lets the good pass, and tells of the bad where it is and why") {
  for (const Case& row : {
           Case{R"({"type":"string"})", R"("x")", "1", "the body: is an integer, not string"},
           Case{R"({"type":["string","null"]})", "null", "true", "the body: is boolean, not string, null"},
           Case{R"({"type":"integer"})", "3.0", "3.5", "the body: is a number, not integer"},
           Case{R"({"type":"number"})", "3", R"("3")", "the body: is string, not number"},
           Case{R"({"minimum":-2})", "-2", "-3", "the body: is below -2"},
           Case{R"({"maximum":18446744073709551614})", "18446744073709551614", "18446744073709551615",
                "the body: is above 18446744073709551614"},
           Case{R"({"multipleOf":5})", "15", "16", "the body: is no multiple of 5"},
           Case{R"({"minLength":2})", R"("ää")", R"("ä")", "the body: has fewer than 2 characters"},
           Case{R"({"maxLength":2})", R"("ää")", R"("abc")", "the body: has more than 2 characters"},
           Case{R"({"pattern":"^[a-z]+$"})", R"("abc")", R"("aBc")", "the body: does not match ^[a-z]+$"},
           Case{R"({"enum":["a","b",null]})", "null", R"("c")", "the body: is none of a, b, null"},
           Case{R"({"const":"a"})", R"("a")", R"("b")", R"(the body: is not "a")"},
           Case{R"({"items":{"type":"integer"}})", "[1,2]", "[1,null]", "/1: is null, not integer"},
           Case{R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"(["a",1])", R"(["a","b"])",
                "/1: is string, not integer"},
           Case{R"({"minItems":1})", "[1]", "[]", "the body: has fewer than 1 items"},
           Case{R"({"maxItems":1})", "[1]", "[1,2]", "the body: has more than 1 items"},
           Case{R"({"uniqueItems":true})", "[1,2]", "[1,2,1.0]", "the body: has the same item twice"},
           Case{R"({"properties":{"a/b~":{"type":"null"}}})", R"({"a/b~":null,"c":1})", R"({"a/b~":1})",
                "/a~1b~0: is an integer, not null"},
           Case{R"({"required":["a"]})", R"({"a":null})", R"({"b":1})", R"(the body: has no "a")"},
           Case{R"({"properties":{"a":{}},"additionalProperties":false})", R"({"a":1})", R"({"a":1,"b":2})",
                "/b: may not be there"},
           Case{R"({"additionalProperties":{"type":"integer"}})", R"({"x":1})", R"({"x":[]})",
                "/x: is array, not integer"},
           Case{R"({"propertyNames":{"enum":["x"]}})", R"({"x":1})", R"({"y":1})", "/y: is none of x"},
           Case{R"({"allOf":[{"minimum":1},{"maximum":2}]})", "2", "3", "the body: is above 2"},
           Case{R"({"anyOf":[{"type":"null"},{"minimum":1}]})", "null", "0",
                "the body: fits none of its forms; the body: is an integer, not null; the body: is below 1"},
           Case{R"({"oneOf":[{"type":"integer"},{"minimum":5}]})", "4", "6",
                "the body: fits several forms of which one is meant"},
           Case{R"({"$ref":"#/components/schemas/Tree"})", R"({"n":1,"left":{"n":2}})", R"({"n":1,"left":{"n":"x"}})",
                "/left/n: is string, not integer"},
           Case{kShape, R"({"kind":"circle","r":1})", R"({"kind":"square","r":1})", R"(the body: has no "a")"},
           Case{R"({"$ref":"#/components/schemas/Nobody"})", nullptr, "1",
                "the body: has a schema with a reference that leads nowhere: #/components/schemas/Nobody"},
       }) {
    CAPTURE(row.schema);
    if (row.good != nullptr) CHECK(check(row.schema, row.good) == "");
    CHECK(check(row.schema, row.bad) == row.objection);
  }
}

TEST_CASE("testing: a keyword about one kind of value says nothing of another") {
  for (const char* schema : {R"({"minimum":5})", R"({"minLength":5})", R"({"minItems":5})", R"({"required":["a"]})",
                             R"({"format":"uuid"})"}) {
    CAPTURE(schema);
    CHECK(check(schema, "null") == "");
  }
}

TEST_CASE("testing: a schema that leads back to itself comes to an end") {
  const json document = json::parse(R"({"a":{"$ref":"#/a"}})");
  CHECK(rondeau::testing::SchemaCheck(document).objection(document["a"], 1) == "the body: lies too deep");
}
