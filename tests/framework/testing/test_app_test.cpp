// TestApp as a client: bodies that the service takes slowly, answers without an end, draining.
#include <chrono>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/extract/multipart_form.h>
#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

#include "support/transport.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Upload {
  UploadFile file;
};

std::string form_with(std::size_t size) {
  return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + std::string(size, 'x') +
         "\r\n--b--\r\n";
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Router<> one_event_then_silence() {
  Router<> app;
  app.get<"/">([] {
    return Sse([]() -> AsyncGenerator<std::string> {
      co_yield "a";
      co_await sleep_for(24h * 365);
    }());
  });
  return app;
}

std::string what_is_thrown(TestApp& app, Duration patience) {
  try {
    static_cast<void>(app.get("/").send(patience));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("testing: a body that goes into a file is sent whole, and no time passes") {
  Router<> router;
  router.post<"/">([](MultipartForm<Upload> form) { return std::to_string(form->file.size()); });
  TestApp app(router);
  const Instant begin = app.now();
  for (const std::size_t size : {100'000U, 700'000U, 6'000'000U}) {
    const auto answer =
        app.post("/").header("content-type", "multipart/form-data; boundary=b").body(form_with(size)).send();
    CHECK(answer.status() == StatusCode::Ok);
    CHECK(answer.body() == std::to_string(size));
  }
  CHECK(app.now() == begin);
}

TEST_CASE("testing: a body is sent while its reader sleeps") {
  Router<> router;
  router.post<"/slow">([](BodyStream body) -> Task<std::string> {
    std::size_t size = 0;
    for (auto piece = co_await body.next(); piece && !piece->empty(); piece = co_await body.next()) {
      size += piece->size();
      co_await sleep_for(100ms);
    }
    co_return std::to_string(size);
  });
  TestApp app(router);
  CHECK(app.post("/slow").body(std::string(1'000'000, 'x')).send().body() == "1000000");
}

TEST_CASE("testing: an answer before the end of the body is an answer") {
  Router<> router;
  router.post<"/">([](Bytes) { return NoContent(); }).body_limit(1000);
  TestApp app(router);
  CHECK(app.post("/").body(std::string(10'000'000, 'x')).send().status() == StatusCode::ContentTooLarge);
}

TEST_CASE("testing: send gives up an answer without an end, and says what reads it") {
  TestApp app(one_event_then_silence());
  CHECK(what_is_thrown(app, 90s) == "TestApp: the answer to GET / goes on after 90 s; one without an end is read by stream()");
  Router<> silent;
  silent.get<"/">([]() -> Task<NoContent> {
    co_await sleep_for(10s);
    co_return NoContent();
  });
  TestApp other(silent);
  CHECK(what_is_thrown(other, 9s) == "TestApp: no answer to GET / in 9 s");
  CHECK(what_is_thrown(other, 11s).empty());
}

TEST_CASE("testing: send gives up an answer that comes without an end and without a pause") {
  Router<> router;
  router.get<"/">([] {
    return Response::stream(
        [](BodyWriter& out) -> Task<Result<void>> {
          const Bytes much(std::string(1 << 20, 'x'));
          for (;;) RONDEAU_TRY_VOID(co_await out.write(much));
        },
        "text/plain");
  });
  TestApp app(router);
  CHECK(what_is_thrown(app, 1s) ==
        "TestApp: more than 256 MiB answer GET /, and more come; read them by stream()");
}

TEST_CASE("testing: while draining, a connection ends soon after an answer that had begun before") {
  TestApp app(one_event_then_silence());
  testing::Wire wire = app.connect();
  wire.send(kGet);
  CHECK(wire.received().ends_with("data: a\n\n\r\n"));
  app.begin_drain();
  CHECK(wire.received().ends_with("0\r\n\r\n"));
  CHECK_FALSE(wire.closed());
  app.advance(249ms);
  CHECK_FALSE(wire.closed());
  app.advance(1ms);
  CHECK(wire.closed());
  CHECK(app.live_tasks() == 0);
}

TEST_CASE("testing: who sends all waits for a service that takes it slowly" *
          support::OnlyInMemory("buffers of a known size")) {
  Router<> router;
  router.post<"/">([](BodyStream body) -> Task<NoContent> {
    for (;;) {
      co_await sleep_for(1s);
      const auto piece = co_await body.next();
      if (!piece || piece->empty()) co_return NoContent();
    }
  });
  TestApp app(router);
  const std::string request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + std::string(1'000'000, 'x');
  CHECK_FALSE(app.connect().send(request));
  CHECK_FALSE(app.connect().send_all(request, 1ms));
  testing::Wire wire = app.connect();
  CHECK(wire.send_all(request));
  CHECK(app.wait_for(wire));
  CHECK(wire.received().starts_with("HTTP/1.1 204"));
}

TEST_CASE("testing: what came while somebody looked for the end is not waited for") {
  Router<> router;
  router.get<"/">([] { return "here"; });
  TestApp app(router);
  testing::Wire wire = app.connect();
  wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_FALSE(wire.closed());  // takes it out of the stream
  const Instant now = app.now();
  CHECK(app.wait_for(wire));
  CHECK(app.now() == now);
  CHECK(wire.received().ends_with("here"));
}
