#include <doctest/doctest.h>

#include <rondeau/testing/test_app.h>

#include "../src/routes/{{part}}.h"
#include "app.h"

using namespace rondeau;

TEST_CASE("{{method}} {{pattern}}: answers with what was asked for") {
  TestApp app({{ns}}::routes({{ns}}::test_app()));
  const auto answer = app.request(Method::{{Method}}, "{{example}}").send();
  CHECK(answer.status() == StatusCode::Ok);
  CHECK(answer.body() == R"({{answer}})");
}
