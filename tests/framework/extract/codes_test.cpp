// The code of an error is that of the mistake, wherever the value stood.
#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;

namespace {

enum class Colour { red, green };
struct Even {
  int value = 0;
};

}  // namespace

template <>
struct rondeau::JsonFor<Even> {
  using Form = int;
  static Form to_json(const Even& even) { return even.value; }
  static Result<Even> from_json(Form form) {
    if (form % 2 != 0) return Error(Errc::InvalidData, "must be even");
    return Even{form};
  }
};

namespace {

template <class T>
struct One {
  T x;
};

/// The code each extractor gives; with `sent` in quotes where it is a text in JSON.
template <class T>
void check_codes(std::string_view sent, bool is_text, std::string_view code) {
  Router<> router;
  router.post<"/json">([](Json<One<T>>) { return "read"; });
  router.post<"/form">([](Form<One<T>>) { return "read"; });
  router.get<"/query">([](Query<One<T>>) { return "read"; });
  router.get<"/one">([](QueryParam<"x", T>) { return "read"; });
  router.get<"/path/{x}">([](Path<"x", T>) { return "read"; });
  router.get<"/members/{x}">([](PathParams<One<T>>) { return "read"; });
  router.get<"/header">([](Header<"x", T>) { return "read"; });
  router.get<"/cookie">([](Cookie<"x", T>) { return "read"; });
  Asked app(router);
  const std::string text(sent);
  const std::string json = is_text ? '"' + text + '"' : text;
  const std::string expected = "\"code\":\"" + std::string(code) + "\"";
  CAPTURE(text);
  CAPTURE(expected);
  for (const std::string& answer :
       {body(app.post("/json", {{"content-type", "application/json"}}, "{\"x\":" + json + "}")),
        body(app.post("/form", {{"content-type", "application/x-www-form-urlencoded"}}, "x=" + text)),
        body(app.get("/query?x=" + text)), body(app.get("/one?x=" + text)), body(app.get("/path/" + text)),
        body(app.get("/members/" + text)), body(app.get("/header", {{"x", text}})),
        body(app.get("/cookie", {{"cookie", "x=" + text}}))}) {
    CAPTURE(answer);
    CHECK(answer.find(expected) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("extract: the same mistake has the same code in a body, a form, a query, a path, a field and a cookie") {
  check_codes<int>("ten", true, "type");
  check_codes<bool>("maybe", true, "type");
  check_codes<double>("much", true, "type");
  check_codes<std::uint8_t>("300", false, "out_of_range");
  check_codes<Ranged<int, 1, 9>>("10", false, "rule");
  check_codes<Matches<"^[a-z]+$">>("A", true, "rule");
  check_codes<Even>("3", false, "rule");
  check_codes<Colour>("blue", true, "not_one_of");
  check_codes<std::chrono::seconds>("soon", true, "format");
  check_codes<Uuid>("018f3c5a", true, "format");
}

TEST_CASE("extract: what is not there is required, wherever it should stand") {
  Router<> router;
  router.post<"/json">([](Json<One<int>>) { return "read"; });
  router.post<"/form">([](Form<One<int>>) { return "read"; });
  router.get<"/query">([](Query<One<int>>) { return "read"; });
  router.get<"/one">([](QueryParam<"x", int>) { return "read"; });
  router.get<"/header">([](Header<"x", int>) { return "read"; });
  router.get<"/cookie">([](Cookie<"x", int>) { return "read"; });
  Asked app(router);
  for (const std::string& answer : {body(app.post("/json", {{"content-type", "application/json"}}, "{}")),
                                    body(app.post("/form", {{"content-type", "application/x-www-form-urlencoded"}}, "")),
                                    body(app.get("/query")), body(app.get("/one")), body(app.get("/header")),
                                    body(app.get("/cookie"))}) {
    CAPTURE(answer);
    CHECK(answer.find(R"("code":"required")") != std::string::npos);
  }
}
