#include <rondeau/redis/options.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

using namespace rondeau;
using namespace std::chrono_literals;
using redis::Options;

namespace {

std::string error_of(std::string_view url) {
  const auto options = Options::from_url(url);
  return options ? "it was taken" : options.error().message();
}

connect::HostPort host_of(std::string_view url) {
  return std::get<connect::HostPort>(Options::from_url(url).value().address);
}

}  // namespace

TEST_CASE("options: a URL says host, credentials, database and parameters") {
  CHECK(host_of("redis://cache") == connect::HostPort{"cache", 6379});
  CHECK(host_of("redis://cache:7000/") == connect::HostPort{"cache", 7000});
  CHECK(host_of("redis://[::1]:7000/3") == connect::HostPort{"::1", 7000});
  const Options options =
      Options::from_url("redis://app:p%40ss%2F%3A@10.0.0.7:7/12?name=orders&connections=4&command_timeout_ms=250").value();
  CHECK(options.username == "app");
  CHECK(options.password.reveal() == "p@ss/:");
  CHECK(options.database == 12);
  CHECK(options.client_name == "orders");
  CHECK(options.connections == 4);
  CHECK(options.command_timeout == 250ms);
  CHECK_FALSE(options.tls);
  CHECK(Options::from_url("redis://:secret@h").value().password.reveal() == "secret");
  CHECK(Options::from_url("rediss://h").value().tls);
}

TEST_CASE("options: a URL may lead to a Unix socket") {
  const Options options = Options::from_url("unix:/run/redis.sock?db=2").value();
  CHECK(std::get<connect::UnixPath>(options.address).path == "/run/redis.sock");
  CHECK(options.database == 2);
  const Options other = Options::from_url("unix://:pw@/run/a%20b.sock").value();
  CHECK(std::get<connect::UnixPath>(other.address).path == "/run/a b.sock");
  CHECK(other.password.reveal() == "pw");
}

TEST_CASE("options: what a URL says wrongly is one sentence, without the password") {
  for (const std::string_view url : {"", "redis", "http://h", "redis:h", "redis://", "redis://h:99999", "redis://h:x",
                                     "redis://h/x", "redis://h/-1", "redis://h/1/2", "redis://h#f", "redis://h?what=1",
                                     "redis://h?db=x", "redis://h?connections=0", "redis://h?connections=65",
                                     "redis://h?command_timeout_ms=0", "redis://h?name=a%20b", "redis://h?name=%0d%0a",
                                     "redis://user@h", "redis://a:%zz@h", "redis://a b", "unix:", "unix://host/x"}) {
    CAPTURE(url);
    CHECK(error_of(url).starts_with("redis: "));
  }
  CHECK(error_of("redis://app:secret@h/x").find("secret") == std::string::npos);
  CHECK(error_of("redis://app:secret@h h/x").find("secret") == std::string::npos);
}
