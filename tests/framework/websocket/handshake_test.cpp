// The opening handshake (RFC 6455 §4.2): who may in, and what is agreed on.
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/websocket/handshake.h>

using namespace rondeau;

namespace {

Task<void> tell_protocol(WebSocket<> socket) {
  const std::string protocol(socket.subprotocol());
  static_cast<void>(co_await socket.send(websocket::Message::text(protocol)));
}

Router<> routes(websocket::Options options = {}) {
  Router<> app;
  app.ws<"/ws">(&tell_protocol, std::move(options));
  return app;
}

constexpr std::string_view kGood =
    "Host: example.org\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The good request with `from` replaced.
std::string with(std::string_view from, std::string_view to, std::string_view method = "GET") {
  std::string fields(kGood);
  if (!from.empty()) fields.replace(fields.find(from), from.size(), to);
  return std::string(method) + " /ws HTTP/1.1\r\n" + fields + "\r\n";
}

std::string answer_to(const std::string& request, websocket::Options options = {}) {
  TestApp app(routes(std::move(options)));
  return app.wire(request);
}

std::string value(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t from = at + name.size() + 4;
  return answer.substr(from, answer.find("\r\n", from) - from);
}

}  // namespace

TEST_CASE("websocket: the key is answered as in RFC 6455 §1.3") {
  CHECK(websocket::accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const std::string answer = answer_to(with("", ""));
  CHECK(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(value(answer, "Upgrade") == "websocket");
  CHECK(value(answer, "Connection") == "Upgrade");
  CHECK(value(answer, "Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(value(answer, "Sec-WebSocket-Protocol").empty());
  CHECK(value(answer, "Sec-WebSocket-Extensions").empty());
}

TEST_CASE("websocket: what is no handshake, or a bad one, has its status") {
  struct Case {
    std::string request;
    int status;
  };
  const Case cases[] = {
      {with("Upgrade: websocket", "X: y"), 426},
      {with("Upgrade: websocket", "Upgrade: h2c"), 426},
      {with("keep-alive, Upgrade", "keep-alive"), 426},
      {with("", "", "HEAD"), 426},
      {with("Version: 13", "Version: 8"), 426},
      {with("Version: 13", "Version: 013"), 426},
      {with("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13"), 426},
      {with("Sec-WebSocket-Version: 13\r\n", ""), 426},
      {with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400},
      {with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"), 400},
      {with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ"), 400},
      {with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZSE="), 400},
      {with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZR=="), 400},
      {with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
       400},
      {with("Host:", "Content-Length: 1\r\nHost:"), 400},
      {with("Host:", "Sec-WebSocket-Protocol: a b\r\nHost:"), 400},
      {with("", "", "POST"), 405},
      {with("Upgrade: websocket", "Upgrade: h2c, WebSocket"), 101},
  };
  for (const Case& c : cases) {
    INFO(c.request);
    const std::string answer = answer_to(c.request);
    CHECK(answer.substr(0, 12) == "HTTP/1.1 " + std::to_string(c.status));
    if (c.status != 426) continue;
    CHECK(value(answer, "Upgrade") == "websocket");
    CHECK(value(answer, "Sec-WebSocket-Version") == "13");
    CHECK(value(answer, "Connection") == "upgrade");
  }
}

TEST_CASE("websocket: pages of the same origin may connect, and those that are listed; who names none is no page") {
  struct Case {
    std::string_view origin;
    std::string_view authority;
    bool same;
  };
  const Case cases[] = {
      {"http://example.org", "example.org", true},
      {"https://example.org", "example.org", true},
      {"https://EXAMPLE.org", "example.ORG", true},
      {"http://example.org:80", "example.org", true},
      {"https://example.org", "example.org:443", true},
      {"http://example.org:8080", "example.org:8080", true},
      {"http://[::1]:8080", "[::1]:8080", true},
      {"http://example.org:8080", "example.org", false},
      {"https://example.org", "example.org:80", false},
      {"http://example.org.evil.com", "example.org", false},
      {"http://evil.com", "example.org", false},
      {"null", "example.org", false},
      {"file://", "example.org", false},
      {"ftp://example.org", "example.org", false},
      {"http://example.org/", "example.org", false},
      {"http://user@example.org", "example.org", false},
      {"", "example.org", false},
  };
  for (const Case& c : cases) {
    INFO(c.origin, " at ", c.authority);
    CHECK(websocket::is_same_origin(c.origin, c.authority) == c.same);
  }

  const auto from = [](std::string_view origin) {
    return with("Host:", "Origin: " + std::string(origin) + "\r\nHost:");
  };
  CHECK(answer_to(from("http://example.org")).starts_with("HTTP/1.1 101 "));
  CHECK(answer_to(from("http://evil.com")).starts_with("HTTP/1.1 403 "));
  CHECK(answer_to(from("http://example.org\r\nOrigin: http://example.org")).starts_with("HTTP/1.1 403 "));
  const websocket::Options listed{.origins = {"https://app.example.net", "null"}};
  CHECK(answer_to(from("https://app.example.net"), listed).starts_with("HTTP/1.1 101 "));
  CHECK(answer_to(from("null"), listed).starts_with("HTTP/1.1 101 "));
  CHECK(answer_to(from("http://app.example.net"), listed).starts_with("HTTP/1.1 403 "));
  CHECK(answer_to(from("http://example.org"), listed).starts_with("HTTP/1.1 101 "));
  CHECK(answer_to(from("http://evil.com"), {.origins = {"*"}}).starts_with("HTTP/1.1 101 "));
}

TEST_CASE("websocket: of the subprotocols offered the server's first is taken, or none") {
  struct Case {
    std::string_view offer;
    std::string_view chosen;
  };
  const Case cases[] = {{"chat.v1", "chat.v1"},
                        {"chat.v1, chat.v2", "chat.v2"},
                        {"chat.v2,chat.v1", "chat.v2"},
                        {"other", ""},
                        {"CHAT.V2", ""},
                        {"other\r\nSec-WebSocket-Protocol: chat.v1", "chat.v1"}};
  for (const Case& c : cases) {
    TestApp app(routes({.subprotocols = {"chat.v2", "chat.v1"}}));
    auto socket = app.get("/ws").header("Sec-WebSocket-Protocol", c.offer).websocket();
    CHECK(socket.subprotocol() == c.chosen);
    CHECK(socket.text() == c.chosen);
  }
}

TEST_CASE("websocket: extractors run before the handshake is answered; their rejections are answers") {
  struct State {
    std::string greeting = "hello ";
  };
  Router<State> app(State{});
  app.ws<"/u/{id}">([](rondeau::State<State> state, Path<"id", int> id, WebSocket<> socket) -> Task<void> {
    static_cast<void>(co_await socket.send(websocket::Message::text(state->greeting + std::to_string(*id))));
  });
  TestApp test(app);
  CHECK(test.websocket("/u/7").text() == "hello 7");
  CHECK_THROWS_WITH_AS(test.websocket("/u/seven"), doctest::Contains("HTTP/1.1 400"), std::runtime_error);
}

TEST_CASE("websocket: the connection stays HTTP behind a refused handshake") {
  TestApp app(routes());
  const std::string answers = app.wire(with("Version: 13", "Version: 8") + with("", ""));
  CHECK(answers.starts_with("HTTP/1.1 426 "));
  CHECK(answers.find("HTTP/1.1 101 ") != std::string::npos);
}
