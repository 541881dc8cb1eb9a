// Bodies of multipart/form-data and what is read from them, in one piece, one byte at a time, and split at each place.
#include "extract/multipart_parser.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace rondeau;
using extract::MultipartParser;

namespace {

/// "name=content;" for each part, with `(filename)` behind the name of a file; or the status of the refusal.
std::string read(std::string_view body, std::size_t step, std::size_t first = 0, const http::Limits& limits = {}) {
  MultipartParser parser("b", limits);
  std::string seen;
  std::size_t at = 0;
  while (true) {
    switch (parser.next()) {
      case MultipartParser::Event::NeedInput: {
        if (at == body.size()) {
          parser.finish();
          break;
        }
        const std::size_t size = at == 0 && first > 0 ? first : step;
        const std::string_view piece = body.substr(at, size);
        parser.feed(piece);
        at += piece.size();
        break;
      }
      case MultipartParser::Event::PartBegins:
        seen += parser.head().name;
        if (parser.head().filename) seen += "(" + *parser.head().filename + ")";
        seen += "=";
        break;
      case MultipartParser::Event::Piece:
        CHECK_FALSE(parser.piece().empty());
        seen += parser.piece();
        break;
      case MultipartParser::Event::PartEnds:
        seen += ";";
        break;
      case MultipartParser::Event::End:
        CHECK(parser.next() == MultipartParser::Event::End);
        return seen;
      case MultipartParser::Event::Failed:
        CHECK(parser.next() == MultipartParser::Event::Failed);
        CHECK_FALSE(parser.reason().empty());
        return std::to_string(http::code(parser.status()));
    }
  }
}

/// A form of one part whose head is `head`.
std::string with_head(std::string_view head) {
  return "--b\r\n" + std::string(head) + "\r\n\r\nx\r\n--b--\r\n";
}

void check_every_way(const std::string& body, std::string_view verdict) {
  CAPTURE(body);
  CHECK(read(body, body.size() + 1) == verdict);
  CHECK(read(body, 1) == verdict);
  for (std::size_t first = 1; first < body.size(); ++first) CHECK(read(body, body.size(), first) == verdict);
}

#define A_PART "Content-Disposition: form-data; name=\"a\"\r\n\r\n"

}  // namespace

TEST_CASE("extract: parts stand between exact delimiter lines (RFC 7578, RFC 2046 §5.1.1)") {
  struct Case {
    std::string_view body;
    std::string_view verdict;
  };
  const Case cases[] = {
      {"--b\r\n" A_PART "x\r\n--b--\r\n", "a=x;"},
      {"--b\r\n" A_PART "x\r\n--b--", "a=x;"},
      {"--b--\r\n", ""},
      {"--b--", ""},
      {"--b\r\n" A_PART "\r\n--b--", "a=;"},
      {"--b\r\n" A_PART "x\r\n--b\r\n" A_PART "y\r\n--b--", "a=x;a=y;"},
      // What only looks like a delimiter is content.
      {"--b\r\n" A_PART "\r\n\r\n--\r\n-b\n--b\r--b--b\r\n--b--", "a=\r\n\r\n--\r\n-b\n--b\r--b--b;"},
      {"--b\r\n" A_PART "\r\r\n--b--", "a=\r;"},
      {"--b\r\n" A_PART "\r\n--c\r\n--b--", "a=\r\n--c;"},
      {"--b\r\n" A_PART "--b--\r\n--b--", "a=--b--;"},
      // The final delimiter is missing.
      {"", "400"},
      {"-", "400"},
      {"--b", "400"},
      {"--b\r\n", "400"},
      {"--b-", "400"},
      {"--b\r\n" A_PART "x", "400"},
      {"--b\r\n" A_PART "x\r\n--b", "400"},
      {"--b\r\n" A_PART "x\r\n--b\r\n", "400"},
      {"--b\r\n" A_PART "x\r\n--b-", "400"},
      // Something in front, behind, or on the line of a delimiter.
      {"\r\n--b\r\n" A_PART "x\r\n--b--", "400"},
      {"preamble\r\n--b\r\n" A_PART "x\r\n--b--", "400"},
      {"--c\r\n" A_PART "x\r\n--c--", "400"},
      {"--b \r\n" A_PART "x\r\n--b--", "400"},
      {"--bb\r\n" A_PART "x\r\n--bb--", "400"},
      {"--b\n" A_PART "x\r\n--b--", "400"},
      {"--b\r\n" A_PART "x\r\n--b \r\n--b--", "400"},
      {"--b\r\n" A_PART "x\r\n--bc\r\n--b--", "400"},
      {"--b\r\n" A_PART "x\r\n--b\n\r\n--b--", "400"},
      {"--b\r\n" A_PART "x\r\n--b--x", "400"},
      {"--b\r\n" A_PART "x\r\n--b--\r", "400"},
      {"--b\r\n" A_PART "x\r\n--b--\n", "400"},
      {"--b\r\n" A_PART "x\r\n--b--\r\n\r\n", "400"},
      {"--b\r\n" A_PART "x\r\n--b--\r\nepilogue", "400"},
  };
  for (const Case& row : cases) check_every_way(std::string(row.body), row.verdict);
}

TEST_CASE("extract: a part's head says its name, and is refused where it says it twice or in another way") {
  struct Case {
    std::string_view head;
    std::string_view verdict;
  };
  const Case cases[] = {
      {"Content-Disposition: form-data; name=\"a\"", "a=x;"},
      {"content-disposition:form-data;name=a", "a=x;"},
      {"Content-Type: text/plain\r\nContent-Disposition: Form-Data; NAME=\"a b\"; other=1", "a b=x;"},
      {"Content-Disposition: form-data; name=\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d=x;"},
      {"Content-Disposition: form-data; name=\"\xc3\xa9\"", "\xc3\xa9=x;"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\"f.txt\"", "a(f.txt)=x;"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\"\"", "a()=x;"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\"/etc/passwd\"", "a(passwd)=x;"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\"..\\..\\f.txt\"", "a(f.txt)=x;"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\"C:\\dir\\f.txt\"", "a(f.txt)=x;"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\"x/..\"", "a()=x;"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\".\"", "a()=x;"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\"dir/\"", "a()=x;"},
      {"Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: binary", "a=x;"},
      {"", "400"},
      {"Content-Type: text/plain", "400"},
      {"Content-Disposition: form-data", "400"},
      {"Content-Disposition: form-data; filename=\"f\"", "400"},
      {"Content-Disposition: form-data; name=\"\"", "400"},
      {"Content-Disposition: form-data; name=", "400"},
      {"Content-Disposition: form-data; name=\"a", "400"},
      {"Content-Disposition: form-data; name=\"a\\\"", "400"},
      {"Content-Disposition: form-data; name=\"a\" x", "400"},
      {"Content-Disposition: form-data; name=\"a\";", "400"},
      {"Content-Disposition: form-data; name =\"a\"", "400"},
      {"Content-Disposition: form-data name=\"a\"", "400"},
      {"Content-Disposition: form-data; name=a; name=b", "400"},
      {"Content-Disposition: form-data; name=a; filename=f; filename=g", "400"},
      {"Content-Disposition: form-data; name=a; filename*=UTF-8''f", "400"},
      {"Content-Disposition: form-data; name*=UTF-8''a", "400"},
      {"Content-Disposition: attachment; name=\"a\"", "400"},
      {"Content-Disposition: form-data; name=\"\xff\"", "400"},
      {"Content-Disposition: form-data; name=\"a\"; filename=\"\xff\"", "400"},
      {"Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "400"},
      {"Content-Disposition: form-data; name=a\r\nContent-Type: a/b\r\nContent-Type: a/b", "400"},
      {"Content-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=c", "400"},
      {"Content-Disposition: form-data; name=a\r\nContent-Type: Multipart/Form-Data", "400"},
      {"Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", "400"},
      {"Content-Disposition: form-data;\r\n name=a", "400"},
      {"Content-Disposition : form-data; name=a", "400"},
      {"Content-Disposition: form-data; name=a\r\nno colon", "400"},
      {"Content-Disposition: form-data; name=a\nX: y", "400"},
      {"Content-Disposition: form-data; name=\"a\rb\"", "400"},
      {": x\r\nContent-Disposition: form-data; name=a", "400"},
  };
  for (const Case& row : cases) check_every_way(with_head(row.head), row.verdict);
  check_every_way(with_head(std::string_view("Content-Disposition: form-data; name=\"a\0\"", 41)), "400");
}

TEST_CASE("extract: a form passes just below each of its limits and is refused just above") {
  http::Limits limits;
  limits.max_parts = 2;
  limits.max_part_fields = 2;
  limits.max_part_head = 60;
  const std::string part = "--b\r\n" A_PART "x\r\n";
  const std::string disposition = "Content-Disposition: form-data; name=\"a\"";  // 40 bytes
  const std::string longest = disposition + "\r\nX: " + std::string(15, 'x');
  const auto check = [&](const std::string& body, std::string_view verdict) {
    CHECK(read(body, body.size(), 0, limits) == verdict);
    CHECK(read(body, 1, 0, limits) == verdict);
  };
  check(part + part + "--b--", "a=x;a=x;");
  check(part + part + part + "--b--", "413");
  check(with_head(disposition + "\r\nX: y"), "a=x;");
  check(with_head(disposition + "\r\nX: y\r\nZ:"), "400");
  check(with_head(longest), "a=x;");
  check(with_head(longest + "x"), "400");
  check("--b\r\n" + std::string(1000, 'x'), "400");
}

TEST_CASE("extract: a boundary has 1 to 70 legal characters and is named once") {
  const std::string seventy(70, 'x');
  CHECK(extract::boundary_of("multipart/form-data; boundary=abc") == "abc");
  CHECK(extract::boundary_of("multipart/form-data; charset=utf-8; BOUNDARY=\"a b:c=d\"") == "a b:c=d");
  CHECK(extract::boundary_of("multipart/form-data;boundary=" + seventy) == seventy);
  for (const std::string& bad :
       {std::string(), std::string("; boundary="), std::string("; boundary=\"\""),
        std::string("; boundary=a; boundary=a"), std::string("; boundary=\"a \""), std::string("; boundary=\"a\r\nb\""), std::string("; boundary=\"a;b\""),
        std::string("; boundary=a b"), std::string("; boundary=\"a"), "; boundary=x" + seventy,
        std::string("; boundary=a%b")}) {
    CAPTURE(bad);
    CHECK_FALSE(extract::boundary_of("multipart/form-data" + bad));
  }
}
