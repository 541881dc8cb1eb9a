// Requests that are handed on: what passes, what stays behind, what comes back.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <rondeau/client/reverse_proxy.h>
#include <rondeau/extract/body.h>
#include <rondeau/rondeau.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// "name: value" lines of what arrived.
std::string echo_head(Request request) {
  std::string text = std::string(to_string(request.method())) + ' ' + std::string(request.target()) + '\n';
  for (const auto field : request.headers()) text += std::string(field.name) + ": " + std::string(field.value) + '\n';
  return text;
}

task::AsyncGenerator<Bytes> ticks() {
  co_yield Bytes::copy_of("one ");
  co_await sleep_for(10s);
  co_yield Bytes::copy_of("two");
}

task::AsyncGenerator<Result<Bytes>> breaks() {
  co_yield Bytes::copy_of("half");
  co_yield Error(Errc::UnexpectedEof);
}

Router<> upstream() {
  Router<> app;
  app.get<"/base/head">(echo_head);
  app.post<"/base/echo">([](Bytes body) { return Response::bytes(std::move(body), "text/x-echo"); });
  app.get<"/base/ticks">([] { return Response::stream(ticks(), "text/plain"); });
  app.get<"/base/breaks">([] { return Response::stream(breaks(), "text/plain"); });
  app.get<"/base/moved">([] { return Response::redirect("/elsewhere"); });
  app.get<"/base/fields">([] {
    return Response::text("x")
        .header("Connection", "x-private")
        .header("X-Private", "1")
        .header("X-Public", "2")
        .header("Via", "1.1 inner");
  });
  app.get<"/base/slow">([]() -> Task<std::string> {
    co_await sleep_for(60s);
    co_return "late";
  });
  app.get<"/base/none">([] { return StatusCode::NoContent; });
  const auto talk = [](WebSocket<> socket) -> Task<void> {
    while (auto message = co_await socket.recv()) {
      if (!co_await socket.send(*message)) co_return;
    }
  };
  app.ws<"/base/talk">(talk, {.subprotocols = {"chat"}});
  return app;
}

Router<> front(Client client, client::ProxyHost host = client::ProxyHost::Upstream) {
  Router<> app;
  app.any<"/{*rest}">(ReverseProxy(std::move(client), "http://upstream:9000/base/", host));
  return app;
}

Client to_upstream() {
  return Client::in_process(upstream().build().value());
}

bool has(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

}  // namespace

TEST_CASE("reverse proxy: the path goes on behind the base, fields of the connection stay, the proxy is told of") {
  TestApp app(front(to_upstream()));
  const auto answer = app.get("/head?a=b&c")
                          .header("x-mine", "1")
                          .header("connection", "x-hop")
                          .header("x-hop", "2")
                          .header("te", "trailers")
                          .header("forwarded", "for=6.6.6.6")
                          .header("x-forwarded-for", "6.6.6.6")
                          .send();
  const std::string seen = answer.body();
  CHECK(has(seen, "GET /base/head?a=b&c\n"));
  CHECK(has(seen, "x-mine: 1\n"));
  CHECK_FALSE(has(seen, "x-hop"));
  CHECK_FALSE(has(seen, "6.6.6.6"));
  CHECK_FALSE(has(seen, "te: "));
  CHECK(has(seen, "Host: upstream:9000\n"));
  CHECK(has(seen, "Via: 1.1 rondeau\n"));
  CHECK(has(seen, "X-Forwarded-Proto: http\n"));
  CHECK(answer.header("via") == "1.1 rondeau");
}

TEST_CASE("reverse proxy: Max-Forwards counts the proxies of OPTIONS and TRACE, and ends with an answer of its own") {
  struct Row {
    Method method;
    std::string_view field;
    unsigned status;
    std::string_view seen;  ///< by the other server
  };
  constexpr Row kRows[] = {
      {Method::Options, "3", 200, "2"},
      {Method::Options, "1", 200, "0"},
      {Method::Options, "0", 204, ""},
      {Method::Options, "00", 204, ""},
      {Method::Options, "99999999999999999999999", 200, "18446744073709551614"},
      {Method::Options, "x", 400, ""},
      {Method::Options, "-1", 400, ""},
      {Method::Options, "1 2", 400, ""},
      {Method::Options, "", 400, ""},
      {Method::Trace, "0", 405, ""},  // no route takes it that does not name it
      {Method::Get, "0", 200, "0"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.method);
    CAPTURE(row.field);
    std::string seen;
    Router<> upstream;
    upstream.any<"/{*rest}">([&](Request request) {
      seen = request.header("max-forwards").value_or("none");
      return StatusCode::Ok;
    });
    TestApp app(front(Client::in_process(upstream.build().value())));
    CHECK(http::code(app.request(row.method, "/x").header("max-forwards", row.field).send().status()) == row.status);
    CHECK(seen == row.seen);
  }
}

TEST_CASE("reverse proxy: the host of the client may go on") {
  TestApp app(front(to_upstream(), client::ProxyHost::Original));
  const std::string seen = app.get("http://shop.example/head").send().body();
  CAPTURE(seen);
  CHECK(has(seen, "Host: shop.example\n"));
  CHECK(has(seen, "X-Forwarded-Host: shop.example\n"));
}

TEST_CASE("reverse proxy: bodies go through both ways, as they come") {
  TestApp app(front(to_upstream()));
  const std::string large(1'500'000, 'x');
  const auto echoed = app.post("/echo").header("content-type", "text/x-mine").body(large).send();
  CHECK(echoed.status() == StatusCode::Ok);
  CHECK((echoed.body() == large));
  CHECK(echoed.header("content-type") == "text/x-echo");
  const Instant begun = app.now();
  CHECK(app.get("/ticks").send().body() == "one two");
  CHECK(app.now() - begun >= 10s);
}

TEST_CASE("reverse proxy: answers pass with their fields, but for those of the connection") {
  TestApp app(front(to_upstream()));
  const auto fields = app.get("/fields").send();
  CHECK_FALSE(fields.header("x-private").has_value());
  CHECK(fields.header("x-public") == "2");
  CHECK(fields.header("via") == "1.1 inner, 1.1 rondeau");
  const auto moved = app.get("/moved").send();
  CHECK(moved.status() == StatusCode::SeeOther);
  CHECK(moved.header("location") == "/elsewhere");
  CHECK(app.get("/none").send().status() == StatusCode::NoContent);
  CHECK(app.get("/nowhere").send().status() == StatusCode::NotFound);
  const auto head = app.request(Method::Head, "/fields").send();
  CHECK(head.status() == StatusCode::Ok);
}

TEST_CASE("reverse proxy: what goes wrong behind it has its status") {
  const auto status_of = [](Errc code) {
    TestApp app(front(Client::mock([code](Request) -> Task<Result<Response>> { co_return Error(code); })));
    return app.get("/any").send().status();
  };
  CHECK(status_of(Errc::ConnectionRefused) == StatusCode::BadGateway);
  CHECK(status_of(Errc::InvalidData) == StatusCode::BadGateway);
  CHECK(status_of(Errc::TimedOut) == StatusCode::GatewayTimeout);
}

TEST_CASE("reverse proxy: an answer that breaks off is cut, and is no whole one") {
  TestApp app(front(to_upstream()));
  CHECK_THROWS(static_cast<void>(app.get("/breaks").send()));
}

TEST_CASE("reverse proxy: a WebSocket goes through, with what both ends agree on") {
  TestApp app(front(to_upstream()));
  auto socket = app.get("/talk").header("sec-websocket-protocol", "other, chat").websocket();
  CHECK(socket.subprotocol() == "chat");
  socket.send("hello");
  CHECK(socket.text() == "hello");
  const std::string large(300'000, 'x');
  socket.send(large);
  CHECK((socket.text() == large));
  const auto closed = socket.close(CloseCode::Normal, "done");
  REQUIRE(closed.has_value());
  CHECK(closed->code == CloseCode::Normal);
}

TEST_CASE("reverse proxy: a refused upgrade is answered as the other server answers") {
  TestApp app(front(to_upstream()));
  const auto asks = [&app](const char* path, std::string_view version) {
    return app.get(path)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", version)
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .send();
  };
  const auto old = asks("/talk", "8");
  CHECK(old.status() == StatusCode::UpgradeRequired);
  CHECK(old.header("sec-websocket-version") == "13");
  // A server need not hear of another protocol (RFC 9110 §7.8).
  CHECK(asks("/fields", "13").header("x-public") == "2");
  CHECK(asks("/nowhere", "13").status() == StatusCode::NotFound);
}

TEST_CASE("reverse proxy: an upgrade to nobody, and to somebody who goes over to something else, is a 502") {
  const auto answered = [](auto answer) {
    TestApp app(front(Client::mock(answer)));
    return app.get("/talk")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .send()
        .status();
  };
  CHECK(answered([](Request) -> Task<Result<Response>> { co_return Error(Errc::ConnectionRefused); }) == StatusCode::BadGateway);
  CHECK(answered([](Request) -> Task<Result<Response>> { co_return Response(StatusCode::SwitchingProtocols); }) ==
        StatusCode::BadGateway);
}

TEST_CASE("reverse proxy: a base is a URL, without a query") {
  CHECK_FALSE(ReverseProxy::to("upstream:9000").has_value());
  CHECK_FALSE(ReverseProxy::to("http://upstream/?q").has_value());
}
