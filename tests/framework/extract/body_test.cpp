#include <rondeau/rondeau.h>

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

struct NewLink {
  std::string url;
  std::optional<std::string> alias;
  Ranged<int, 1, 10> weight = 1;
};

/// A body that arrives in the given pieces, one at a time.
class Pieces final : public http::BodySource {
 public:
  explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  Task<Result<Bytes>> next() override {
    if (at_ == pieces_.size()) co_return Bytes();
    co_return Bytes(pieces_[at_++]);
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
};

Response ask_streaming(const Router<>& router, std::vector<std::string> pieces) {
  auto dispatcher = router.build().value();
  Request request = support::make_request(Method::Post, "/", {{"content-type", "application/json"}});
  Pieces source(std::move(pieces));
  request.body() = Body(source);
  return support::wait(dispatcher->handle(Request(request.block())));
}

}  // namespace

TEST_CASE("extract: Json says which of content type, syntax and content is wrong") {
  Router<> router;
  router.post<"/links">([](Json<NewLink> in) { return in->url + in->alias.value_or(""); });
  Asked app(router);
  struct Case {
    std::string_view content_type;
    std::string_view body;
    unsigned status;
    std::string_view part;
  };
  const Case cases[] = {
      {"application/json", R"({"url":"u"})", 200, "u"},
      {"application/json; charset=utf-8", R"({"url":"u","alias":"a"})", 200, "ua"},
      {"APPLICATION/JSON", R"({"url":"u"})", 200, "u"},
      {"application/merge-patch+json", R"({"url":"u"})", 200, "u"},
      {"text/plain", R"({"url":"u"})", 415, ""},
      {"application/jsonp", R"({"url":"u"})", 415, ""},
      {"+json", R"({"url":"u"})", 415, ""},
      {"application/json", R"({"url":"u"} x)", 400, ""},
      {"application/json", R"({"url":"u","url":"v"})", 400, ""},
      {"application/json", "", 400, ""},
      {"application/json", R"({"url":7})", 422, R"("in":"body","pointer":"/url","code":"type")"},
      {"application/json", R"({})", 422, R"("pointer":"/url","code":"required")"},
      {"application/json", R"({"url":"u","weight":11})", 422, R"("pointer":"/weight","code":"rule")"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.content_type);
    CAPTURE(row.body);
    const Response answer = app.post("/links", {{"content-type", row.content_type}}, row.body);
    CHECK(status(answer) == row.status);
    CHECK(body(answer).find(row.part) != std::string::npos);
  }
  CHECK(status(app.post("/links", {}, "{}")) == 415);
}

TEST_CASE("extract: an optional Json is empty without a body and still rejects a bad one") {
  Router<> router;
  router.post<"/">([](std::optional<Json<NewLink>> in) { return in ? (*in)->url : "none"; });
  Asked app(router);
  CHECK(body(app.post("/", {}, "")) == "none");
  CHECK(body(app.post("/", {{"content-type", "application/json"}}, R"({"url":"u"})")) == "u");
  CHECK(status(app.post("/", {{"content-type", "application/json"}}, "{")) == 400);
}

TEST_CASE("extract: a body is had as bytes or as text, which is UTF-8") {
  Router<> router;
  router.post<"/bytes">([](Bytes bytes) { return bytes; });
  router.post<"/text">([](std::string text) { return text; });
  Asked app(router);
  CHECK(body(app.post("/bytes", {}, "a\xff")) == "a\xff");
  CHECK(body(app.post("/text", {}, "\xc3\xa9")) == "\xc3\xa9");
  CHECK(status(app.post("/text", {}, "a\xff")) == 400);
}

TEST_CASE("extract: a body above the route's limit is 413, just below it passes") {
  Router<> router;
  router.post<"/">([](Bytes bytes) { return std::to_string(bytes.size()); }).body_limit(10);
  Asked app(router);
  CHECK(body(app.post("/", {}, "0123456789")) == "10");
  CHECK(status(app.post("/", {}, "0123456789a")) == 413);
  CHECK(body(ask_streaming(router, {"01234", "56789"})) == "10");
  CHECK(status(ask_streaming(router, {"01234", "567890"})) == 413);
}

TEST_CASE("extract: a body that is not here yet is read before the handler runs") {
  Router<> router;
  router.post<"/">([](Json<NewLink> in) { return in->url; });
  CHECK(body(ask_streaming(router, {R"({"url":)", R"("late"})"})) == "late");
}

TEST_CASE("extract: a body stream is read by the handler itself, piece by piece") {
  Router<> router;
  router.post<"/">([](BodyStream stream) -> Task<std::string> {
    std::string text;
    while (true) {
      Result<Bytes> piece = co_await stream.next();
      if (!piece || piece->empty()) co_return text;
      text += std::string(piece->view()) + "|";
    }
  });
  CHECK(body(ask_streaming(router, {"ab", "c", "def"})) == "ab|c|def|");
}
