// Many that ask Cache at once, and streams that it keeps.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/testing/test_app.h>

#include "support/dispatch.h"

#include "kept.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::Kept;
using testing::TestResponse;

TEST_CASE("middleware: of many that ask Cache at once one goes to the handler") {
  Kept kept;
  const auto ask = [&](std::string_view path) {
    testing::Wire wire = kept.app.connect();
    REQUIRE(wire.send("GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n\r\n"));
    return wire;
  };
  {
    testing::Wire first = ask("/slow");
    testing::Wire second = ask("/slow");
    testing::Wire third = ask("/slow");
    kept.app.advance(2s);
    CHECK(first.received().ends_with("run 1"));
    CHECK(second.received().ends_with("run 1"));
    CHECK(third.received().ends_with("run 1"));
  }
  // Who waits for one that leaves goes on itself; what cannot be kept is waited for once.
  kept.cache.clear();
  testing::Wire waits = [&] {
    testing::Wire leaves = ask("/slow");
    kept.app.advance(100ms);
    testing::Wire second = ask("/slow");
    kept.app.settle();
    return second;
  }();
  kept.app.advance(10s);
  CHECK(waits.received().ends_with("run 2"));
  testing::Wire first = ask("/slow-private");
  testing::Wire second = ask("/slow-private");
  testing::Wire third = ask("/slow-private");
  kept.app.advance(2s);
  CHECK(first.received().ends_with("run 3"));
  kept.app.advance(2s);
  CHECK(second.received().find("run ") != std::string::npos);
  CHECK(third.received().find("run ") != std::string::npos);
  CHECK(*kept.runs == 5);
}

TEST_CASE("middleware: where the one who asks for Cache leaves, one of those who wait goes in its place") {
  Kept kept;
  const auto ask = [&](std::string_view path) {
    testing::Wire wire = kept.app.connect();
    REQUIRE(wire.send("GET " + std::string(path) + " HTTP/1.1\r\nhost: x\r\n\r\n"));
    return wire;
  };
  std::optional<testing::Wire> leaves = ask("/slow");
  testing::Wire first = ask("/slow");
  testing::Wire second = ask("/slow");
  testing::Wire third = ask("/slow");
  kept.app.advance(100ms);
  leaves.reset();
  kept.app.advance(10s);
  CHECK(first.received().ends_with("run 1"));
  CHECK(second.received().ends_with("run 1"));
  CHECK(third.received().ends_with("run 1"));
  CHECK(*kept.runs == 1);
  // One that threw has come to its end: nobody waits for the next.
  testing::Wire throws = ask("/slow-throws");
  testing::Wire fourth = ask("/slow-throws");
  testing::Wire fifth = ask("/slow-throws");
  kept.app.advance(2s);
  kept.app.advance(2s);
  for (testing::Wire* wire : {&throws, &fourth, &fifth}) CHECK(wire->received().starts_with("HTTP/1.1 500"));
}

TEST_CASE("middleware: Cache keeps streams that have come to their end") {
  Kept kept;
  CHECK(kept.get("/stream") == "stream 1");
  const TestResponse again = kept.app.get("/stream").send();
  CHECK(again.body() == "stream 1");
  CHECK(again.header("content-length") == "8");
  CHECK_THROWS(kept.get("/breaks"));
  CHECK_THROWS(kept.get("/breaks"));
  Kept small({.max_entry = 7});
  CHECK(small.get("/stream") == "stream 1");
  CHECK(small.get("/stream") == "stream 2");
}

namespace {

/// A peer that has left.
struct Gone final : BodyWriter {
  Gone(bool write, bool flush) : fails_write(write), fails_flush(flush) {}
  Task<Result<void>> write(Bytes) override { co_return fails_write ? Error(Errc::BrokenPipe) : Result<void>(); }
  Task<Result<void>> flush() override { co_return fails_flush ? Error(Errc::BrokenPipe) : Result<void>(); }
  const bool fails_write;
  const bool fails_flush;
};

}  // namespace

TEST_CASE("middleware: Cache keeps no stream that its client did not get, though its producer passes over that") {
  for (const auto& [write, flush] : {std::pair(false, false), std::pair(true, false), std::pair(false, true)}) {
    CAPTURE(write);
    CAPTURE(flush);
    Router<> router;
    router.layer(Cache());
    router.get<"/">([] {
      return Response::stream([](BodyWriter& out) -> Task<Result<void>> {
               static_cast<void>(co_await out.write(Bytes(std::string("part"))));
               static_cast<void>(co_await out.flush());
               co_return Result<void>();
             })
          .header(HeaderName::CacheControl, "max-age=60");
    });
    support::Asked app(router);
    Response response = app.get("/");
    const auto producer = response.body().take_producer();
    Gone out(write, flush);
    auto runtime = runtime::Builder::current_thread().build();
    CHECK(runtime.value().block_on(producer->produce(out)));
    CHECK(app.get("/").headers().contains(HeaderName::Age) == (!write && !flush));
  }
}
