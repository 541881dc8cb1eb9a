#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "chat_app.h"
#include "export.h"

using namespace rondeau;
using namespace chat;
using namespace chat::test;

TEST_CASE("chat: the page and its parts come from the program, and ask nobody else for anything") {
  struct {
    const char* path;
    const char* type;
  } const files[] = {{"/", "text/html; charset=utf-8"},
                     {"/chat.css", "text/css; charset=utf-8"},
                     {"/chat.js", "text/javascript; charset=utf-8"},
                     {"/icon.svg", "image/svg+xml"}};
  Chat chat;
  for (const auto& [path, type] : files) {
    CAPTURE(std::string(path));
    const auto answer = chat.app().get(path).send();
    CHECK(answer.status() == StatusCode::Ok);
    CHECK(answer.headers().get("content-type") == type);
    CHECK(answer.headers().get("cache-control") == "no-cache");
    CHECK(answer.headers().get("etag").has_value());
    std::string body(answer.body());
    constexpr std::string_view kNamespace = "http://www.w3.org/2000/svg";  // names a language; nobody asks for it
    while (body.find(kNamespace) != std::string::npos) body.erase(body.find(kNamespace), kNamespace.size());
    CHECK(body.find("//www") == std::string::npos);
    CHECK(body.find("http:/") == std::string::npos);
    CHECK(body.find("https:/") == std::string::npos);
  }
  const auto page = chat.app().get("/").send();
  CHECK(page.headers().get("content-security-policy") == "default-src 'self'; frame-ancestors 'none'");
  CHECK(chat.app().get("/nothing").send().status() == StatusCode::NotFound);
}

TEST_CASE("chat: a line of an export") {
  struct {
    const char* from;
    const char* text;
    const char* line;
  } const cases[] = {
      {"ann", "hello", "7,2026-02-18T03:22:56.637Z,ann,hello\r\n"},
      {"a,b", "", "7,2026-02-18T03:22:56.637Z,\"a,b\",\r\n"},
      {"ann", "say \"x\"", "7,2026-02-18T03:22:56.637Z,ann,\"say \"\"x\"\"\"\r\n"},
      {"ann", "two\nlines", "7,2026-02-18T03:22:56.637Z,ann,\"two\nlines\"\r\n"},
  };
  const Time at{std::chrono::milliseconds(1771384976637)};
  for (const auto& [from, text, line] : cases) {
    std::string out;
    append_csv(out, {7, "kitchen", from, text, at});
    CHECK(out == line);
  }
}

TEST_CASE("chat: an export is a file of its own") {
  Chat chat;
  for (int i = 0; i < 100; ++i) CHECK(chat.post("kitchen", std::string(4000, 'x')).status() == StatusCode::Created);
  const auto answer = chat.app().get("/rooms/kitchen/export.csv.gz").send();
  CHECK(answer.status() == StatusCode::Ok);
  CHECK(answer.headers().get("content-type") == "application/gzip");
  CHECK(answer.headers().get("content-disposition") == "attachment; filename=\"kitchen.csv.gz\"");
  CHECK_FALSE(answer.headers().get("content-encoding").has_value());
  CHECK(answer.body().starts_with("\x1f\x8b"));
  CHECK(answer.body().size() < 20'000);
}
