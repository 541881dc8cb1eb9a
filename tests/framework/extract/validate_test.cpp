// A struct's own validate(), behind each extractor that fills structs.
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

struct Stay {
  int from = 0;
  int until = 1;
  std::vector<int> guest;
};
void validate(const Stay& stay, Violations& wrong) {
  if (stay.until <= stay.from) wrong.add(stay.until, "must be after from", "order");
  for (const int& guest : stay.guest) {
    if (guest < 0) wrong.add(guest, "is nobody");
  }
  if (stay.guest.size() > 3) wrong.add(stay, "is too small for them");
}
struct Plan {
  Stay stay;
  Ranged<int, 1, 9> people = 1;
};
struct Upload {
  int from = 0;
  UploadFile image;
};
void validate(const Upload& upload, Violations& wrong) {
  if (upload.from == 0) wrong.add(upload.from, "must be a day");
  if (upload.image.size() > 2) wrong.add_at("/image", "is too large for its purpose");
}

std::string part(std::string_view parameters, std::string_view content) {
  return std::string("--b\r\nContent-Disposition: form-data; ").append(parameters).append("\r\n\r\n").append(content) +
         "\r\n";
}

}  // namespace

TEST_CASE("extract: what a struct says of itself is one answer with the rest that is wrong") {
  Router<> router;
  router.post<"/json">([](Json<Plan>) { return "good"; });
  router.post<"/form">([](Form<Stay>) { return "good"; });
  router.get<"/query">([](Query<Stay>) { return "good"; });
  Asked app(router);
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  struct Case {
    std::string_view target, type, sent;
    unsigned status;
    std::vector<std::string_view> parts;
  };
  const Case cases[] = {
      {"/json", "application/json", R"({"stay":{"until":2,"guest":[]}})", 200, {}},
      {"/json",
       "application/json",
       R"({"people":0,"stay":{"from":5,"guest":[1,-1]}})",
       422,
       {R"({"in":"body","pointer":"/people","code":"rule",)",
        R"({"in":"body","pointer":"/stay/until","code":"order","message":"must be after from"})",
        R"({"in":"body","pointer":"/stay/guest/1","code":"invalid","message":"is nobody"})"}},
      {"/json", "application/json", R"({"stay":{"guest":[1,2,3,4]}})", 422, {R"("pointer":"/stay")"}},
      {"/form", kForm, "until=2&guest=1", 200, {}},
      {"/form",
       kForm,
       "from=2&guest=1&guest=-1",
       422,
       {R"({"in":"body","pointer":"/until","code":"order",)", R"("pointer":"/guest/1")",
        R"("detail":"the body has a value that cannot be used: /until must be after from")"}},
      {"/form",
       kForm,
       "guest=1&guest=1&guest=1&guest=1",
       422,
       {R"({"in":"body","pointer":"","code":"invalid","message":"is too small for them"})",
        R"("detail":"is too small for them")"}},
      // A member that is wrong: nobody asks the struct.
      {"/form", kForm, "from=2&until=x", 422, {R"("pointer":"/until","code":"type")"}},
      {"/query?until=2", "", "", 200, {}},
      {"/query?from=2&guest=1&guest=-1",
       "",
       "",
       400,
       {R"({"in":"query","pointer":"until","code":"order",)", R"({"in":"query","pointer":"guest",)"}},
  };
  for (const Case& row : cases) {
    CAPTURE(row.target);
    CAPTURE(row.sent);
    const Response answer =
        row.type.empty() ? app.get(row.target) : app.post(row.target, {{"content-type", row.type}}, row.sent);
    CHECK(status(answer) == row.status);
    for (std::string_view expected : row.parts) {
      CAPTURE(expected);
      CHECK_MESSAGE(body(answer).find(expected) != std::string::npos, body(answer));
    }
  }
}

TEST_CASE("extract: a form with files is asked itself once its files are there") {
  Router<> router;
  router.post<"/">([](MultipartForm<Upload>) { return "good"; });
  TestApp app(router);
  const auto send = [&app](const std::string& parts) {
    return app.post("/").header("content-type", "multipart/form-data; boundary=b").body(parts + "--b--\r\n").send();
  };
  CHECK(send(part("name=from", "1") + part("name=image; filename=a", "12")).body() == "good");
  const auto both = send(part("name=image; filename=a", "123"));
  CHECK(both.status() == StatusCode::UnprocessableContent);
  CHECK(both.body().find(R"("pointer":"/from")") != std::string::npos);
  CHECK(both.body().find(R"("pointer":"/image")") != std::string::npos);
  const auto no_file = send(part("name=image", "123"));
  CHECK(no_file.status() == StatusCode::UnprocessableContent);
  CHECK(no_file.body().find(R"("pointer":"/image")") != std::string::npos);
  CHECK(no_file.body().find(R"("pointer":"/from")") == std::string::npos);
}
