#include <cctype>
#include <optional>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/http/headers.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/method.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>

using namespace rondeau;

TEST_CASE("http: every method is found by its own name and by no other spelling") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < http::kMethodCount; ++i) {
    auto method = static_cast<Method>(i);
    CHECK(http::parse_method(to_string(method)) == method);
    names.insert(to_string(method));
  }
  CHECK(names.size() == http::kMethodCount);
  for (std::string_view other : {"", "get", "GETX", "GE", "QUERY"}) CHECK_FALSE(http::parse_method(other));
}

TEST_CASE("http: every well-known field name is found in any case") {
  for (std::size_t i = 1; i < http::kHeaderNameCount; ++i) {
    auto id = static_cast<HeaderName>(i);
    std::string name(to_string(id));
    REQUIRE_FALSE(name.empty());
    CHECK(http::find_header_name(name) == id);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    CHECK(http::find_header_name(name) == id);
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    CHECK(http::find_header_name(name) == id);
    CHECK(http::find_header_name(name + "x") == HeaderName::Other);
    CHECK(http::find_header_name(name.substr(1)) != id);
  }
  for (std::string_view other : {"", "x", "content_length", "hosts"}) {
    CHECK(http::find_header_name(other) == HeaderName::Other);
  }
}

TEST_CASE("http: status codes know their phrases and whether a body may follow") {
  CHECK(http::reason_phrase(StatusCode::NotFound) == "Not Found");
  CHECK(http::reason_phrase(StatusCode::Ok) == "OK");
  CHECK(http::reason_phrase(StatusCode{299}).empty());
  CHECK_FALSE(http::allows_body(StatusCode::NoContent));
  CHECK_FALSE(http::allows_body(StatusCode::NotModified));
  CHECK(http::allows_body(StatusCode::Created));
}

TEST_CASE("http: headers keep order, replace, append and remove without regard to case") {
  Headers headers;
  REQUIRE(headers.append("X-One", "1"));
  REQUIRE(headers.append(HeaderName::SetCookie, "a=b"));
  REQUIRE(headers.append("set-cookie", "c=d"));
  headers.set_static(HeaderName::Server, "rondeau");
  REQUIRE(headers.append("x-two", "2"));
  REQUIRE(headers.append("X-THREE", "3"));
  CHECK(headers.size() == 6);
  CHECK(headers.get("x-one") == "1");
  CHECK(headers.get(HeaderName::Server) == "rondeau");
  CHECK(headers.count(HeaderName::SetCookie) == 2);
  CHECK(headers[1].name == "Set-Cookie");
  CHECK(headers[5].name == "X-THREE");

  REQUIRE(headers.set("SET-COOKIE", "e=f"));
  CHECK(headers.count("Set-Cookie") == 1);
  CHECK(headers[1].value == "e=f");
  CHECK(headers.size() == 5);
  CHECK(headers.remove("X-Two") == 1);
  CHECK(headers.remove("X-Two") == 0);
  CHECK_FALSE(headers.contains("x-two"));
  CHECK(headers.get("x-three") == "3");

  Headers copy = headers;
  headers.clear();
  CHECK(headers.empty());
  CHECK(copy.get("x-three") == "3");
  Headers moved = std::move(copy);
  CHECK(moved.get("x-one") == "1");
  std::string names;
  for (http::HeaderField field : moved) names += std::string(field.name) + " ";
  CHECK(names == "X-One Set-Cookie Server X-THREE ");
}

TEST_CASE("http: a field that could break out of its line is refused where it is set (RUSTSEC-2017-0002)") {
  Headers headers;
  using namespace std::string_view_literals;
  for (std::string_view value : {"a\r\nb"sv, "a\nb"sv, "a\rb"sv, "a\0b"sv, "a\x01"sv, "a\x7f"sv, " a"sv, "a\t"sv}) {
    auto set = headers.set("X-A", value);
    REQUIRE_FALSE(set);
    CHECK(set.error() == Errc::InvalidArgument);
    CHECK_FALSE(headers.append(HeaderName::Location, value));
  }
  for (std::string_view name : {"", "a b", "a:", "a\r\n", "é"}) CHECK_FALSE(headers.set(name, "v"));
  CHECK(headers.empty());
  CHECK(headers.set("X-A", "caf\xc3\xa9\tx"));
  CHECK(headers.set("X-B", ""));
}

TEST_CASE("http: a redirect to where a peer's bytes point becomes a fault, not a second header") {
  Response good = Response::redirect("/next?a=b");
  CHECK(good.status() == StatusCode::SeeOther);
  CHECK(good.headers().get(HeaderName::Location) == "/next?a=b");
  CHECK(good.fault() == Errc::Ok);
  Response bad = Response::redirect("/next\r\nSet-Cookie: a=b");
  CHECK(bad.fault() == Errc::InvalidArgument);
  CHECK_FALSE(bad.headers().contains(HeaderName::Location));
}

TEST_CASE("http: a request made by hand passes the checks of the wire") {
  Headers headers;
  REQUIRE(headers.append("X-A", "b"));
  auto request = Request::make(Method::Post, "/users/a%20b?x=1", headers, Bytes::copy_of(std::string_view("body")));
  REQUIRE(request);
  CHECK(request->method() == Method::Post);
  CHECK(request->path() == "/users/a%20b");
  CHECK(request->query() == "x=1");
  CHECK(request->authority() == "localhost");
  CHECK(request->header("x-a") == "b");
  CHECK(request->header(HeaderName::ContentLength) == "4");
  CHECK(request->body().buffered() == "body");
  for (std::string_view bad : {"users", "/a b", "/\r\n\r\n", "/a HTTP/1.1\r\nHost: b\r\n\r\n", "*"}) {
    auto refused = Request::make(Method::Get, bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::InvalidArgument);
  }
}

TEST_CASE("http: an absolute target gives the authority and a path that is never empty") {
  auto request = Request::make(Method::Get, "http://example.org:81?q");
  REQUIRE(request);
  CHECK(request->authority() == "example.org:81");
  CHECK(request->path() == "/");
  CHECK(request->query() == "q");
  CHECK(Request::make(Method::Options, "http://example.org")->path() == "*");
}

TEST_CASE("http: nesting strips the path but not the original one, and parameters stay readable") {
  auto request = Request::make(Method::Get, "/admin/7");
  REQUIRE(request);
  constexpr std::string_view names[] = {"id"};
  request->route().stripped = 6;
  request->route().parameter_names = names;
  request->route().parameter_count = 1;
  request->route().parameters[0] = {7, 1};
  CHECK(request->path() == "/7");
  CHECK(request->original_path() == "/admin/7");
  CHECK(request->raw_path_parameter("id") == "7");
  CHECK_FALSE(request->raw_path_parameter("name"));
  request->route().stripped = 8;
  CHECK(request->path() == "/");
}

TEST_CASE("http: a copy of a request outlives it") {
  std::optional<Request> copy;
  {
    auto request = Request::make(Method::Put, "/a", {}, Bytes(std::string(1000, 'x')));
    REQUIRE(request);
    request->set_request_id("id");
    request->extensions().insert(std::string("value"));
    copy = request->own();
  }
  CHECK(copy->path() == "/a");
  CHECK(copy->header(HeaderName::Host) == "localhost");
  CHECK(copy->body().buffered().size() == 1000);
  CHECK(copy->request_id() == "id");
  CHECK(*copy->extensions().get<std::string>() == "value");
  CHECK(copy->extensions().get<int>() == nullptr);
}

TEST_CASE("http: the presets of limits differ from the edge only as the table says") {
  Limits edge;
  CHECK(edge.max_target == 8192);
  CHECK(edge.max_head == 32768);
  CHECK(edge.max_fields == 100);
  CHECK(edge.keep_alive == std::chrono::seconds(75));
  CHECK(edge.max_buffered_body == 2 * 1024 * 1024);
  CHECK(edge.body_rate.has_value());
  CHECK_FALSE(Limits::behind_proxy().body_rate);
  CHECK_FALSE(Limits::behind_proxy().write_rate);
  CHECK(Limits::internal().max_head == 65536);
  CHECK(Limits::internal().max_fields == 200);
  CHECK(Limits::internal().handler == std::chrono::seconds(60));
}
