// Handlers that go on without their clients.
#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/sync/notify.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Seen {
  int begun = 0;
  int finished = 0;
  int ended = 0;  // frames that are gone
  int after = 0;
  std::string read;
};

struct OnEnd {
  std::shared_ptr<Seen> seen;
  explicit OnEnd(std::shared_ptr<Seen> with) : seen(std::move(with)) { ++seen->begun; }
  OnEnd(const OnEnd&) = delete;
  OnEnd& operator=(const OnEnd&) = delete;
  ~OnEnd() { ++seen->ended; }
};

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string post(std::string_view target, std::size_t length) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
         "\r\n\r\n";
}

Router<> routes(std::shared_ptr<Seen> seen, DetachOptions options = {}) {
  Router<> app;
  const Detach detach(options);
  app.get<"/{seconds}">([seen](Path<"seconds", int> seconds) -> Task<Response> {
       const OnEnd end(seen);
       co_await sleep_for(std::chrono::seconds(*seconds));
       ++seen->finished;
       Response response = Response::text("after " + std::to_string(*seconds));
       response.after([seen]() -> Task<void> {
         ++seen->after;
         co_return;
       });
       co_return response;
     }).layer(detach);
  app.get<"/throws">([seen]() -> Task<Response> {
       const OnEnd end(seen);
       co_await sleep_for(1s);
       throw std::runtime_error("on purpose");
     }).layer(detach);
  app.post<"/whole">([seen](std::string body) -> Task<std::string> {
       const OnEnd end(seen);
       co_await sleep_for(1s);
       seen->read = body;
       co_return body;
     }).layer(detach);
  app.post<"/pieces">([seen](BodyStream body) -> Task<std::string> {
       const OnEnd end(seen);
       for (;;) {
         auto next = body.next();
         const auto piece = co_await timeout(100ms, std::move(next));
         if (!piece && piece.error() == Errc::TimedOut) continue;  // a wait that is given up loses nothing
         if (!piece) {
           seen->read += "|" + piece.error().message();
           co_return seen->read;
         }
         if (piece->empty()) co_return seen->read + std::string(body.trailers().get("x-sum").value_or(""));
         seen->read += piece->view();
       }
     }).layer(detach);
  app.post<"/echo">([](BodyStream body) -> Task<Response> {
       co_return Response::stream([body](BodyWriter& out) mutable -> Task<Result<void>> {
         RONDEAU_TRY_VOID(co_await out.write(Bytes::from_static("head ")));
         RONDEAU_TRY(Bytes piece, co_await body.next());
         co_return co_await out.write(std::move(piece));
       });
     }).layer(detach);
  return app;
}

struct Service {
  explicit Service(DetachOptions options = {}) : app(routes(seen, options)) {}
  void ask_and_leave(const std::string& request) {
    testing::Wire wire = app.connect();
    wire.send(request);
  }

  std::shared_ptr<Seen> seen = std::make_shared<Seen>();
  TestApp app;
};

}  // namespace

TEST_CASE("middleware: a detached handler goes on when its client has left, its connection does not") {
  Service service;
  service.ask_and_leave(get("/10"));
  service.app.settle();
  CHECK(service.seen->ended == 0);
  CHECK(service.app.live_tasks() == 1);
  service.app.advance(10s);
  CHECK(service.seen->finished == 1);
  CHECK(service.seen->ended == 1);
  CHECK(service.seen->after == 1);
  CHECK(service.app.live_tasks() == 0);
}

TEST_CASE("middleware: a handler that could be detached answers who stays, and what it left is done once") {
  Service service;
  testing::Wire wire = service.app.connect();
  wire.send(get("/1") + get("/2"));
  service.app.advance(1s);
  CHECK(wire.received().ends_with("after 1"));
  service.app.advance(2s);
  CHECK(wire.received().ends_with("after 2"));
  CHECK(service.seen->after == 2);
  CHECK_FALSE(wire.closed());
}

TEST_CASE("middleware: a detached handler has its limit from its begin, with or without a client") {
  Service service({.limit = 5s});
  service.ask_and_leave(get("/60"));
  testing::Wire stays = service.app.connect();
  stays.send(get("/60"));
  service.app.advance(4'999ms);
  CHECK(service.seen->ended == 0);
  service.app.advance(1ms);
  CHECK(service.seen->ended == 2);
  CHECK(service.seen->finished == 0);
  CHECK(service.seen->after == 0);
  CHECK(stays.received().starts_with("HTTP/1.1 503"));
  CHECK_FALSE(stays.closed());
}

TEST_CASE("middleware: a client that got its 503 for the time of the server leaves the handler behind") {
  Service service({.limit = 60s});
  testing::Wire wire = service.app.connect();
  wire.send(get("/40"));
  service.app.advance(30s);
  CHECK(wire.received().starts_with("HTTP/1.1 503"));
  CHECK(service.seen->ended == 0);
  service.app.advance(10s);
  CHECK(service.seen->finished == 1);
  CHECK(service.seen->after == 1);
}

TEST_CASE("middleware: beyond the number of handlers without a client one is cancelled, and places come back") {
  Service service({.at_once = 2});
  for (int i = 0; i < 3; ++i) service.ask_and_leave(get("/10"));
  service.app.settle();
  CHECK(service.seen->begun == 3);
  CHECK(service.seen->ended == 1);
  // Those that are waited for take no place.
  testing::Wire stays = service.app.connect();
  stays.send(get("/10"));
  service.app.advance(10s);
  CHECK(service.seen->finished == 3);
  CHECK(stays.received().ends_with("after 10"));
  service.ask_and_leave(get("/10"));
  service.app.settle();
  CHECK(service.seen->ended == 4);
  service.app.advance(10s);
  CHECK(service.seen->finished == 4);
}

TEST_CASE("middleware: what a handler throws goes to who waits as without Detach, and ends nothing else") {
  Service service;
  CHECK(service.app.get("/throws").send().status() == StatusCode::InternalServerError);
  service.ask_and_leave(get("/throws"));
  service.app.advance(1s);
  CHECK(service.seen->ended == 2);
}

TEST_CASE("middleware: a body comes to a handler that could be detached, whole, in pieces, and with its trailers") {
  Service service;
  const std::string large(300'000, 'x');  // more than a buffer of the connection has room for
  CHECK((service.app.post("/whole").body(large).send().body() == large));
  service.seen->read.clear();
  CHECK((service.app.post("/pieces").body(large).send().body() == large));
  service.seen->read.clear();
  testing::Wire wire = service.app.connect();
  wire.send("POST /pieces HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n3\r\nabc\r\n");
  service.app.advance(1s);
  wire.send("3\r\ndef\r\n0\r\nX-Sum: 42\r\n\r\n");
  service.app.settle();
  CHECK(wire.received().ends_with("abcdef42"));
  CHECK_FALSE(wire.closed());
}

TEST_CASE("middleware: a detached handler has the body that had come; reading what had not is an error") {
  Service service;
  service.ask_and_leave(post("/whole", 5) + "hello");
  service.app.advance(1s);
  CHECK(service.seen->read == "hello");
  service.seen->read.clear();
  {
    testing::Wire wire = service.app.connect();
    wire.send(post("/pieces", 10) + "hello");
    service.app.advance(1s);
  }
  service.app.settle();
  CHECK(service.seen->read.starts_with("hello|"));
  CHECK(service.seen->ended == 2);
}

TEST_CASE("middleware: a body that is refused is refused with Detach around its handler, too") {
  Service service;
  CHECK(service.app.post("/whole").body(std::string(3 * 1024 * 1024, 'x')).send().status() ==
        StatusCode::ContentTooLarge);
  testing::Wire wire = service.app.connect();
  wire.send("POST /pieces HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
  service.app.settle();
  CHECK(wire.received().starts_with("HTTP/1.1 400"));
  CHECK(wire.closed());
}

TEST_CASE("middleware: an answer that is made while the body is read is cut there, as that is not read any more") {
  Service service;
  testing::Wire wire = service.app.connect();
  wire.send(post("/echo", 5));
  const std::string head = wire.received();
  CHECK(head.find("head ") != std::string::npos);
  CHECK_FALSE(head.ends_with("0\r\n\r\n"));
  CHECK(wire.closed());
}

TEST_CASE("middleware: clients may leave a detached handler at any moment") {
  for (int time = 0; time < 40; ++time) {
    Service service({.limit = 10s, .at_once = 1});
    const std::string all = post("/pieces", 6) + "abcdef" + get("/1");
    {
      testing::Wire wire = service.app.connect();
      wire.send(std::string_view(all).substr(0, static_cast<std::size_t>(time) * 3));
      service.app.advance(std::chrono::milliseconds(time * 30));
    }
    service.app.advance(11s);
    CHECK(service.seen->begun == service.seen->ended);
    REQUIRE(service.app.live_tasks() == 0);
  }
}

TEST_CASE("middleware: a Detach that lets nothing go on, or gives no time, is a mistake of the routes") {
  const auto build = [](DetachOptions options) {
    Router<> app;
    app.get<"/">([] { return "x"; }).layer(Detach(options));
    return app.build();
  };
  CHECK(build({}).has_value());
  CHECK(build({.at_once = 0}).error().message().find("Detach") != std::string::npos);
  CHECK(build({.limit = 0s}).error().message().find("Detach") != std::string::npos);
}
