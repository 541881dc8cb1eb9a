// The bound that a route or a router puts on bodies, whoever reads them and however they come.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;

namespace {

struct Picture {
  std::optional<UploadFile> image;
};

Task<Result<std::string, StatusCode>> count(BodyStream body) {
  std::size_t bytes = 0;
  for (;;) {
    const auto piece = co_await body.next();
    if (!piece) co_return Unexpected{http::status_of_body_error(piece.error())};
    if (piece->empty()) co_return std::to_string(bytes);
    bytes += piece->size();
  }
}

/// Says that all is well whatever the body was.
Task<std::string> believe(BodyStream body) {
  while (true) {
    const auto piece = co_await body.next();
    if (!piece || piece->empty()) co_return "well";
  }
}

Task<Result<std::string, Rejection>> lines(Lines lines) {
  std::size_t bytes = 0;
  while (auto line = co_await lines.next()) {
    if (!*line) co_return Unexpected{std::move(*line).error()};
    bytes += (*line)->size();
  }
  co_return std::to_string(bytes);
}

Task<Result<std::string, Rejection>> parts(Multipart form) {
  std::size_t parts = 0;
  while (auto part = co_await form.next()) {
    if (!*part) co_return Unexpected{std::move(*part).error()};
    ++parts;
  }
  co_return std::to_string(parts);
}

Task<std::string> whole(Request request) {
  const auto read = co_await request.body().buffer(1'000'000);
  co_return read ? std::to_string(request.body().buffered().size()) : "unread";
}

/// Each way to read a body, at a path of its own.
Router<> readers() {
  Router<> app;
  app.post<"/stream">(count);
  app.post<"/believe">(believe);
  app.post<"/lines">(lines);
  app.post<"/json-lines">([](JsonLines<int> numbers) -> Task<Result<std::string, Rejection>> {
    while (auto number = co_await numbers.next()) {
      if (!*number) co_return Unexpected{std::move(*number).error()};
    }
    co_return "read";
  });
  app.post<"/multipart">(parts);
  app.post<"/form">([](MultipartForm<Picture> form) { return std::to_string(form->image->size()); });
  app.post<"/request">(whole);
  app.post<"/text">([](std::string body) { return std::to_string(body.size()); });
  return app;
}

constexpr std::string_view kPaths[] = {"/stream", "/believe", "/lines",   "/json-lines",
                                       "/multipart", "/form", "/request", "/text"};

/// A body of exactly so many bytes that this path understands.
std::string body_for(std::string_view path, std::size_t bytes) {
  const auto filled = [&](std::string_view before, std::string_view behind, char with) {
    return std::string(before) + std::string(bytes - before.size() - behind.size(), with) + std::string(behind);
  };
  if (path == "/json-lines") return filled("1\n", "2", '\n');
  if (path != "/multipart" && path != "/form") return filled("", "", 'x');
  return filled("--b\r\nContent-Disposition: form-data; name=image; filename=i\r\n\r\n", "\r\n--b--\r\n", 'x');
}

std::string head_for(std::string_view path, std::string_view framing) {
  std::string type = "text/plain";
  if (path == "/json-lines") type = "application/x-ndjson";
  if (path == "/multipart" || path == "/form") type = "multipart/form-data; boundary=b";
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nContent-Type: " + type + "\r\n" + std::string(framing) +
         "\r\n\r\n";
}

std::string known(std::string_view path, std::size_t bytes) {
  return head_for(path, "Content-Length: " + std::to_string(bytes)) + body_for(path, bytes);
}

std::string chunk(std::string_view content) {
  char size[32];
  std::snprintf(size, sizeof(size), "%zx\r\n", content.size());
  return size + std::string(content) + "\r\n";
}

/// The answer to a chunked body that comes in two pieces, the first with its head or behind it.
int answer_to_pieces(TestApp& app, std::string_view path, std::size_t bytes, bool with_head) {
  const std::string body = body_for(path, bytes);
  testing::Wire wire = app.connect();
  const std::string head = head_for(path, "Transfer-Encoding: chunked");
  const std::string first = chunk(body.substr(0, 150));
  wire.send(with_head ? head + first : head);
  if (!with_head) wire.send(first);
  wire.send(chunk(body.substr(150)) + "0\r\n\r\n");
  const std::string answer = wire.received();
  return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
}

int status_of(const std::string& answer) { return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0; }

}  // namespace

TEST_CASE("server: body_limit bounds a body however it is read, and whether or not its length is known") {
  Router<> app;
  app.nest<"/api">(readers()).body_limit(200);
  TestApp service(app);
  for (const std::string_view path : kPaths) {
    CAPTURE(path);
    const std::string at = "/api" + std::string(path);
    const auto moved = [&](std::string request) { return request.insert(request.find('/'), "/api"); };
    CHECK(status_of(service.wire(moved(known(path, 200)))) == 200);
    CHECK(status_of(service.wire(moved(known(path, 201)))) == 413);
  }
  Router<> bare = readers();
  bare.body_limit(200);
  TestApp direct(bare);
  for (const std::string_view path : kPaths) {
    for (const bool with_head : {true, false}) {
      CAPTURE(path);
      CAPTURE(with_head);
      CHECK(answer_to_pieces(direct, path, 200, with_head) == 200);
      CHECK(answer_to_pieces(direct, path, 201, with_head) == 413);
    }
  }
}

TEST_CASE("server: a body known to be longer than body_limit is refused before it comes") {
  Router<> app;
  app.post<"/stream">(count).body_limit(200);
  TestApp service(app);
  testing::Wire wire = service.connect();
  wire.send("POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 201\r\nExpect: 100-continue\r\n\r\n");
  CHECK(status_of(wire.received()) == 413);
}

TEST_CASE("server: a chunk that is announced is too long before it comes, even with the head") {
  Router<> app;
  app.post<"/stream">(count).body_limit(200);
  TestApp service(app);
  testing::Wire wire = service.connect();
  wire.send(head_for("/stream", "Transfer-Encoding: chunked") + "c9\r\nx");
  CHECK(status_of(wire.received()) == 413);
  CHECK(wire.closed());
}

TEST_CASE("server: the innermost body_limit wins, over routers and over the limits of the server, up and down") {
  Limits limits;
  limits.max_streamed_body = 100;
  limits.max_buffered_body = 100;
  limits.max_multipart = 100;
  Router<> inner;
  inner.body_limit(300);
  inner.post<"/stream">(count);
  inner.post<"/text">([](std::string body) { return std::to_string(body.size()); }).body_limit(50);
  inner.post<"/form">([](MultipartForm<Picture> form) { return std::to_string(form->image->size()); }).body_limit(400);
  inner.fallback([](std::string body) { return std::to_string(body.size()); });
  Router<> app;
  app.body_limit(10);
  app.merge(std::move(inner));
  app.post<"/request">(whole);
  TestApp service(app, limits);
  CHECK(status_of(service.wire(known("/stream", 300))) == 200);
  CHECK(status_of(service.wire(known("/stream", 301))) == 413);
  CHECK(answer_to_pieces(service, "/stream", 300, true) == 200);
  CHECK(answer_to_pieces(service, "/stream", 300, false) == 200);
  CHECK(answer_to_pieces(service, "/stream", 301, true) == 413);
  CHECK(status_of(service.wire(known("/text", 50))) == 200);
  CHECK(status_of(service.wire(known("/text", 51))) == 413);
  CHECK(status_of(service.wire(known("/form", 400))) == 200);
  CHECK(status_of(service.wire(known("/form", 401))) == 413);
  CHECK(status_of(service.wire(known("/nowhere", 300))) == 200);
  CHECK(status_of(service.wire(known("/nowhere", 301))) == 413);
  CHECK(status_of(service.wire(known("/request", 10))) == 200);
  CHECK(status_of(service.wire(known("/request", 11))) == 413);
}

TEST_CASE("server: a limit on bodies read whole holds where the first piece alone is above it") {
  Limits limits;
  limits.max_buffered_body = 100;
  Router<> app;
  app.post<"/text">([](std::string body) { return std::to_string(body.size()); });
  TestApp service(app, limits);
  CHECK(answer_to_pieces(service, "/text", 300, true) == 413);
}
