#include "service/admin_terms.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace rondeau;
using service::AdminScope;
using service::AdminSettings;
using service::Profile;

TEST_CASE("service: where the admin listener is and what it does follows from the settings") {
  struct Case {
    std::optional<std::string> listen;
    std::optional<AdminScope> scope;
    std::string token;
    Profile profile;
    std::string_view address;  // empty: none
    AdminScope expected;
    std::string_view mistake;
  };
  constexpr auto kFull = AdminScope::full;
  constexpr auto kRead = AdminScope::read;
  for (const Case& row : {
           Case{{}, {}, "", Profile::Prod, "", kFull, ""},
           Case{{}, {}, "", Profile::Dev, "127.0.0.1:0", kFull, ""},
           Case{"", {}, "", Profile::Dev, "", kFull, ""},
           Case{"127.0.0.1:9090", {}, "", Profile::Prod, "127.0.0.1:9090", kFull, ""},
           Case{"127.0.0.1:9090", kRead, "", Profile::Prod, "127.0.0.1:9090", kRead, ""},
           Case{"[::1]:9090", {}, "", Profile::Prod, "[::1]:9090", kFull, ""},
           Case{"unix:/run/a.sock", {}, "", Profile::Prod, "unix:/run/a.sock", kFull, ""},
           Case{"0.0.0.0:9090", {}, "", Profile::Prod, "0.0.0.0:9090", kRead, ""},
           Case{"10.0.0.1:9090", {}, "", Profile::Prod, "10.0.0.1:9090", kRead, ""},
           Case{"[::]:9090", {}, "abc=", Profile::Prod, "[::]:9090", kFull, ""},
           Case{"0.0.0.0:9090", kFull, "abc", Profile::Prod, "0.0.0.0:9090", kFull, ""},
           Case{"0.0.0.0:9090", kFull, "", Profile::Prod, "0.0.0.0:9090", kFull,
                "admin.scope: full on 0.0.0.0:9090, where others can connect, needs an admin.token"},
           Case{"[::]:0", kFull, "", Profile::Dev, "[::]:0", kFull,
                "admin.scope: full on [::]:0, where others can connect, needs an admin.token"},
           Case{"here", {}, "", Profile::Prod, "", kFull,
                "admin.listen: must be an address such as 127.0.0.1:9090 or unix:/run/x.sock, not \"here\""},
           Case{"9090", {}, "", Profile::Prod, "", kFull,
                "admin.listen: must be an address such as 127.0.0.1:9090 or unix:/run/x.sock, not \"9090\""},
           Case{{}, {}, "two words", Profile::Prod, "", kFull,
                "admin.token: must be letters, digits and -._~+/, so that it can be sent"},
           Case{{}, {}, "==", Profile::Prod, "", kFull,
                "admin.token: must be letters, digits and -._~+/, so that it can be sent"},
       }) {
    CAPTURE(row.listen.value_or("(none)"));
    std::vector<std::string> mistakes;
    AdminSettings settings;
    settings.listen = row.listen;
    settings.scope = row.scope;
    settings.token = Secret(std::string(row.token));
    const auto terms = service::judge_admin(settings, row.profile, mistakes);
    CHECK(mistakes == (row.mistake.empty() ? std::vector<std::string>() : std::vector{std::string(row.mistake)}));
    REQUIRE(terms.has_value() == !row.address.empty());
    if (!terms) continue;
    CHECK(terms->address.to_string() == row.address);
    CHECK(terms->scope == row.expected);
    CHECK(terms->token.reveal() == row.token);
  }
}

TEST_CASE("service: names for the Host field of the admin listener are names") {
  std::vector<std::string> mistakes;
  AdminSettings settings;
  settings.hosts = {"metrics.internal", "a b", "x:80"};
  static_cast<void>(service::judge_admin(settings, Profile::Prod, mistakes));
  CHECK(mistakes == std::vector<std::string>{"admin.hosts: must be names without ports, not \"a b\"",
                                             "admin.hosts: must be names without ports, not \"x:80\""});
}
