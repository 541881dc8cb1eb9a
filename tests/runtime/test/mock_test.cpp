#include <rondeau/time/mock.h>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/io/buf_reader.h>
#include <rondeau/io/pieces.h>
#include <rondeau/task/join.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>

#include "failures.h"

using namespace rondeau;
using namespace std::chrono_literals;
using test_test::Failures;

namespace {

/// One read of at most so many bytes, as text; an error as its word.
Task<std::string> some(io::Reader& reader, std::size_t most = 64) {
  std::string bytes(most, '\0');
  auto count = co_await reader.read_some(std::as_writable_bytes(std::span(bytes)));
  if (!count) co_return count.error().message();
  bytes.resize(*count);
  co_return bytes;
}

const test::Options kPaused{.start_paused = true};

}  // namespace

TEST_CASE("TE2: a mock plays its steps in order, reads and writes in any pieces") {
  test::run([]() -> Task<void> {
    auto mock = io::Mock().read("PING\r\n").write("PONG\r\n").read("BYE");
    CHECK(co_await some(mock, 2) == "PI");
    CHECK(co_await some(mock) == "NG\r\n");
    CHECK_OK(co_await mock.write_some(std::as_bytes(std::span("PO", 2))), 2U);
    CHECK_OK(co_await mock.write_all("NG\r\n"));
    CHECK(mock.steps_left() == 1);
    CHECK(co_await some(mock) == "BYE");
    CHECK(co_await some(mock) == "");
    CHECK_OK(co_await mock.shutdown());
  });
}

TEST_CASE("TE2: errors come where the script has them") {
  test::run([]() -> Task<void> {
    auto mock = io::Mock().read_error(Errc::ConnectionReset).write_error(Errc::BrokenPipe).read("x");
    CHECK(co_await some(mock) == "connection reset");
    CHECK_ERR(co_await mock.write_all("y"), Errc::BrokenPipe);
    CHECK(co_await some(mock) == "x");
  });
}

TEST_CASE("TE2: a pause holds reads and writes, whoever comes first and whether or not they stay") {
  test::run([]() -> Task<void> {
    const Instant begin = Instant::now();
    auto mock = io::Mock().wait(5s).read("a").wait(2s).write("b");
    CHECK_ELAPSED(co_await timeout(1s, some(mock)));
    CHECK(co_await some(mock) == "a");
    CHECK(begin.elapsed() == 5s);
    CHECK_OK(co_await mock.write_all("b"));
    CHECK(begin.elapsed() == 7s);
  }, kPaused);
}

TEST_CASE("TE2: a read waits while the script expects a write, and the other way is a failure") {
  const Failures failures;
  test::run([]() -> Task<void> {
    auto mock = io::Mock("peer").write("request").read("answer");
    auto [answer, sent] = co_await join(some(mock), [](io::Mock& to) -> Task<Result<void>> {
      co_await yield_now();
      co_return co_await to.write_all("request");
    }(mock));
    CHECK(answer == "answer");
    CHECK_OK(sent);
    auto early = io::Mock("early").read("first");
    CHECK_ERR(co_await early.write_all("now"), Errc::Other);
    CHECK(co_await some(early) == "");
  });
  CHECK(Failures::one("early: step 1 of 1, read(\"first\") was expected, and \"now\" was written"));
}

TEST_CASE("TE2: what is written must be what the script says, to the byte") {
  const Failures failures;
  const unsigned line = __LINE__ + 2;
  test::run([]() -> Task<void> {
    auto mock = io::Mock("client").read("x").write("one\r\n").read("never");
    CHECK(co_await some(mock) == "x");
    CHECK_OK(co_await mock.write_all("on"));
    CHECK_ERR(co_await mock.write_all("f\n"));
  });
  CHECK(Failures::one("client: step 2 of 3, write(\"e\\r\\n\"): at byte 2 \"e\\r\\n\" was expected, and \"f\\n\" was written"));
  CHECK(Failures::line() == line);
}

TEST_CASE("TE2: a write after the last step, and steps that are left, are failures") {
  {
    const Failures failures;
    test::run([]() -> Task<void> {
      io::Mock mock("done");
      CHECK_ERR(co_await mock.write_all("more"));
    });
    CHECK(Failures::one("done: nothing more was expected, and \"more\" was written"));
  }
  {
    const Failures failures;
    test::run([]() -> Task<void> {
      auto mock = io::Mock("left").read("a").wait(5ms).write("b\x01");
      CHECK(co_await some(mock) == "a");
    });
    CHECK(Failures::one("left: step 2 of 3, wait(5 ms) was expected when it was destroyed"));
  }
}

TEST_CASE("TE2: a mock is a stream like any other") {
  test::run([]() -> Task<void> {
    io::BufReader reader(io::Mock().read("one\ntw").wait(1s).read("o\n"));
    auto lines = io::lines(reader, 100);
    CHECK((co_await lines.next())->value() == "one");
    CHECK((co_await lines.next())->value() == "two");
    CHECK_FALSE(co_await lines.next());
  }, kPaused);
}

TEST_CASE("TE2: stream_mock gives its items with pauses between, then nothing") {
  test::run([]() -> Task<void> {
    const Instant begin = Instant::now();
    auto items = io::stream_mock<int>().next(1).wait(3s).next(2);
    CHECK(co_await items.next() == std::optional(1));
    CHECK_ELAPSED(co_await timeout(1s, items.next()));
    CHECK(co_await items.next() == std::optional(2));
    CHECK(begin.elapsed() == 3s);
    CHECK(co_await items.next() == std::nullopt);
  }, kPaused);
  const Failures failures;
  {
    auto items = io::stream_mock<int>("numbers").next(1).next(2);
  }
  CHECK(Failures::one("numbers: 2 steps were left when it was destroyed"));
}
