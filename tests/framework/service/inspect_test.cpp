#include "service/inspect.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

using namespace rondeau;

namespace {

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
