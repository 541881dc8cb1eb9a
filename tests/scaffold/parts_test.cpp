#include "parts.h"

#include <string>

#include <doctest/doctest.h>

using namespace rondeau::tool;

TEST_CASE("tool: a route has a function, parameters and a line") {
  const auto part = route_part("get", "/orders/{id}/items").value();
  CHECK(part.name == "get_orders_id_items");
  CHECK(part.parameters == std::vector<std::string>{"id"});
  CHECK(part.line() ==
        "router.get<\"/orders/{id}/items\", get_orders_id_items>().summary(\"GET /orders/{id}/items\");");
  CHECK(route_part("DELETE", "/a-b/{x}.json").value().line().find("router.del<\"/a-b/{x}.json\", delete_a_b_x_json>") ==
        0);
  CHECK(route_part("POST", "/").value().name == "post");
}

TEST_CASE("tool: the words of a route ask for what its test expects") {
  Vocabulary words;
  route_part("GET", "/files/{owner}/{*rest}").value().add_words(words);
  CHECK(words.words["example"] == "/files/a-owner/a/rest");
  CHECK(words.words["answer"] == "{\"owner\":\"a-owner\",\"rest\":\"a/rest\"}");
  CHECK(words.words["values"] == "*owner, *rest");
  CHECK(words.words["Part"] == "GetFilesOwnerRest");
  route_part("POST", "/reports").value().add_words(words);
  CHECK(words.words["answer"] == "{\"operation\":\"POST /reports\"}");
  CHECK(words.words["own_parameters"].empty());
}

TEST_CASE("tool: a route that the router would refuse is refused with its sentence") {
  const auto why = [](const char* method, const char* pattern) { return route_part(method, pattern).error().sentence; };
  CHECK(why("FETCH", "/x") == "a route is for GET, POST, PUT, PATCH or DELETE, not for \"FETCH\"");
  CHECK(why("GET", "x") == "\"x\": a route pattern starts with '/'");
  CHECK(why("GET", "/:id") == "\"/:id\": a route parameter is written {id} or {*rest}, not :id or *rest");
  CHECK(why("GET", "/{class}") == "{class} is no name for a parameter in C++");
  CHECK(!route_part("GET", "/{a}/{a}"));
  CHECK(!route_part("GET", "/x\"y"));
}

TEST_CASE("tool: migrations are numbered on, and one name is there once") {
  CHECK(next_migration({}, "init") == "0001");
  CHECK(next_migration({"0001_init.sql", "0009_x.sqlite.sql", "README"}, "add_notes") == "0010");
  CHECK(next_migration({"0001_init.sql"}, "init") == std::nullopt);
}
