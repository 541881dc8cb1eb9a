// What Cache forgets when its targets change.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "kept.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Kept;

TEST_CASE("middleware: what succeeds in changing a target drops what Cache keeps for it (RFC 9111 §4.4)") {
  Kept kept;
  CHECK(kept.get("/tag") == "run 1");
  CHECK(kept.app.put("/tag").send().status() == StatusCode::Conflict);
  CHECK(kept.get("/tag") == "run 1");
  CHECK(kept.app.post("/tag").send().status() == StatusCode::NoContent);
  CHECK(kept.get("/tag") == "run 2");
}

TEST_CASE("middleware: a change of which nobody knows how far it came drops what Cache keeps, too") {
  Kept kept;
  for (std::string_view way : {"fails", "throws"}) {
    CAPTURE(way);
    const std::string before = kept.get("/changed");
    CHECK(kept.get("/changed") == before);
    CHECK(code(kept.app.put("/changed").header("x-way", way).send().status()) >= 500);
    CHECK(kept.get("/changed") != before);
  }
  const std::string before = kept.get("/changed");
  {
    testing::Wire leaves = kept.app.connect();
    REQUIRE(leaves.send("PUT /changed HTTP/1.1\r\nhost: test\r\nx-way: hangs\r\n\r\n"));
    kept.app.advance(1s);
    CHECK(kept.get("/changed") == before);
  }
  kept.app.settle();
  CHECK(kept.get("/changed") != before);
}

TEST_CASE("middleware: Cache does not keep an answer that is older than a change of its target") {
  Kept kept;
  testing::Wire wire = kept.app.connect();
  REQUIRE(wire.send("GET /slow HTTP/1.1\r\nhost: test\r\n\r\n"));
  kept.app.advance(1s);
  CHECK(kept.app.post("/slow").send().status() == StatusCode::NoContent);
  kept.app.advance(1s);
  CHECK(wire.received().ends_with("run 1"));
  CHECK(kept.get("/slow") == "run 2");
  CHECK(kept.get("/slow") == "run 2");
}
