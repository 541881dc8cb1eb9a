#include <string>

#include <doctest/doctest.h>

#include "dev/build_errors.h"
#include "dev/sockets.h"

using namespace rondeau::tool::dev;

TEST_CASE("dev: of a build that failed the first errors are shown, without commands") {
  std::string output = "[1/3] Compiling a.cpp\nFAILED: a.o\nclang++ -c a.cpp\nIn file included from a.cpp:1:\n";
  for (int i = 0; i < 5; ++i) output += "a.h:" + std::to_string(i) + ":1: error: no\n   code\n";
  const std::string shown = first_errors(output + "ninja: build stopped: subcommand failed.\n");
  CHECK(shown ==
        "In file included from a.cpp:1:\na.h:0:1: error: no\n   code\na.h:1:1: error: no\n   code\na.h:2:1: error: "
        "no\n   code\n");
}

TEST_CASE("dev: errors of two files are shown without what stands between them") {
  CHECK(first_errors(
            "a.cpp:1:1: error: one\n[2/3] Compiling b.cpp\nFAILED: b.o\nclang++ -c b.cpp\nb.cpp:1:1: error: two\n") ==
        "a.cpp:1:1: error: one\nb.cpp:1:1: error: two\n");
}

TEST_CASE("dev: where no compiler has complained the last lines are shown") {
  CHECK(first_errors("meson.build:3: ERROR: Unknown function\n") == "meson.build:3: ERROR: Unknown function\n");
  CHECK(first_errors("").empty());
}

TEST_CASE("dev: sockets are those that the settings name") {
  const auto some = addresses_in(
      "log.level = \"info\"  (default)\nserver.listen = \"127.0.0.1:80, [::1]:81\"  (flag)\nadmin.listen = null  "
      "(default)\n");
  REQUIRE(some);
  CHECK(some->server == std::vector<std::string>{"127.0.0.1:80", "[::1]:81"});
  CHECK(some->admin == "127.0.0.1:0");
  const auto none = addresses_in("server.listen = \"127.0.0.1:80\"\nadmin.listen = \"\"\n");
  REQUIRE(none);
  CHECK(!none->admin);
  CHECK(!addresses_in("server.listen = \"unix:/x\"\n"));
  CHECK(!addresses_in("server.listen = \"127.0.0.1:80\"\nadmin.listen = \"unix:/x\"\n"));
  CHECK(!addresses_in("other.server.listen = \"127.0.0.1:80\"\n"));
}
