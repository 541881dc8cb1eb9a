#include <rondeau/schema/operation.h>

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include <rondeau/reflect/describe.h>

namespace {

using namespace rondeau;
using schema::In;
using schema::Operation;
using schema::SecurityScheme;
using schema::Wrapped;

struct Paging {
  int page;
  std::optional<int> size;
  bool newest_first = true;
};

TEST_CASE("schema: the members of a struct become parameters, required where they may not be absent") {
  Operation operation;
  operation.parameters_of(In::Query, reflect::describe<Paging>());
  REQUIRE(operation.parameters.size() == 3);
  CHECK(operation.parameters[0].name == "page");
  CHECK(operation.parameters[0].required);
  CHECK_FALSE(operation.parameters[1].required);
  CHECK_FALSE(operation.parameters[2].required);
}

TEST_CASE("schema: a parameter named twice is one; fields are compared without case") {
  Operation operation;
  operation.parameter(In::Header, "If-Match", schema::Form::text(), false);
  operation.parameter(In::Header, "if-match", schema::Form::text(), true);
  operation.parameter(In::Query, "q", schema::Form::text());
  operation.parameter(In::Query, "Q", schema::Form::text());
  REQUIRE(operation.parameters.size() == 3);
  CHECK(operation.parameters[0].required);
}

TEST_CASE("schema: what an optional parameter asks for is not required, but in the path") {
  Operation part;
  part.parameter(In::Query, "page", schema::Form::text());
  part.parameter(In::Path, "id", schema::Form::text());
  part.request_body("application/json", reflect::describe<Paging>());
  part.secured_by({.kind = SecurityScheme::Kind::Bearer, .name = "bearer", .scopes = {}});
  part.problem(http::StatusCode::BadRequest);
  Operation operation;
  operation.merge(part, Wrapped::Optional);
  CHECK_FALSE(operation.parameters[0].required);
  CHECK(operation.parameters[1].required);
  CHECK_FALSE(operation.body->required);
  CHECK(operation.optional_security);
  CHECK(operation.responses.size() == 1);

  Operation handled;
  handled.merge(part, Wrapped::Result);
  CHECK(handled.parameters[0].required);
  CHECK(handled.responses.empty());
}

TEST_CASE("schema: security that one part asks for without exception is not optional") {
  Operation part;
  part.secured_by({.kind = SecurityScheme::Kind::Bearer, .name = "bearer", .scopes = {"read"}});
  Operation operation;
  operation.merge(part, Wrapped::Optional);
  part.security[0].scopes = {"write"};
  operation.merge(part);
  CHECK_FALSE(operation.optional_security);
  REQUIRE(operation.security.size() == 1);
  CHECK(operation.security[0].scopes == std::vector<std::string>{"read", "write"});
}

TEST_CASE("schema: answers of one status are one, with every content type and form once") {
  Operation operation;
  operation.response(http::StatusCode::Ok, "application/json", reflect::describe<Paging>());
  operation.response(http::StatusCode::Ok, "application/json", reflect::describe<int>());
  operation.response(http::StatusCode::Ok, "application/json", reflect::describe<Paging>());
  operation.response(http::StatusCode::Ok, "text/html", schema::Form::text()).header("ETag").header("etag");
  operation.problem(http::StatusCode::Conflict);
  REQUIRE(operation.responses.size() == 2);
  REQUIRE(operation.responses[0].content.size() == 2);
  CHECK(operation.responses[0].content[0].forms.size() == 2);
  CHECK(operation.responses[0].headers.size() == 1);
}

TEST_CASE("schema: a result around a result takes its content under another status") {
  Operation operation;
  operation.merge_as(http::StatusCode::Created, [](Operation& inner) {
    inner.response(http::StatusCode::Ok, "application/json", reflect::describe<Paging>()).header("x-a");
  }).header("Location");
  REQUIRE(operation.responses.size() == 1);
  CHECK(operation.responses[0].status == http::StatusCode::Created);
  CHECK(operation.responses[0].content.size() == 1);
  CHECK(operation.responses[0].headers.size() == 2);
}

}  // namespace
