#include <rondeau/reflect/secret.h>

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/json/json.h>

using namespace rondeau;

namespace {

struct Credentials {
  std::string user;
  Secret<std::string> password;
};

}  // namespace

TEST_CASE("reflect: a secret is read as text and written as stars") {
  const auto read = json::parse<Credentials>(R"({"user":"ann","password":"canary"})");
  REQUIRE(read);
  CHECK(read->password.reveal() == "canary");
  CHECK(json::to_string(*read).value() == R"({"user":"ann","password":"***"})");
  const auto wrong = json::parse<Credentials>(R"({"user":"ann","password":["canary"]})");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message().find("canary") == std::string::npos);
  CHECK_FALSE(json::parse<Credentials>(R"({"user":"ann"})"));
}
