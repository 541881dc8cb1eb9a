#include <string>

#include <doctest/doctest.h>

#include <rondeau/http/headers.h>
#include <rondeau/response/disposition.h>

using namespace rondeau;

TEST_CASE("response: a file's name is said in the forms of RFC 6266 and RFC 8187, and names no path") {
  struct Case {
    std::string name;
    std::string_view value;
  };
  const Case cases[] = {
      {"report.pdf", R"(attachment; filename="report.pdf")"},
      {"n\u00e9e.pdf", R"(attachment; filename="n_e.pdf"; filename*=UTF-8''n%C3%A9e.pdf)"},
      {"\u20ac \U0001f600", R"(attachment; filename="_ _"; filename*=UTF-8''%E2%82%AC%20%F0%9F%98%80)"},
      {"a \"b\".txt", R"(attachment; filename="a \"b\".txt")"},
      {"../../etc/passwd", R"(attachment; filename=".._.._etc_passwd")"},
      {"c:\\x", R"(attachment; filename="c:_x")"},
      {"a\r\nSet-Cookie: x=1", R"(attachment; filename="a__Set-Cookie: x=1")"},
      {std::string("a\0b", 3), R"(attachment; filename="a_b")"},
      {"100%.txt", R"(attachment; filename="100%.txt"; filename*=UTF-8''100%25.txt)"},
      {"\xff\xc3", R"(attachment; filename="__")"},
      {"", R"(attachment; filename="")"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.name);
    CHECK(attachment(row.name) == row.value);
    CHECK(http::is_valid_field_value(attachment(row.name)));
  }
  CHECK(inline_file("x.pdf") == R"(inline; filename="x.pdf")");
}
