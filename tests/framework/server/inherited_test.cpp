#include <rondeau/server/inherited.h>

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "server/listen_variables.h"

using namespace rondeau;
using server::ListenVariables;
using server::names_of;

TEST_CASE("server: inherited sockets are this process's, and have names") {
  using Names = std::vector<std::string>;
  struct Case {
    ListenVariables said;
    std::optional<Names> names;  // nothing: an error
  };
  for (const Case& row : std::vector<Case>{
           {{}, Names{}},
           {{"7", std::nullopt, std::nullopt}, Names{}},
           {{std::nullopt, "1", std::nullopt}, Names{}},
           {{"7", "0", std::nullopt}, Names{}},
           {{"7", "0", ""}, Names{}},
           {{"7", "2", std::nullopt}, Names{"unknown", "unknown"}},
           {{"7", "2", "http:admin"}, Names{"http", "admin"}},
           {{"7", "2", "http:"}, Names{"http", ""}},
           {{"7", "1", ""}, Names{""}},
           {{"8", "2", "http:admin"}, Names{}},  // its parent's
           {{"8", "many", std::nullopt}, Names{}},
           {{"7", "2", "http"}, std::nullopt},
           {{"7", "1", "http:admin"}, std::nullopt},
           {{"7", "1", "http:admin:and:more"}, std::nullopt},
           {{"7", "-1", std::nullopt}, std::nullopt},
           {{"7", "", std::nullopt}, std::nullopt},
           {{"7", "1x", std::nullopt}, std::nullopt},
           {{"7", "4097", std::nullopt}, std::nullopt},
           {{"7", "99999999999", std::nullopt}, std::nullopt},
           {{"", "1", std::nullopt}, std::nullopt},
           {{"0", "1", std::nullopt}, std::nullopt},
           {{"-7", "1", std::nullopt}, std::nullopt},
           {{"7 ", "1", std::nullopt}, std::nullopt},
       }) {
    CAPTURE(row.said.pid.value_or("none") + " " + row.said.fds.value_or("none") + " " + row.said.names.value_or("none"));
    const auto names = names_of(row.said, 7);
    CHECK(names.has_value() == row.names.has_value());
    if (names && row.names) CHECK(*names == *row.names);
    if (!names) CHECK(names.error() == Errc::InvalidArgument);
  }
}
