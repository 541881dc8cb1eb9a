#include <rondeau/extract/lines.h>

#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::body;
using support::status;

namespace {

class Pieces final : public http::BodySource {
 public:
  Pieces(std::string text, std::size_t step, Errc end) : text_(std::move(text)), step_(step), end_(end) {}
  Task<Result<Bytes>> next() override {
    if (at_ >= text_.size() && end_ != Errc::Ok) co_return Error(end_);
    std::string piece = text_.substr(std::min(at_, text_.size()), step_);
    at_ += step_;
    co_return Bytes(std::move(piece));
  }

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
  Errc end_;
};

std::string ask(const Router<>& router, std::string_view text, std::size_t step, Errc end = Errc::Ok,
                std::string_view type = "application/x-ndjson") {
  const auto dispatcher = router.build().value();
  Request request = support::make_request(Method::Post, "/", {{"content-type", type}});
  Pieces source{std::string(text), step, end};
  request.body() = Body(source);
  const Response answer = support::wait(dispatcher->handle(Request(request.block())));
  return status(answer) == 200 ? body(answer) : std::to_string(status(answer)) + " " + body(answer);
}

Task<Result<std::string, Rejection>> tell(Lines lines) {
  lines.set_max_line(8);
  std::string text;
  while (auto line = co_await lines.next()) {
    if (!*line) {
      auto again = co_await lines.next();
      CHECK((again && !*again && again->error().detail == line->error().detail));
      co_return std::move(*line).error();
    }
    text += "[" + **line + "]";
  }
  CHECK(!co_await lines.next());
  co_return text;
}

struct Event {
  int id;
};
Task<Result<std::string, Rejection>> sum(JsonLines<Event> events) {
  std::string text;
  while (auto event = co_await events.next()) {
    if (!*event && event->error().status == StatusCode::UnprocessableContent) {
      text += "(" + event->error().detail + ")";
      continue;
    }
    if (!*event) co_return std::move(*event).error();
    text += std::to_string((*event)->id) + ",";
  }
  co_return text;
}

}  // namespace

TEST_CASE("extract: lines come one at a time, however their bytes arrive") {
  Router<> router;
  router.post<"/">(tell);
  struct {
    const char* text;
    const char* lines;
  } const rows[] = {
      {"", ""},         {"a", "[a]"},
      {"a\n", "[a]"},   {"a\r\nb", "[a][b]"},
      {"\n\n", "[][]"}, {"a\rb\n", "[a\rb]"},
      {"a\r", "[a\r]"}, {"12345678\r\n", "[12345678]"},
      {"\r\n", "[]"},   {"caf\xc3\xa9\nx", "[caf\xc3\xa9][x]"},
  };
  for (const auto& row : rows) {
    for (std::size_t step : {1U, 2U, 3U, 100U}) CHECK_MESSAGE(ask(router, row.text, step) == row.lines, row.text);
  }
}

TEST_CASE("extract: a line that is too long, no UTF-8, or does not arrive is refused") {
  Router<> router;
  router.post<"/">(tell);
  for (std::size_t step : {1U, 5U, 100U}) {
    CHECK(ask(router, "123456789\n", step).starts_with("413"));
    CHECK(ask(router, "123456789", step).starts_with("413"));
    CHECK(ask(router, "a\n1234567890123", step).starts_with("413"));
    CHECK(ask(router, "\xff\n", step).starts_with("400"));
    CHECK(ask(router, "a\nb", step, Errc::UnexpectedEof).starts_with("400"));
    CHECK(ask(router, "a\nb", step, Errc::TimedOut).starts_with("408"));
  }
}

TEST_CASE("extract: lines of JSON become values; one that does not fit is told with its number") {
  Router<> router;
  router.post<"/">(sum);
  for (std::size_t step : {1U, 7U, 100U}) {
    CHECK(ask(router, "{\"id\":1}\n\n  \r\n{\"id\":2}", step) == "1,2,");
    CHECK(ask(router, "{\"id\":1}\n{\"id\":\"x\"}\n{\"id\":3}\n", step) ==
          "1,(line 2 does not have the expected content)3,");
    const std::string broken = ask(router, "{\"id\":1}\n{\"id\":", step);
    CHECK(broken.starts_with("400"));
    CHECK(broken.find("line 2 is not JSON") != std::string::npos);
  }
  CHECK(ask(router, "{\"id\":1}", 100, Errc::Ok, "application/jsonl; charset=utf-8") == "1,");
  CHECK(ask(router, "{\"id\":1}", 100, Errc::Ok, "application/json").starts_with("415"));
}
