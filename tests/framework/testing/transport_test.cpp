// One service, asked over each transport: what a test sees is the same.
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using testing::TestOptions;
using testing::Transport;

namespace {

constexpr Transport kAll[] = {Transport::Memory, Transport::Tcp, Transport::Unix, Transport::Tls};

struct Seen {
  int pieces = 0;
  int ended = 0;
};
struct OnEnd {
  std::shared_ptr<Seen> seen;
  ~OnEnd() { ++seen->ended; }
};
struct Upload {
  std::string name;
  UploadFile file;
};

AsyncGenerator<std::string> ticks() {
  for (int i = 1; i <= 3; ++i) {
    co_await sleep_for(10s);
    co_yield "tick " + std::to_string(i);
  }
}

Router<> routes(std::shared_ptr<Seen> seen = std::make_shared<Seen>()) {
  Router<> app;
  app.get<"/">([] { return "hello"; });
  app.get<"/big">([] { return Response::bytes(Bytes(std::string(300'000, 'b'))); });
  app.get<"/slow">([seen]() -> Task<std::string> {
    const OnEnd end{seen};
    co_await sleep_for(20s);
    co_return "at last";
  });
  app.get<"/who">([](ConnectInfo peer, Scheme scheme) {
    const std::string address = peer->to_string();
    return *scheme + " " + address.substr(0, address.find(':'));
  });
  app.post<"/pieces">([seen](BodyStream body) -> Task<std::string> {
    std::string all;
    for (;;) {
      auto piece = co_await body.next();
      if (!piece || piece->empty()) co_return all;
      ++seen->pieces;
      all += piece->view();
    }
  });
  app.post<"/upload">([](MultipartForm<Upload> form) -> Task<std::string> {
    const auto content = co_await form->file.read_all(1'000'000);
    co_return form->name + ": " + std::string(content.value().view());
  });
  app.get<"/events">([] { return Sse(ticks()); });
  app.ws<"/ws">([](WebSocket<> socket) -> Task<void> {
    while (auto message = co_await socket.recv()) static_cast<void>(co_await socket.send(*std::move(message)));
  });
  return app;
}

std::string asked(TestApp& app, std::string body) {
  return app.post("/pieces").body(std::move(body)).send().body();
}

struct Variable {
  Variable(const char* of, const char* value) : name(of) {
    if (const char* const old = std::getenv(name)) before = old;
    ::setenv(name, value, 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before ? ::setenv(name, before->c_str(), 1) : ::unsetenv(name); }
  const char* name;
  std::optional<std::string> before;
};

}  // namespace

TEST_CASE("testing: over each transport requests are answered, small and large, one way and the other") {
  for (const Transport transport : kAll) {
    CAPTURE(static_cast<int>(transport));
    TestApp app(routes(), {.transport = transport});
    CHECK(app.get("/").send().body() == "hello");
    CHECK(app.head("/").send().header("content-length") == "5");
    CHECK(app.get("/big").send().body() == std::string(300'000, 'b'));
    const std::string body(300'000, 'x');
    CHECK(asked(app, body) == body);
    CHECK(app.wire("GET / HTTP/1.1\r\nHost: a\r\n\r\n").ends_with("hello"));
  }
}

TEST_CASE("testing: over each transport the clock is the test's own") {
  for (const Transport transport : kAll) {
    CAPTURE(static_cast<int>(transport));
    TestApp app(routes(), {.transport = transport});
    const Instant begin = app.now();
    CHECK(app.get("/slow").send().body() == "at last");
    CHECK(app.now() - begin == 20s);
    testing::Wire wire = app.connect();
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(wire.received().ends_with("hello"));
    app.advance(75s - 1ms);
    CHECK_FALSE(wire.closed());
    app.advance(1ms);
    CHECK(wire.closed());
  }
}

TEST_CASE("testing: over each transport events, WebSockets and uploads pass") {
  for (const Transport transport : kAll) {
    CAPTURE(static_cast<int>(transport));
    TestApp app(routes(), {.transport = transport});
    CHECK(app.get("/events").send().body() == "data: tick 1\n\ndata: tick 2\n\ndata: tick 3\n\n");
    testing::TestWebSocket socket = app.websocket("/ws");
    socket.send("to and fro");
    CHECK(socket.text() == "to and fro");
    CHECK(socket.close()->code == websocket::CloseCode::Normal);
    const std::string form =
        "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nann\r\n"
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" +
        std::string(100'000, 'f') + "\r\n--x--\r\n";
    const auto answer = app.post("/upload").header("content-type", "multipart/form-data; boundary=x").body(form).send();
    CHECK(answer.body() == "ann: " + std::string(100'000, 'f'));
  }
}

TEST_CASE(
    "testing: over each transport a client that ends its half is answered, and one that is gone ends its handler") {
  for (const Transport transport : kAll) {
    CAPTURE(static_cast<int>(transport));
    const auto seen = std::make_shared<Seen>();
    TestApp app(routes(seen), {.transport = transport});
    testing::Wire wire = app.connect();
    wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wire.finish();
    CHECK(wire.received().ends_with("hello"));
    CHECK(wire.closed());
    {
      testing::Wire gone = app.connect();
      gone.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
      CHECK(seen->ended == 0);
    }
    app.settle();
    CHECK(seen->ended == 1);
    CHECK(app.live_tasks() == 0);
  }
}

TEST_CASE("testing: a handler sees over what it is asked") {
  const auto told = [](Transport transport) {
    TestApp app(routes(), {.transport = transport});
    return app.get("/who").send().body();
  };
  CHECK(told(Transport::Tcp) == "http 127.0.0.1");
  CHECK(told(Transport::Unix).starts_with("http "));
  CHECK(told(Transport::Tls) == "https 127.0.0.1");
}

TEST_CASE("testing: a seed cuts what the service reads and writes, the same each time, and changes no answer") {
  const std::string body(20'000, 'x');
  const auto pieces = [&](Transport transport, std::optional<std::uint64_t> seed) {
    const auto seen = std::make_shared<Seen>();
    TestApp app(routes(seen), {.transport = transport, .seed = seed});
    CHECK(asked(app, body) == body);
    CHECK(app.websocket("/ws").close()->code == websocket::CloseCode::Normal);
    return seen->pieces;
  };
  for (const Transport transport : kAll) {
    CAPTURE(static_cast<int>(transport));
    const int once = pieces(transport, 7);
    CHECK(once == pieces(transport, 7));
    // A record of TLS is one piece, however it comes.
    if (transport != Transport::Tls) CHECK(once > pieces(transport, std::nullopt));
  }
}

TEST_CASE("testing: the environment names transport and seed, and what it cannot mean is an error") {
  const auto transport = [](const char* name) {
    const Variable set("RONDEAU_TEST_TRANSPORT", name);
    return testing::transport_of_environment();
  };
  CHECK(transport("") == Transport::Memory);
  CHECK(transport("memory") == Transport::Memory);
  CHECK(transport("tcp") == Transport::Tcp);
  CHECK(transport("unix") == Transport::Unix);
  CHECK(transport("tls") == Transport::Tls);
  CHECK_THROWS_AS(transport("TCP"), std::runtime_error);
  const auto seed = [](const char* text) {
    const Variable set("RONDEAU_TEST_SEED", text);
    return testing::seed_of_environment();
  };
  CHECK(seed("") == std::nullopt);
  CHECK(seed("0") == 0);
  CHECK(seed("18446744073709551615") == ~std::uint64_t{0});
  CHECK(seed("random") == seed("random"));
  for (const char* bad : {"x", "-1", "1 ", "18446744073709551616"}) CHECK_THROWS_AS(seed(bad), std::runtime_error);
}
