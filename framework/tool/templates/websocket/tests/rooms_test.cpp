#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/testing/test_app.h>

#include "app.h"

using namespace rondeau;
using {{ns}}::RoomInfo;

namespace {

const std::string kHello = R"({"from":"Ann","text":"hello"})";

}  // namespace

TEST_CASE("rooms: everybody in a room hears what is said there, and nobody else does") {
  TestApp app({{ns}}::routes({{ns}}::test_app()));
  auto ann = app.websocket("/rooms/kitchen");
  auto ben = app.websocket("/rooms/kitchen");
  auto cat = app.websocket("/rooms/cellar");
  app.settle();
  ann.send(kHello);
  CHECK(ann.text() == kHello);
  CHECK(ben.text() == kHello);
  cat.send(R"({"from":"Cat","text":"alone"})");
  CHECK(cat.text() == R"({"from":"Cat","text":"alone"})");
}

TEST_CASE("rooms: what is none of the form ends the connection, with the reason") {
  TestApp app({{ns}}::routes({{ns}}::test_app()));
  auto ann = app.websocket("/rooms/kitchen");
  ann.send(R"({"from":"Ann"})");
  CHECK(!ann.recv());
  REQUIRE(ann.close_reason());
  CHECK(ann.close_reason()->code == CloseCode::InvalidData);
  CHECK(ann.close_reason()->reason == "/text is required");
}

TEST_CASE("rooms: one is there as long as somebody is in it, and there are so many at most") {
  TestApp app({{ns}}::routes({{ns}}::test_app()));
  const auto rooms = [&app] { return app.get("/rooms").send().json<std::vector<RoomInfo>>(); };
  CHECK(rooms().empty());
  {
    auto a = app.websocket("/rooms/a");
    auto b = app.websocket("/rooms/b");
    auto c = app.websocket("/rooms/c");
    auto again = app.websocket("/rooms/c");
    app.settle();
    REQUIRE(rooms().size() == 3);
    CHECK(rooms()[2].members == 2);
    auto d = app.websocket("/rooms/d");
    CHECK(!d.recv());
    CHECK(d.close_reason()->code == CloseCode::TryAgainLater);
  }
  app.settle();
  CHECK(rooms().empty());
}

TEST_CASE("rooms: something is said over HTTP, too") {
  TestApp app({{ns}}::routes({{ns}}::test_app()));
  const auto say = [&app] {
    return app.post("/rooms/kitchen/messages").header("content-type", "application/json").body(kHello).send();
  };
  CHECK(say().status() == StatusCode::NotFound);
  auto ann = app.websocket("/rooms/kitchen");
  app.settle();
  CHECK(say().body() == R"({"by":1})");
  CHECK(ann.text() == kHello);
}
