#include "service/inspect.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

using namespace rondeau;

namespace {

bool tells(const std::vector<std::string>& sentences, std::string_view what) {
  return std::ranges::any_of(sentences, [&](const std::string& one) { return one.find(what) != std::string::npos; });
}
template <class App>
std::vector<std::string> lint_of(const Router<App>& router) {
  return service::lint(*router.build().value());
}

struct Guard {
  static constexpr Slot kSlot = Slot::Auth;
  std::optional<Response> before(Request&) const { return std::nullopt; }
};

}  // namespace

TEST_CASE("service: the routes are told with id, place, layers in their order and limits") {
  Router<> app;
  app.layer(middleware::HandlerTimeout()).layer(middleware::AutoEtag());
  app.get<"/a">([] { return "a"; });
  app.post<"/long/{id}">([](Path<"id">, std::string) { return "b"; }).body_limit(10).layer(Guard());
  const std::string text = service::routes_text(*app.build().value());
  CHECK(text.find("GET   /a          get_a") == 0);
  CHECK(text.find("POST  /long/{id}  post_long_id  ") != std::string::npos);
  CHECK(text.find("inspect_test.cpp:") != std::string::npos);
  CHECK(text.find("layers: HandlerTimeout, AutoEtag\n") != std::string::npos);
  CHECK(text.find("layers: HandlerTimeout, Guard, AutoEtag; body: 10 bytes\n") != std::string::npos);
}

TEST_CASE("service: lint tells what is legal and seldom meant") {
  Router<> app;
  app.get<"/reads">([](std::string) { return "a"; });
  app.post<"/open">([] { return NoContent(); });
  app.get<"/lost/{id}">([] { return "b"; });
  app.get<"/bare">([] { return Response::text("?"); }).summary("Bare");
  const auto sentences = lint_of(app);
  CHECK(tells(sentences, "GET /reads at "));
  CHECK(tells(sentences, "reads a body"));
  CHECK(tells(sentences, "changes things, and nothing around it asks who it is"));
  CHECK(tells(sentences, "has {id} in its pattern, which nobody reads"));
  CHECK(tells(sentences, "returns a bare Response"));
  CHECK(std::ranges::count_if(sentences, [](const std::string& one) { return one.ends_with("has no summary"); }) == 3);
}

TEST_CASE("service: lint has nothing to say of what is told and guarded") {
  Router<> app;
  app.post<"/guarded">([] { return NoContent(); }).summary("Guarded").layer(Guard());
  app.get<"/told">([] { return Response::text("?"); }).summary("Told").also(StatusCode::Ok);
  app.get<"/hidden">([] { return Response::text("?"); }).hidden();
  const auto sentences = lint_of(app);
  CAPTURE(sentences);
  CHECK(sentences.empty());
}
