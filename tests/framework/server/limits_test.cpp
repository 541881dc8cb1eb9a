// One row for each limit on the size of a request: just below is served, just above gets what the table says.
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;

namespace {

Router<> takes_all() {
  Router<> app;
  app.fallback([](Bytes) { return StatusCode::Ok; });
  return app;
}

std::string with_fields(std::size_t fields) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 1; i < fields; ++i) head += "X: y\r\n";
  return head + "\r\n";
}

std::string with_head_of(std::size_t bytes) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  // Lines below the limit of a single one.
  while (head.size() + 2 < bytes) {
    std::size_t line = std::min<std::size_t>(bytes - 2 - head.size(), 8 * 1024);
    if (std::size_t left = bytes - 2 - head.size() - line; left > 0 && left < 16) line -= 16;
    head += "X: " + std::string(line - 5, 'x') + "\r\n";
  }
  return head + "\r\n";
}

std::string with_line_of(std::size_t bytes) {
  return "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(bytes - 5, 'x') + "\r\n\r\n";
}

std::string with_target_of(std::size_t bytes) {
  return "GET /" + std::string(bytes - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string with_body_of(std::size_t bytes) {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
         std::string(bytes, 'x');
}

std::string chunked(const std::string& behind) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + behind;
}

std::string with_trailers(std::size_t fields) {
  std::string trailers;
  for (std::size_t i = 0; i < fields; ++i) trailers += "X: y\r\n";
  return chunked("0\r\n" + trailers + "\r\n");
}

std::string with_extension_of(std::size_t bytes) {
  return chunked("1;" + std::string(bytes, 'e') + "\r\nx\r\n0\r\n\r\n");
}

struct Row {
  const char* limit;
  std::string below;
  std::string above;
  int status;
};

int status_of(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}

}  // namespace

TEST_CASE("server: what is just below a limit is served, and what is above gets the status of that limit") {
  const Limits limits;
  const Row rows[] = {
      {"target", with_target_of(limits.max_target), with_target_of(limits.max_target + 1), 414},
      {"method", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", std::string(33, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"head", with_head_of(limits.max_head), with_head_of(limits.max_head + 1), 431},
      {"field line", with_line_of(limits.max_field_line - 2), with_line_of(limits.max_field_line + 3), 431},
      {"fields", with_fields(limits.max_fields), with_fields(limits.max_fields + 1), 431},
      {"blank lines", "\r\n\r\n" + with_fields(1), "\r\n\r\n\r\n" + with_fields(1), 400},
      {"trailer fields", with_trailers(limits.max_trailer_fields), with_trailers(limits.max_trailer_fields + 1), 431},
      {"chunk framing", with_extension_of(limits.chunk_overhead - 16), with_extension_of(limits.chunk_overhead + 64),
       400},
      {"buffered body", with_body_of(limits.max_buffered_body), with_body_of(limits.max_buffered_body + 1), 413},
  };
  TestApp app(takes_all());
  for (const Row& row : rows) {
    CAPTURE(row.limit);
    testing::Wire below = app.connect();
    CHECK(below.send(row.below));
    CHECK(status_of(below.received()) == 200);
    CHECK_FALSE(below.closed());
    testing::Wire above = app.connect();
    above.send(row.above);
    CHECK(status_of(above.received()) == row.status);
    CHECK(above.closed());
  }
}

TEST_CASE("server: a bound on streamed bodies holds for known and for unknown lengths") {
  Limits limits;
  limits.max_streamed_body = 100;
  Router<> router;
  router.post<"/">([](BodyStream body) -> Task<Response> {
    std::size_t size = 0;
    for (;;) {
      auto piece = co_await body.next();
      if (!piece) co_return Response(StatusCode::Conflict);
      if (piece->empty()) co_return Response::text(std::to_string(size));
      size += piece->size();
    }
  });
  TestApp app(router, limits);
  CHECK(app.wire(with_body_of(100)).ends_with("\r\n\r\n100"));
  CHECK(status_of(app.wire(with_body_of(101))) == 413);
  CHECK(app.wire(chunked("64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n")).ends_with("\r\n\r\n100"));
  CHECK(status_of(app.wire(chunked("65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n"))) == 413);
}
