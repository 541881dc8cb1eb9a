#include "postgres/settings.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <rondeau/test/run.h>

namespace {

using namespace rondeau;
using postgres::Options;
using postgres::Parameters;
using postgres::Settings;
using postgres::TlsMode;

Parameters parameters(const std::string& url, Options options = {}) {
  return test::run([&]() -> Task<Parameters> {
    auto settings = Settings::make(url, options);
    REQUIRE_MESSAGE(settings, settings.error().message());
    auto made = co_await settings->parameters();
    REQUIRE_MESSAGE(made, made.error().message());
    co_return *std::move(made);
  });
}
std::string value(const Parameters& parameters, std::string_view keyword) {
  const auto found = std::ranges::find(parameters, keyword, [](const auto& each) { return std::string_view(each.first); });
  return found == parameters.end() ? "none" : found->second;
}

TEST_CASE("postgres: a URL becomes what libpq is to be given, with addresses instead of names") {
  const Parameters made = parameters("postgres://ann:s%40cret@127.0.0.1:6000/shop?application_name=till");
  CHECK(value(made, "user") == "ann");
  CHECK(value(made, "password") == "s@cret");
  CHECK(value(made, "dbname") == "shop");
  CHECK(value(made, "host") == "127.0.0.1");
  CHECK(value(made, "hostaddr") == "127.0.0.1");
  CHECK(value(made, "port") == "6000");
  CHECK(value(made, "application_name") == "till");
  CHECK(value(made, "client_encoding") == "UTF8");
  CHECK(value(made, "gssencmode") == "disable");
  CHECK(value(made, "options").starts_with("-c statement_timeout=31000 -c idle_in_transaction_session_timeout=60000"));
}

TEST_CASE("postgres: several hosts are asked in turn, each with its own name for TLS") {
  const Parameters made = parameters("postgres://127.0.0.1:1,[::1]:2/shop");
  CHECK(value(made, "host") == "127.0.0.1,::1");
  CHECK(value(made, "hostaddr") == "127.0.0.1,::1");
  CHECK(value(made, "port") == "1,2");
}

TEST_CASE("postgres: TLS is off for sockets and loopback, and verified for everybody else") {
  CHECK(value(parameters("postgres://127.0.0.1/shop"), "sslmode") == "disable");
  CHECK(value(parameters("postgres://[::1]/shop"), "sslmode") == "disable");
  CHECK(value(parameters("postgres:///shop?host=/tmp"), "sslmode") == "disable");
  CHECK(value(parameters("postgres:///shop"), "host") == "/var/run/postgresql");
  const Parameters far = parameters("postgres://192.0.2.7/shop", {.ca_file = "/ca.pem"});
  CHECK(value(far, "sslmode") == "verify-full");
  CHECK(value(far, "sslrootcert") == "/ca.pem");
  CHECK(value(parameters("postgres://127.0.0.1,192.0.2.7/shop", {.ca_file = "/ca.pem"}), "sslmode") == "verify-full");
  CHECK(value(parameters("postgres://192.0.2.7/shop?sslmode=require"), "sslmode") == "require");
  CHECK(value(parameters("postgres://127.0.0.1/shop", {.tls = TlsMode::VerifyCa, .ca_file = "/ca.pem"}), "sslmode") ==
        "verify-ca");
}

TEST_CASE("postgres: what cannot be used is refused in words that hold no password") {
  const auto refusal = [](const std::string& url, Options options = {}) {
    auto settings = Settings::make(url, std::move(options));
    REQUIRE_FALSE(settings);
    CHECK(settings.error().kind() == sql::ErrorKind::Config);
    CHECK(settings.error().message().find("hunter2") == std::string::npos);
    return settings.error().message();
  };
  CHECK(refusal("http://ann:hunter2@host/").find("no URL") != std::string::npos);
  CHECK(refusal("postgres://ann:hunter2@host:port/").find("a port is no port") != std::string::npos);
  CHECK(refusal("postgres://ann:hunter2@host:0/").find("a port is no port") != std::string::npos);
  CHECK(refusal("postgres://ann:hunter2@a:1,b:2,c:3/x?port=1,2").find("ports") != std::string::npos);
  CHECK(refusal("postgres://ann:hunter2@a,,b/x").find("a host is empty") != std::string::npos);
  CHECK(refusal("postgres://ann:hunter2@host/?sslmode=prefer").find("falls back") != std::string::npos);
  CHECK(refusal("postgres://ann:hunter2@host/?sslmode=allow").find("falls back") != std::string::npos);
  CHECK(refusal("postgres://ann:hunter2@host/?hostaddr=10.0.0.1").find("hostaddr") != std::string::npos);
  CHECK(refusal("postgres://ann:hunter2@host/?service=x").find("service") != std::string::npos);
  CHECK(refusal("postgres://localhost/x?options=-csearch_path%3Dy", {.pooler = postgres::Pooler::Transaction})
            .find("pooler") != std::string::npos);
  CHECK(refusal("postgres://localhost/x", {.max_connections = 0}).find("max_connections") != std::string::npos);
  CHECK(refusal("postgres://localhost/x", {.max_connections = 1, .min_connections = 2}).find("min") != std::string::npos);
}

TEST_CASE("postgres: behind a transaction pooler nothing is set at the start") {
  const Parameters made = parameters("postgres://ann@localhost/shop", {.pooler = postgres::Pooler::Transaction});
  for (const char* keyword : {"options", "client_encoding", "application_name"}) CHECK(value(made, keyword) == "none");
  CHECK(value(made, "user") == "ann");
}

TEST_CASE("postgres: a name without an address is a reason to try again later") {
  test::run([]() -> Task<void> {
    Options options;
    options.resolver.set("gone.example", {});
    auto settings = Settings::make("postgres://gone.example/shop?sslmode=disable", options);
    REQUIRE(settings);
    const auto made = co_await settings->parameters();
    REQUIRE_FALSE(made);
    CHECK(made.error().kind() == sql::ErrorKind::Connect);
    CHECK(made.error().retry() == sql::Retry::Reconnect);
  });
}

}  // namespace
