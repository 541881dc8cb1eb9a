// TLS and passwords, against a server that asks for both.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "database.h"
#include "support/certificates.h"

namespace {

using namespace rondeau;
using integration::good;
using sql::ErrorKind;
using support::PostgresServer;

TEST_CASE("postgres: TLS is verified as asked, passwords are, and what is wrong is told by its kind") {
  PostgresServer server({.scram = true});
  support::Authority authority;
  const auto certificate = authority.issue({.common_name = "localhost", .dns = {"localhost"}});
  server.give(server.directory().put("data/server.crt", certificate.certificate));
  server.give(server.directory().put("data/server.key", certificate.key));
  const std::string ca = server.directory().put("ca.pem", authority.pem());
  const std::string other_ca = server.directory().put("other.pem", support::Authority().pem());
  const std::string port = std::to_string(server.port());
  const auto url = [&](const std::string& host, const std::string& options, const std::string& password = "postgres") {
    return "postgres://postgres:" + password + "@" + host + ":" + port + "/postgres" + options;
  };

  test::run([&]() -> Task<void> {
    const auto kind = [](std::string where, postgres::Options options = {}) -> Task<ErrorKind> {
      auto opened = co_await postgres::open(std::move(where), std::move(options));
      REQUIRE_FALSE(opened);
      CHECK(opened.error().message().find("wrong-one") == std::string::npos);
      co_return opened.error().kind();
    };
    CHECK(co_await kind(url("127.0.0.1", "", "wrong-one")) == ErrorKind::Auth);
    CHECK(co_await kind("postgres://postgres@127.0.0.1:" + port + "/postgres?passfile=/nowhere") == ErrorKind::Auth);
    CHECK(co_await kind(url("localhost", "?sslmode=verify-full&sslrootcert=" + ca)) == ErrorKind::Tls);  // not on yet
    {
      auto db = good(co_await postgres::open(url("127.0.0.1", "")));
      good(co_await db.exec("alter system set ssl = on"));
      good(co_await db.exec("select pg_reload_conf()"));
      // A session that begins from now on has it, after the postmaster has read its settings.
      while (!good(co_await db.scalar<bool>("select current_setting('ssl')::bool"))) {
      }
      co_await db.close();
    }
    {
      auto db = good(co_await postgres::open(url("localhost", "?sslmode=verify-full&sslrootcert=" + ca)));
      CHECK(good(co_await db.scalar<std::string>(
                "select version from pg_stat_ssl where pid = pg_backend_pid()")) == "TLSv1.3");
      // What OpenSSL has decrypted is not in the socket any more.
      for (const int size : {1, 16'383, 16'384, 16'385, 40'000, 1'000'000}) {
        for (int use = 0; use < 3; ++use) {
          const std::string text = good(co_await db.scalar<std::string>("select repeat('x', $1)", size));
          CHECK(text.size() == static_cast<std::size_t>(size));
        }
      }
      CHECK(good(co_await db.scalar<std::string>("select $1::text", std::string(3'000'000, 'y'))).size() == 3'000'000);
      CHECK((co_await db.with_timeout(std::chrono::milliseconds(30)).exec("select pg_sleep(60)")).error().kind() ==
            ErrorKind::Timeout);
      CHECK(good(co_await db.scalar<int>("select 1")) == 1);
      co_await db.close();
    }
    CHECK(co_await kind(url("localhost", "?sslmode=verify-full&sslrootcert=" + other_ca)) == ErrorKind::Tls);
    CHECK(co_await kind(url("127.0.0.1", "?sslmode=verify-full&sslrootcert=" + ca)) == ErrorKind::Tls);  // no such name
    CHECK(co_await kind(url("localhost", ""), {.tls = postgres::TlsMode::VerifyFull, .ca_file = other_ca}) == ErrorKind::Tls);
    {
      auto db = good(co_await postgres::open(url("127.0.0.1", "?sslmode=require")));
      CHECK(good(co_await db.scalar<bool>("select ssl from pg_stat_ssl where pid = pg_backend_pid()")));
      co_await db.close();
    }
  });
}

}  // namespace
