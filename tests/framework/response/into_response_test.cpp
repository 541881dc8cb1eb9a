#include <rondeau/rondeau.h>

#include <cmath>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/task/async_generator.h>

#include "support/dispatch.h"

using namespace rondeau;
using support::body;
using support::field;
using support::status;

namespace {

struct Link {
  int id = 0;
};
struct Reading {
  double value = 0;
};
struct Picture {
  std::string bytes;
};
enum class Trouble { NotThere };

template <class T>
Response into(T value) {
  const Request request = support::make_request(Method::Get, "/x");
  return IntoResponse<T>::into(std::move(value), request);
}

Headers fields(std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
  Headers headers;
  for (const auto& [name, value] : list) headers.append(name, value).value();
  return headers;
}

}  // namespace

template <>
struct rondeau::IntoResponse<Picture> {
  static Response into(Picture picture, const Request&) {
    return Response::bytes(Bytes(std::move(picture.bytes)), "image/png");
  }
};
template <>
struct rondeau::IntoProblem<Trouble> {
  static Problem into(Trouble) { return problem(StatusCode::NotFound, "gone fishing"); }
};

TEST_CASE("response: each result has its status, type and body") {
  struct Case {
    const char* what;
    Response answer;
    unsigned status;
    std::string_view type;
    std::string_view body;
  };
  Case cases[] = {
      {"Response", into(Response::text("x", StatusCode::Ok)), 200, "text/plain; charset=utf-8", "x"},
      {"StatusCode", into(StatusCode::Conflict), 409, "(none)", ""},
      {"string", into(std::string("x")), 200, "text/plain; charset=utf-8", "x"},
      {"literal", into<const char*>("x"), 200, "text/plain; charset=utf-8", "x"},
      {"string_view", into(std::string_view("x")), 200, "text/plain; charset=utf-8", "x"},
      {"Bytes", into(Bytes::from_static("x")), 200, "application/octet-stream", "x"},
      {"Json", into(Json{Link{7}}), 200, "application/json", R"({"id":7})"},
      {"Html", into(Html{"<p>"}), 200, "text/html; charset=utf-8", "<p>"},
      {"Accepted", into(Accepted{}), 202, "(none)", ""},
      {"NoContent", into(NoContent{}), 204, "(none)", ""},
      {"WithStatus", into(WithStatus<418, std::string>{"tea"}), 418, "text/plain; charset=utf-8", "tea"},
      {"Created", into(Created{Json{Link{7}}, "/7"}), 201, "application/json", R"({"id":7})"},
      {"Picture", into(Picture{"png"}), 200, "image/png", "png"},
      {"some", into(std::optional(Json{Link{7}})), 200, "application/json", R"({"id":7})"},
      {"value", into(Result<std::string, Trouble>("x")), 200, "text/plain; charset=utf-8", "x"},
      {"success", into(Result<void>()), 204, "(none)", ""},
      {"first of two", into(OneOf<Json<Link>, Redirect>(Json{Link{7}})), 200, "application/json", R"({"id":7})"},
      {"second of two", into(OneOf<Json<Link>, Redirect>(Redirect::to("/x"))), 303, "(none)", ""},
      {"one of nested", into(OneOf<NoContent, WithStatus<404, Html>>(WithStatus<404, Html>{{"<p>"}})), 404,
       "text/html; charset=utf-8", "<p>"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.what);
    CHECK(status(row.answer) == row.status);
    CHECK(field(row.answer, "content-type") == row.type);
    CHECK(body(row.answer) == row.body);
  }
}

namespace {

AsyncGenerator<std::string> lines() {
  co_yield "a";
}
AsyncGenerator<Result<Bytes>> chunks() {
  co_yield Bytes::from_static("a");
}

}  // namespace

TEST_CASE("response: a generator is a stream, of text or of bytes") {
  const Response text = into(lines());
  CHECK(text.body().is_stream());
  CHECK(field(text, "content-type") == "text/plain; charset=utf-8");
  const Response bytes = into(chunks());
  CHECK(bytes.body().is_stream());
  CHECK(field(bytes, "content-type") == "application/octet-stream");
}

TEST_CASE("response: an empty optional is a 404 problem, an error its problem") {
  CHECK(status(into(std::optional<std::string>())) == 404);
  const Response own = into(Result<std::string, Trouble>(Unexpected{Trouble::NotThere}));
  CHECK(status(own) == 404);
  CHECK(body(own).find("gone fishing") != std::string::npos);
  CHECK(status(into(Result<std::string, Problem>(problem(StatusCode::Gone)))) == 410);
  CHECK(status(into(Result<std::string>(Errc::ConnectionRefused))) == 500);
  CHECK(status(into(Result<void>(Errc::TimedOut))) == 503);
  CHECK(status(into(Result<std::string, StatusCode>(Unexpected{StatusCode::Gone}))) == 410);
}

TEST_CASE("response: places and fields") {
  CHECK(field(into(Created{Json{Link{7}}, "/links/7"}), "location") == "/links/7");
  const Response moved = into(Redirect::permanent("/there"));
  CHECK(status(moved) == 308);
  CHECK(field(moved, "location") == "/there");
  CHECK(status(into(Redirect::to("/there"))) == 303);
  CHECK(status(into(Redirect::temporary("/there"))) == 307);
  const Response with = into(WithHeaders{std::string("x"), fields({{"x-a", "1"}, {"x-a", "2"}})});
  CHECK(with.headers().count("x-a") == 2);
  CHECK(body(with) == "x");
}

TEST_CASE("response: a location with a line break makes the response faulty") {
  const Response answer = into(Redirect::to("/a\r\nset-cookie: x=1"));
  CHECK(answer.fault() == Errc::InvalidArgument);
}

TEST_CASE("response: a value that JSON cannot say is a 500") {
  CHECK(status(into(Json{Reading{std::nan("")}})) == 500);
}
