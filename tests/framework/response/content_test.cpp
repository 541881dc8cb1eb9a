// Parts of bodies, through the whole server.
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;
using testing::TestResponse;

namespace {

constexpr std::string_view kText = "0123456789";

/// Makes any part of kText, piece by piece.
class Digits final : public http::BodyProducer {
 public:
  Task<Result<void>> produce(BodyWriter& writer) override { return produce_part(writer, 0, kText.size()); }
  std::optional<std::uint64_t> seekable_length() const noexcept override { return kText.size(); }
  Task<Result<void>> produce_part(BodyWriter& writer, std::uint64_t offset, std::uint64_t length) override {
    for (char c : kText.substr(offset, length)) RONDEAU_TRY_VOID(co_await writer.write(Bytes(std::string(1, c))));
    co_return Result<void>();
  }
};

Content<Response> digits() {
  Response response = Response::text("");
  response.set_body(http::ResponseBody(std::make_unique<Digits>()));
  return {std::move(response), etag("v1")};
}

Router<> routes() {
  Router<> app;
  app.get<"/memory">([] { return Content{std::string(kText), etag("v1")}; });
  app.get<"/sought">(digits);
  app.get<"/bare">([] { return Content{Bytes::from_static(kText)}; });
  app.get<"/empty">([] { return Content{std::string()}; });
  app.get<"/stream">(
      [] { return Content{Response::stream([](BodyWriter& out) { return out.write(Bytes::from_static(kText)); })}; });
  app.get<"/error">([] { return Content{Response::text("no", StatusCode::Conflict)}; });
  app.post<"/memory">([] { return Content{std::string(kText)}; });
  return app;
}

}  // namespace

TEST_CASE("response: one range is a 206 of that part, from memory and from what can be sought in") {
  TestApp app(routes());
  for (const char* target : {"/memory", "/sought"}) {
    CAPTURE(target);
    const TestResponse whole = app.get(target).send();
    CHECK(whole.status() == StatusCode::Ok);
    CHECK(whole.header("accept-ranges") == "bytes");
    CHECK(whole.body() == kText);
    const TestResponse part = app.get(target).header("range", "bytes=2-4").send();
    CHECK(part.status() == StatusCode::PartialContent);
    CHECK(part.header("content-range") == "bytes 2-4/10");
    CHECK(part.header("content-length") == "3");
    CHECK(part.header("content-type") == "text/plain; charset=utf-8");
    CHECK(part.header("etag") == R"("v1")");
    CHECK(part.body() == "234");
    CHECK(app.get(target).header("range", "bytes=-2").send().body() == "89");
    const TestResponse head = app.head(target).header("range", "bytes=2-4").send();
    CHECK(head.status() == StatusCode::PartialContent);
    CHECK(head.header("content-length") == "3");
    CHECK(head.body().empty());
  }
}

TEST_CASE("response: several ranges are one multipart body of the length that was told (RFC 9110 §14.6)") {
  TestApp app(routes());
  for (const char* target : {"/memory", "/sought"}) {
    CAPTURE(target);
    const TestResponse parts = app.get(target).header("range", "bytes=0-1,-3").send();
    CHECK(parts.status() == StatusCode::PartialContent);
    CHECK_FALSE(parts.header("content-range"));
    const std::string type(parts.header("content-type").value());
    const std::string before = "multipart/byteranges; boundary=";
    REQUIRE(type.starts_with(before));
    const std::string boundary = type.substr(before.size());
    CHECK(boundary.size() == 32);
    CHECK(parts.body() ==
          "--" + boundary +
              "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--" + boundary +
              "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 7-9/10\r\n\r\n789\r\n--" + boundary +
              "--\r\n");
    CHECK(parts.header("content-length") == std::to_string(parts.body().size()));
    CHECK(app.head(target).header("range", "bytes=0-1,-3").send().header("content-length") ==
          std::to_string(parts.body().size()));
  }
}

TEST_CASE("response: a range behind the end is a 416 that tells the length, but not to a POST") {
  TestApp app(routes());
  const TestResponse behind = app.get("/memory").header("range", "bytes=10-").send();
  CHECK(behind.status() == StatusCode::RangeNotSatisfiable);
  CHECK(behind.header("content-range") == "bytes */10");
  CHECK(behind.header("content-type") == "application/problem+json");
  CHECK(app.post("/memory").header("range", "bytes=10-").send().status() == StatusCode::Ok);
  CHECK(app.get("/empty").header("range", "bytes=0-").send().header("content-range") == "bytes */0");
  CHECK(app.get("/empty").header("range", "bytes=-1").send().status() == StatusCode::Ok);
}

TEST_CASE("response: eight ranges are sent, a ninth or an overlap has the Range ignored") {
  Limits limits;
  TestApp app(routes(), limits);
  const std::string eight = "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7";
  CHECK(app.get("/memory").header("range", eight).send().status() == StatusCode::PartialContent);
  CHECK(app.get("/memory").header("range", eight + ",8-8").send().status() == StatusCode::Ok);
  CHECK(app.get("/memory").header("range", "bytes=0-4,3-5").send().body() == kText);
  CHECK(app.get("/memory").header("range", "bytes=0-1").header("range", "bytes=0-1").send().body() == kText);
}

TEST_CASE("response: If-Range gives the part of the state that is named, and all of another") {
  TestApp app(routes());
  const auto ask = [&](std::string_view target, std::string_view condition) {
    return app.get(target).header("range", "bytes=0-1").header("if-range", condition).send().body();
  };
  CHECK(ask("/memory", R"("v1")") == "01");
  CHECK(ask("/memory", R"("v0")") == kText);
  CHECK(ask("/memory", R"(W/"v1")") == kText);
  CHECK(ask("/bare", R"("v1")") == kText);
}

TEST_CASE("response: conditions come before ranges, and other answers stay whole") {
  TestApp app(routes());
  CHECK(app.get("/memory").header("range", "bytes=0-1").header("if-none-match", R"("v1")").send().status() ==
        StatusCode::NotModified);
  CHECK(app.get("/memory").header("range", "bytes=99-").header("if-match", R"("v0")").send().status() ==
        StatusCode::PreconditionFailed);
  CHECK(app.get("/stream").header("range", "bytes=0-1").send().body() == kText);
  CHECK_FALSE(app.get("/stream").send().header("accept-ranges"));
  CHECK(app.get("/error").header("range", "bytes=0-0").send().body() == "no");
}
