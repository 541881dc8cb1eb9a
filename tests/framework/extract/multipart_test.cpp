#include <rondeau/rondeau.h>

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=b";

/// A body that arrives one byte at a time, and may break off.
class Drops final : public http::BodySource {
 public:
  explicit Drops(std::string text, Errc end = Errc::Ok) : text_(std::move(text)), end_(end) {}
  Task<Result<Bytes>> next() override {
    if (at_ < text_.size()) co_return Bytes(std::string(1, text_[at_++]));
    if (end_ != Errc::Ok) co_return Error(end_);
    co_return Bytes();
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
  Errc end_;
};

Response ask_dripping(const Router<>& router, std::string text, Errc end = Errc::Ok) {
  auto dispatcher = router.build().value();
  Request request = support::make_request(Method::Post, "/", {{"content-type", kType}});
  Drops source(std::move(text), end);
  request.body() = Body(source);
  return support::wait(dispatcher->handle(Request(request.block())));
}

std::string part(std::string_view parameters, std::string_view content) {
  return "--b\r\nContent-Disposition: form-data; " + std::string(parameters) + "\r\n\r\n" + std::string(content) +
         "\r\n";
}

/// Tells every part; of files the size only.
Task<Result<std::string, Rejection>> tell(Multipart form) {
  std::string text;
  while (auto next = co_await form.next()) {
    if (!*next) co_return Unexpected{std::move(*next).error()};
    Part& part = **next;
    text += part.name() + "=";
    if (part.filename()) {
      std::size_t size = 0;
      while (true) {
        auto piece = co_await part.next();
        if (!piece) co_return Unexpected{std::move(piece).error()};
        if (piece->empty()) break;
        size += piece->size();
      }
      text += *part.filename() + ":" + std::to_string(size) + ";";
    } else {
      auto content = co_await part.text();
      if (!content) co_return Unexpected{std::move(content).error()};
      text += *content + ";";
    }
  }
  co_return text;
}

Router<> telling() {
  Router<> router;
  router.post<"/">(tell);
  return router;
}

}  // namespace

TEST_CASE("extract: a form is had part by part, in one piece or byte by byte") {
  const Router<> router = telling();
  const std::string form = part("name=\"who\"", "Ada") +
                           part("name=\"file\"; filename=\"../a.bin\"", std::string(100'000, '\r')) + "--b--\r\n";
  Asked app(router);
  CHECK(body(app.post("/", {{"content-type", kType}}, form)) == "who=Ada;file=a.bin:100000;");
  CHECK(body(ask_dripping(router, form)) == "who=Ada;file=a.bin:100000;");
}

TEST_CASE("extract: parts that nobody reads are passed over, and checked all the same") {
  Router<> router;
  router.post<"/">([](Multipart form) -> Task<Result<std::string, Rejection>> {
    std::string names;
    while (auto part = co_await form.next()) {
      if (!*part) co_return Unexpected{std::move(*part).error()};
      names += (*part)->name();
    }
    co_return names;
  });
  const std::string form = part("name=a", "1") + part("name=b", "22") + "--b--";
  CHECK(body(ask_dripping(router, form)) == "ab");
  CHECK(status(ask_dripping(router, form.substr(0, form.size() - 2))) == 400);
  CHECK(status(ask_dripping(router, form + "x")) == 400);
}

TEST_CASE("extract: what is wrong with a form is answered by its status") {
  const Router<> router = telling();
  Asked app(router);
  const std::string form = part("name=a", "1") + "--b--";
  struct Case {
    std::string_view content_type;
    unsigned status;
  };
  const Case cases[] = {
      {kType, 200},
      {"Multipart/Form-Data; boundary=\"b\"", 200},
      {"multipart/mixed; boundary=b", 415},
      {"application/x-www-form-urlencoded", 415},
      {"multipart/form-data", 400},
      {"multipart/form-data; boundary=", 400},
      {"multipart/form-data; boundary=b; boundary=b", 400},
      {"multipart/form-data; boundary=c", 400},
  };
  for (const Case& row : cases) {
    CAPTURE(row.content_type);
    CHECK(status(app.post("/", {{"content-type", row.content_type}}, form)) == row.status);
  }
  CHECK(status(app.post("/", {}, form)) == 415);
  CHECK(status(app.post("/", {{"content-type", kType}}, part("name=a", "\xff") + "--b--")) == 400);
  CHECK(status(ask_dripping(router, form.substr(0, 20), Errc::TimedOut)) == 408);
  CHECK(status(ask_dripping(router, form.substr(0, 20), Errc::UnexpectedEof)) == 400);
  CHECK(status(ask_dripping(router, form.substr(0, 20), Errc::TooLarge)) == 413);
}

TEST_CASE("extract: text of a part and the whole form have their limits") {
  const Router<> router = telling();
  Asked app(router);
  const std::string text(http::Limits().max_part_text, 'x');
  CHECK(status(app.post("/", {{"content-type", kType}}, part("name=a", text) + "--b--")) == 200);
  CHECK(status(app.post("/", {{"content-type", kType}}, part("name=a", text + "x") + "--b--")) == 413);

  const std::string form = part("name=a", "1") + "--b--";
  Router<> narrow;
  narrow.post<"/fits">([size = form.size()](Multipart in) {
    in.set_max_total(size);
    return tell(std::move(in));
  });
  narrow.post<"/above">([size = form.size() - 1](Multipart in) {
    in.set_max_total(size);
    return tell(std::move(in));
  });
  Asked small(narrow);
  CHECK(status(small.post("/fits", {{"content-type", kType}}, form)) == 200);
  CHECK(status(small.post("/above", {{"content-type", kType}}, form)) == 413);
}

TEST_CASE("extract: a form that failed fails again") {
  Router<> router;
  router.post<"/">([](Multipart form) -> Task<std::string> {
    std::string text;
    for (int i = 0; i < 3; ++i) {
      auto part = co_await form.next();
      text += !part ? "end " : *part ? "part " : std::to_string(http::code((*part).error().status)) + " ";
    }
    co_return text;
  });
  CHECK(body(ask_dripping(router, part("name=a", "1"))) == "part 400 400 ");
  CHECK(body(ask_dripping(router, part("name=a", "1") + "--b--")) == "part end end ");
}
