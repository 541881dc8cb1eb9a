#include <rondeau/client/form_data.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/task/async_generator.h>
#include <rondeau/test/run.h>

#include "extract/multipart_parser.h"

using namespace rondeau;
using client::RequestBody;
using extract::MultipartParser;
using std::string_view_literals::operator""sv;

namespace {

AsyncGenerator<Result<Bytes>> pieces(std::vector<std::string> texts) {
  for (std::string& text : texts) co_yield Bytes(std::move(text));
}

task::Task<Result<std::string>> read(RequestBody body) {
  RONDEAU_TRY(const auto source, body.open());
  std::string all;
  while (true) {
    RONDEAU_TRY(const Bytes piece, co_await source->next());
    if (piece.empty()) co_return all;
    all += piece.view();
  }
}

/// What our own server reads: "name|filename|content type=content;" for each part.
std::string parsed(const FormData& form, std::string_view body) {
  const http::Limits limits;
  MultipartParser parser(extract::boundary_of(form.content_type()).value(), limits);
  parser.feed(body);
  parser.finish();
  std::string seen;
  while (true) {
    switch (parser.next()) {
      case MultipartParser::Event::PartBegins:
        seen += parser.head().name + "|" + parser.head().filename.value_or("-") + "|" +
                std::string(parser.head().headers.get(HeaderName::ContentType).value_or("-")) + "=";
        break;
      case MultipartParser::Event::Piece:
        seen += parser.piece();
        break;
      case MultipartParser::Event::PartEnds:
        seen += ";";
        break;
      case MultipartParser::Event::End:
        return seen;
      default:
        return "refused: " + std::string(parser.reason());
    }
  }
}

}  // namespace

TEST_CASE("form data: fields, files and streams stand in their order, and the length is that of the bytes") {
  test::run([]() -> Task<void> {
    FormData form;
    form.text("title", "Sunrise\r\n--x")
        .file("image", {.filename = "été.png", .body = RequestBody(std::string("\x89PNG\r\n\0"sv))})
        .text("empty", "")
        .file("log", {.filename = "a",
                      .content_type = "text/x; y=\"z\"",
                      .body = RequestBody::factory(
                          [] {
                            return pieces({"1", "22"});
                          },
                          3)});
    const RequestBody body = form.body().value();
    const std::string all = (co_await read(body)).value();
    CHECK(parsed(form, all) ==
          "title|-|-=Sunrise\r\n--x;image|été.png|image/png=\x89PNG\r\n\0;"
          "empty|-|-=;log|a|text/x; y=\"z\"=122;"sv);
    CHECK(body.length() == all.size());
    CHECK(body.is_replayable());
    CHECK((co_await read(body)).value() == all);
  });
}

TEST_CASE("form data: it is written as RFC 7578 shows it") {
  test::run([]() -> Task<void> {
    FormData form;
    form.text("a", "b").file("c", {.filename = "d.txt", .body = RequestBody(std::string("e"))});
    std::string boundary = form.content_type();
    REQUIRE(boundary.starts_with("multipart/form-data; boundary="));
    boundary.erase(0, std::string_view("multipart/form-data; boundary=").size());
    CHECK(boundary.size() == 32);
    CHECK((co_await read(form.body().value())).value() ==
          "--" + boundary + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--" + boundary +
              "\r\nContent-Disposition: form-data; name=\"c\"; filename=\"d.txt\"\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n\r\ne\r\n--" +
              boundary + "--\r\n");
    CHECK(FormData().content_type() != FormData().content_type());
  });
}

TEST_CASE("form data: a form without parts is its end") {
  test::run([]() -> Task<void> {
    const FormData form;
    const std::string all = (co_await read(form.body().value())).value();
    CHECK(all.starts_with("--"));
    CHECK(all.ends_with("--\r\n"));
    CHECK(form.body().value().length() == all.size());
  });
}

TEST_CASE("form data: a stream without a length, or that comes once, makes the form so") {
  test::run([]() -> Task<void> {
    FormData open_end;
    open_end.file("f", {.filename = "x", .body = RequestBody::factory([] { return pieces({"ab"}); })});
    CHECK(!open_end.body().value().length());
    CHECK(open_end.body().value().is_replayable());
    CHECK((co_await read(open_end.body().value())).has_value());

    FormData once;
    once.file("f", {.filename = "x", .body = RequestBody::stream(pieces({"ab"}), 2)});
    const RequestBody body = once.body().value();
    CHECK(body.length().has_value());
    CHECK(!body.is_replayable());
    CHECK((co_await read(body)).value().size() == body.length());
    CHECK((co_await read(body)).error().code() == Errc::Closed);
    CHECK((co_await read(once.body().value())).error().code() == Errc::Closed);

    FormData wrong;
    wrong.file("f", {.filename = "x", .body = RequestBody::factory([] { return pieces({"abc"}); }, 2)});
    CHECK((co_await read(wrong.body().value())).error().code() == Errc::InvalidData);
  });
}

TEST_CASE("form data: names cannot break out of their line, and what is read in two ways is refused") {
  struct Case {
    std::string name;
    std::string_view read;  // empty: refused
  };
  const Case table[] = {
      {"plain", "plain"},           {"a b;c=d", "a b;c=d"}, {"é€😀", "é€😀"}, {"a\"b", "a%22b"},
      {"a\r\nX: y", "a%0D%0AX: y"}, {"100%", "100%"},       {"a\\b", ""},   {"a\tb", ""},
      {std::string("a\0b"sv), ""},  {"a\x7F", ""},          {"\xFF", ""},
  };
  test::run([&]() -> Task<void> {
    for (const Case& row : table) {
      CAPTURE(row.name);
      FormData by_name;
      by_name.text(row.name, "v");
      FormData by_file;
      by_file.file("n", {.filename = row.name, .content_type = "a/b", .body = RequestBody(std::string("v"))});
      REQUIRE(by_name.body().has_value() == !row.read.empty());
      REQUIRE(by_file.body().has_value() == !row.read.empty());
      if (row.read.empty()) {
        CHECK(by_name.body().error().code() == Errc::InvalidArgument);
        continue;
      }
      CHECK(parsed(by_name, (co_await read(by_name.body().value())).value()) == std::string(row.read) + "|-|-=v;");
      CHECK(parsed(by_file, (co_await read(by_file.body().value())).value()) ==
            "n|" + std::string(row.read) + "|a/b=v;");
    }
    CHECK(!FormData().file("n", {.filename = "f", .content_type = "a/b\r\nX: y"}).body());
    CHECK(!FormData().text("a\\", "").text("b", "").body());
    CHECK(!FormData().text("", "v").body());
  });
}
