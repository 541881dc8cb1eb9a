// ClientOptions::base_url: paths behind it, whole URLs beside it, and what it may not be.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include <rondeau/client/client.h>
#include <rondeau/rondeau.h>
#include <rondeau/test/run.h>

using namespace rondeau;

namespace {

/// Answers with the URL that it was asked for.
client::Client mirror(std::string base) {
  client::ClientOptions options;
  if (!base.empty()) options.base_url = std::move(base);
  return client::Client::mock(
      [](Request request) -> Task<Result<Response>> {
        co_return Response::text(std::string(request.authority()) + std::string(request.target()));
      },
      std::move(options));
}

std::string said(Result<std::string, client::Error> answer) {
  return answer ? *std::move(answer) : std::string(client::to_string(answer.error().kind()));
}

}  // namespace

TEST_CASE("client: a path goes behind the base, and a whole URL where it says") {
  struct Row {
    std::string_view base, url, asked;
  };
  constexpr Row kRows[] = {
      {"http://api.example", "/users", "api.example/users"},
      {"http://api.example/", "/users", "api.example/users"},
      {"http://api.example:81/v2", "/users?page=2", "api.example:81/v2/users?page=2"},
      {"http://api.example/v2/", "/", "api.example/v2/"},
      {"http://api.example/a%20b", "/c%2Fd", "api.example/a%20b/c%2Fd"},
      {"http://api.example/v2", "http://other.example/x", "other.example/x"},
      {"", "http://other.example/x", "other.example/x"},
      {"", "/users", "invalid_url"},
      {"http://api.example", "users", "invalid_url"},
      {"http://api.example", "", "invalid_url"},
      {"http://api.example", "?page=2", "invalid_url"},
      {"http://api.example", "//other.example/x", "invalid_url"},
      {"http://api.example", "@other.example/x", "invalid_url"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.base);
    CAPTURE(row.url);
    test::run([&]() -> Task<void> {
      CHECK(said(co_await mirror(std::string(row.base)).get(row.url).send_text()) == row.asked);
    });
  }
}

TEST_CASE("client: a pattern may be a path behind the base") {
  test::run([]() -> Task<void> {
    const client::Client api = mirror("http://api.example/v2");
    CHECK(said(co_await api.get("/users/{}/keys?sort={}", "a/b", "x&y").send_text()) ==
          "api.example/v2/users/a%2Fb/keys?sort=x%26y");
    CHECK(said(co_await api.get("/users/{}", "..").send_text()) == "invalid_url");
  });
}

TEST_CASE("client: a base that is none is refused when the client is made") {
  for (const char* base : {"", "api.example", "/v2", "ftp://api.example", "http://", "http://a:b@api.example", "http://api.example/?x=1"}) {
    CAPTURE(base);
    client::ClientOptions options;
    options.base_url = base;
    const auto made = client::Client::build(std::move(options));
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error() == Errc::InvalidArgument);
    CHECK(made.error().message().find("base_url") != std::string::npos);
  }
}
