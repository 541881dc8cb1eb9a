// What an answer, and a call that failed, are to the client of the service that made it.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include <rondeau/client/client.h>
#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;
using client::ErrorKind;

namespace {

Result<int, client::Error> fails(ErrorKind kind) {
  return client::Error({.kind = kind, .cause = "so", .method = "GET", .url = "http://shop/?key=***"});
}

Task<Result<Json<int>, client::Error>> passed_on(ErrorKind kind) {
  RONDEAU_TRY(const int value, fails(kind));
  co_return Json{value};
}
Task<Result<Json<int>, Problem>> as_problem(ErrorKind kind) {
  RONDEAU_TRY(const int value, fails(kind));
  co_return Json{value};
}

}  // namespace

TEST_CASE("client: what the other service did is not this one's fault, and has a status of its own") {
  struct Row {
    ErrorKind kind;
    unsigned status;
  };
  constexpr Row kRows[] = {
      {ErrorKind::InvalidUrl, 500},        {ErrorKind::InvalidRequest, 500},   {ErrorKind::Dns, 502},
      {ErrorKind::AddressDenied, 502},     {ErrorKind::Connect, 502},          {ErrorKind::Tls, 502},
      {ErrorKind::Proxy, 502},             {ErrorKind::PoolTimeout, 503},      {ErrorKind::PoolExhausted, 503},
      {ErrorKind::ConnectTimeout, 504},    {ErrorKind::WriteTimeout, 504},     {ErrorKind::ReadTimeout, 504},
      {ErrorKind::TotalTimeout, 504},      {ErrorKind::Protocol, 502},         {ErrorKind::BodyTruncated, 502},
      {ErrorKind::Decode, 502},            {ErrorKind::TooLarge, 502},         {ErrorKind::Redirect, 502},
      {ErrorKind::TooManyRedirects, 502},  {ErrorKind::Status, 502},           {ErrorKind::BodyNotReplayable, 502},
      {ErrorKind::CircuitOpen, 503},       {ErrorKind::Closed, 503},
  };
  for (const Row& row : kRows) {
    CAPTURE(client::to_string(row.kind));
    Router<> router;
    router.get<"/straight">([kind = row.kind] { return passed_on(kind); });
    router.get<"/problem">([kind = row.kind] { return as_problem(kind); });
    TestApp app(std::move(router));
    for (const char* path : {"/straight", "/problem"}) {
      const auto answer = app.get(path).send();
      CHECK(http::code(answer.status()) == row.status);
      CHECK(answer.header("content-type") == "application/problem+json");
    }
  }
}

TEST_CASE("client: a handler hands an answer on, as it comes, without the fields of its connection") {
  const Client shop = Client::mock([](Request request) -> Task<Result<Response>> {
    if (request.path() == "/breaks") {
      co_return Response::stream([](BodyWriter& out) -> Task<Result<void>> {
        RONDEAU_TRY_VOID(co_await out.write(Bytes::copy_of("half")));
        co_return Error(Errc::UnexpectedEof);
      });
    }
    co_return Response::text("three", StatusCode::Accepted).header("connection", "x-own").header("x-own", "1").header("x-kept", "2");
  });
  Router<> router;
  router.get<"/shop/{what}">([shop](Path<"what"> what) -> Task<Result<client::Response, client::Error>> {
    co_return co_await shop.get("http://shop/{}", *what).send();
  });
  router.get<"/down">([](Request) -> Task<Result<client::Response, client::Error>> { co_return fails(ErrorKind::Connect).error(); });
  TestApp app(std::move(router));
  const auto answer = app.get("/shop/lamps").send();
  CHECK(answer.status() == StatusCode::Accepted);
  CHECK(answer.body() == "three");
  CHECK_FALSE(answer.header("x-own").has_value());
  CHECK(answer.header("x-kept") == "2");
  CHECK_THROWS(static_cast<void>(app.get("/shop/breaks").send()));
  CHECK(app.get("/down").send().status() == StatusCode::BadGateway);
}
