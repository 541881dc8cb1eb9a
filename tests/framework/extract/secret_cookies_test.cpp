#include <rondeau/rondeau.h>

#include <string>

#include <doctest/doctest.h>

#include "support/dispatch.h"

using namespace rondeau;
using crypto::Key;
using support::Asked;
using support::body;
using support::field;
using support::status;

namespace {

struct App {
  std::string name;
  KeyRing keys;
};

Key key(char c) {
  return Key::from_bytes(std::string(32, c)).value();
}

/// One router whose handlers set a cookie of the name in the path, and read it.
class Service {
 public:
  explicit Service(KeyRing keys) : router_(App{"app", std::move(keys)}) {
    router_.post<"/signed/{name}">([](Path<"name", std::string> name, SignedCookies cookies, std::string value) {
      return Response().add_cookie(cookies.sign({.name = *name, .value = value}));
    });
    router_.get<"/signed/{name}">([](Path<"name", std::string> name, SignedCookies cookies) {
      return cookies.get(*name).value_or("none");
    });
    router_.post<"/private/{name}">([](Path<"name", std::string> name, PrivateCookies cookies, std::string value) {
      return Response().add_cookie(cookies.seal({.name = *name, .value = value}));
    });
    router_.get<"/private/{name}">([](Path<"name", std::string> name, PrivateCookies cookies) {
      return cookies.get(*name).value_or("none");
    });
    asked_.emplace(router_);
  }

  /// The cookie's value as it was set.
  std::string set(std::string_view path, std::string_view value) {
    const Response answer = asked_->post(path, {}, value);
    CHECK(answer.fault() == Errc::Ok);
    const std::string line = field(answer, "set-cookie");
    const std::size_t begin = line.find('=') + 1;
    return line.substr(begin, line.find(';') - begin);
  }
  std::string read(std::string_view path, const std::string& cookies) {
    return body(asked_->get(path, {{"cookie", cookies}}));
  }
  Asked& asked() { return *asked_; }

 private:
  Router<App> router_;
  std::optional<Asked> asked_;
};

}  // namespace

TEST_CASE("extract: a signed cookie is read back, and nothing else is taken for one") {
  Service service{KeyRing(key('a'))};
  const std::string value = service.set("/signed/sid", "user=7");
  CHECK(value.ends_with("user=7"));
  CHECK(service.read("/signed/sid", "x=1; sid=" + value) == "user=7");
  CHECK(service.read("/signed/sid", "sid=user=7") == "none");
  CHECK(service.read("/signed/sid", "sid=" + value + "0") == "none");
  CHECK(service.read("/signed/sid", "other=" + value) == "none");
  CHECK(service.read("/signed/other", "other=" + value) == "none");  // its name was exchanged
  CHECK(service.read("/signed/sid", "sid=" + value + "; sid=" + value) == "none");
  CHECK(service.read("/private/sid", "sid=" + value) == "none");
  CHECK(status(service.asked().get("/signed/sid", {{"cookie", "sid"}})) == 400);
  CHECK(body(service.asked().get("/signed/sid")) == "none");
}

TEST_CASE("extract: a private cookie takes any text, hides it, and belongs to its name") {
  Service service{KeyRing(key('a'))};
  const std::string text = "a; b\r\n\"c\", \xc3\xa9";
  const std::string value = service.set("/private/sid", text);
  CHECK(http::is_cookie_value(value));
  CHECK(service.read("/private/sid", "sid=" + value) == text);
  CHECK(service.read("/private/other", "other=" + value) == "none");
  CHECK(service.read("/signed/sid", "sid=" + value) == "none");
  std::string changed = value;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  CHECK(service.read("/private/sid", "sid=" + changed) == "none");
  CHECK(service.set("/private/sid", text) != value);
}

TEST_CASE("extract: cookies of an older key are still read, those of a foreign key are not") {
  Service before{KeyRing(key('a'))};
  Service during{KeyRing(key('b'), {key('a')})};
  Service after{KeyRing(key('b'))};
  for (const std::string path : {"/signed/sid", "/private/sid"}) {
    CAPTURE(path);
    const std::string value = before.set(path, "7");
    CHECK(during.read(path, "sid=" + value) == "7");
    CHECK(after.read(path, "sid=" + value) == "none");
    CHECK(after.read(path, "sid=" + during.set(path, "8")) == "8");
  }
}
