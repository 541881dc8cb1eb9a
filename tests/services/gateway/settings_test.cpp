// What a file may say, and what each mistake is told as.
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "settings.h"
#include "support/temporary_directory.h"

using namespace rondeau;

namespace {

std::string mistakes_of(std::string_view text) {
  const support::TemporaryDirectory folder;
  const std::string path = folder.path() / "gateway.json";
  std::ofstream(path) << text;
  const auto read = gateway::read_gateway_file(path);
  if (read) return "none";
  CHECK(read.error() == Errc::InvalidArgument);
  std::string all = read.error().message();
  for (std::size_t at; (at = all.find(path)) != std::string::npos;) all.replace(at, path.size(), "FILE");
  return all;
}

}  // namespace

TEST_CASE("gateway: a file has comments, defaults, and a line for each mistake") {
  CHECK(mistakes_of(R"({
    // two of them
    "upstreams": {"shop": {"peers": ["http://10.0.0.1:8080", "http://10.0.0.2:8080/v2"], "health": null, "balance": "hash"}},
    "routes": [{"upstream": "shop"}, {"upstream": "shop", "host": "*.example.org", "prefix": "/x", "timeout": "3s"}]})") == "none");
  struct Row {
    std::string_view text;
    std::string_view told;
  };
  constexpr Row kRows[] = {
      {R"({"upstreams": {}, "routes": [{"upstream": "shop"}]})", "/routes/0/upstream: is no upstream of this file"},
      {R"({"upstreams": {"a": {"peers": []}}, "routes": []})", "/upstreams/a/peers: needs at least one"},
      {R"({"upstreams": {"a": {"peers": ["shop:80"]}}, "routes": []})", "/upstreams/a/peers/0: "},
      {R"({"upstreams": {"a": {"peers": ["http://b", "http://b"]}}, "routes": []})", "/upstreams/a/peers/0: is there twice"},
      {R"({"upstreams": {"a": {"peers": ["http://b/?x"]}}, "routes": []})", "/upstreams/a/peers/0: has a query"},
      {R"({"upstreams": {"a": {"peers": ["http://b"], "balance": "best"}}, "routes": []})", "/upstreams/a/balance: "},
      {R"({"upstreams": {"a": {"peers": ["http://b"], "hash_header": "x"}}, "routes": []})", "/upstreams/a/hash_header: is for the balance"},
      {R"({"upstreams": {"a": {"peers": ["http://b"], "health": {"failures": 0}}}, "routes": []})", "/upstreams/a/health/failures: must be at least 1"},
      {R"({"upstreams": {"a": {"peers": ["http://b"], "helth": {}}}, "routes": []})", "did you mean"},
      {R"({"upstreams": {"a": {"peers": ["http://b"], "connect_timeout": 3}}, "routes": []})", "/upstreams/a/connect_timeout: "},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "prefix": "x"}]})", "/routes/0/prefix: must begin with a slash"},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "host": "b:80"}]})", "/routes/0/host: is no host"},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "methods": ["get"]}]})", "/routes/0/methods/0: is no method"},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "remove_request_headers": ["a b"]}]})", "/routes/0/remove_request_headers/0: is no name"},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "set_response_headers": {"x": "a\nb"}}]})", "/routes/0/set_response_headers/x: is no field"},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "rate_limit": {"by": "header"}}]})", "/routes/0/rate_limit/by: "},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "rate_limit": {"header": "x-key"}}]})", "/routes/0/rate_limit/by: "},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "rate_limit": {"by": "header", "header": "x key"}}]})", "/routes/0/rate_limit/header: is no name"},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "rate_limit": {"requests": 0}}]})", "/routes/0/rate_limit/requests: "},
      {R"({"upstreams": {}})", "routes: is required"},
      {R"({"upstreams": {"a": {}}, "routes": []})", "/upstreams/a/peers: is required"},
      {R"({"upstreams": {"a": {"peers": ["http://b"]}}, "routes": [{"upstream": "a", "methods": []}]})", "/routes/0/methods: names no method"},
      {R"({"upstreams": {}, "routes": [)", "FILE"},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    const std::string told = mistakes_of(row.text);
    CAPTURE(told);
    CHECK(told.find(row.told) != std::string::npos);
  }
}

TEST_CASE("gateway: a file that is not there is a mistake with its name") {
  const auto read = gateway::read_gateway_file("/nowhere/gateway.json");
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().message().find("/nowhere/gateway.json") != std::string::npos);
}
