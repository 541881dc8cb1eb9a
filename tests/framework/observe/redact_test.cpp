#include <rondeau/observe/redact.h>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/http/request.h>

using namespace rondeau;

TEST_CASE("observe: what shows who somebody is stands in no log, in whatever case it is written") {
  for (const std::string_view name : {"Authorization", "proxy-authorization", "COOKIE", "Set-Cookie", "x-api-key"}) {
    CAPTURE(name);
    CHECK(observe::is_sensitive(name));
  }
  for (const std::string_view name : {"Host", "Cookies", "Accept", "X-Tenant-Token", ""}) CHECK_FALSE(observe::is_sensitive(name));
  observe::redact({"X-Tenant-Token"});
  CHECK(observe::is_sensitive("x-tenant-token"));
  Headers headers;
  for (const auto& [name, value] : {std::pair("Accept", "*/*"), std::pair("authorization", "Bearer canary"),
                                    std::pair("Cookie", "sid=canary"), std::pair("X-Tenant-Token", "canary")}) {
    headers.append(name, value).value();
  }
  headers.append("x-long", std::string(1000, 'x')).value();
  const Request request = std::move(Request::make(Method::Get, "/", headers).value());
  const std::string text = observe::loggable(request.headers());
  CHECK(text.find("canary") == std::string::npos);
  CHECK(text.find("Accept: */*; Authorization: (hidden); Cookie: (hidden); X-Tenant-Token: (hidden)") != std::string::npos);
  CHECK(text.find(std::string(256, 'x')) != std::string::npos);
  CHECK(text.find(std::string(257, 'x')) == std::string::npos);
}
