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

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

struct SignUp {
  std::string name;
  Ranged<int, 18, 120> age = 18;
  std::vector<std::string> topic;
  std::optional<std::string> note;
};

std::string tell(const SignUp& in) {
  std::string text = in.name + "|" + std::to_string(*in.age) + "|";
  for (const std::string& topic : in.topic) text += topic + ",";
  return text + "|" + in.note.value_or("-");
}

}  // namespace

TEST_CASE("extract: a form fills a struct, and what is malformed is told apart from what does not fit") {
  Router<> router;
  router.post<"/">([](Form<SignUp> in) { return tell(*in); });
  Asked app(router);
  struct Case {
    std::string_view content_type;
    std::string_view body;
    unsigned status;
    std::string_view part;
  };
  const Case cases[] = {
      {kForm, "name=Ada+L", 200, "Ada L|18||-"},
      {kForm, "name=a%2Bb&age=30&topic=x&topic=y+z&note=", 200, "a+b|30|x,y z,|"},
      {kForm, "n%61me=%C3%A9&unknown=1&&", 200, "\xc3\xa9|18||-"},
      {"Application/X-WWW-Form-Urlencoded ; charset=UTF-8", "name=a", 200, "a|"},
      {kForm, "name=a&name=b", 400, R"("in":"body","pointer":"/name","code":"repeated")"},
      {kForm, "name=%zz", 400, R"("pointer":"/name","code":"encoding")"},
      {kForm, "name=%ff", 400, R"("pointer":"/name","code":"encoding")"},
      {kForm, "name=a&age=17", 422, R"("pointer":"/age","code":"rule")"},
      {kForm, "name=a&age=", 422, R"("pointer":"/age","code":"type")"},
      {kForm, "age=20", 422, R"("pointer":"/name","code":"required")"},
      {kForm, "", 422, R"("pointer":"/name","code":"required")"},
      // Both kinds: the malformed one decides, in either order.
      {kForm, "age=17&name=%ff", 400, R"("pointer":"/age")"},
      {kForm, "name=%ff&age=17", 400, R"("pointer":"/age")"},
      {"application/json", "name=a", 415, ""},
      {"multipart/form-data", "name=a", 415, ""},
      {"application/x-www-form-urlencoded2", "name=a", 415, ""},
      {"", "name=a", 415, ""},
  };
  for (const Case& row : cases) {
    CAPTURE(row.content_type);
    CAPTURE(row.body);
    const Response answer = app.post("/", {{"content-type", row.content_type}}, row.body);
    CHECK(status(answer) == row.status);
    CHECK(body(answer).find(row.part) != std::string::npos);
  }
  CHECK(status(app.post("/", {}, "name=a")) == 415);
}

TEST_CASE("extract: all that is wrong with a form is listed, and no value is shown") {
  Router<> router;
  router.post<"/">([](Form<SignUp>) { return "never"; });
  Asked app(router);
  const std::string text = body(app.post("/", {{"content-type", kForm}}, "age=4711&note=a&note=b"));
  CHECK(text.find(R"("pointer":"/age")") != std::string::npos);
  CHECK(text.find(R"("pointer":"/name")") != std::string::npos);
  CHECK(text.find(R"("pointer":"/note")") != std::string::npos);
  CHECK(text.find("4711") == std::string::npos);
}

TEST_CASE("extract: more pairs than Limits::max_form_pairs are refused") {
  Router<> router;
  router.post<"/">([](Form<SignUp>) { return "good"; });
  Asked app(router);
  std::string pairs = "name=a";
  for (int i = 1; i < 1024; ++i) pairs += "&b";
  CHECK(status(app.post("/", {{"content-type", kForm}}, pairs)) == 200);
  CHECK(status(app.post("/", {{"content-type", kForm}}, pairs + "&b")) == 400);
}

TEST_CASE("extract: an optional form is empty without a body and still rejects a bad one") {
  Router<> router;
  router.post<"/">([](std::optional<Form<SignUp>> in) { return in ? (*in)->name : "none"; });
  Asked app(router);
  CHECK(body(app.post("/", {}, "")) == "none");
  CHECK(body(app.post("/", {{"content-type", kForm}}, "name=a")) == "a");
  CHECK(status(app.post("/", {{"content-type", kForm}}, "age=3")) == 422);
}
