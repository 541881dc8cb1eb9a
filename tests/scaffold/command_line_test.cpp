#include "command_line.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "commands.h"

using namespace rondeau::tool;
using Typed = std::vector<std::string>;

namespace {

constexpr Option kOptions[] = {
    {"--db", "none|sqlite", "where to"},
    {"--port", "N", "to listen on"},
    {"--force", "", "all the same"},
};
const Command kMake{"make", "NAME [PLACE] [-- FLAGS]", "makes", kOptions, nullptr};
const Command kTable[] = {
    kMake, {"add route", "METHOD", "adds", {}, nullptr}, {"add job", "NAME", "adds", {}, nullptr}};

std::string refused(const Typed& words) {
  const auto parsed = parse_words(kMake, words);
  REQUIRE(!parsed);
  CHECK(parsed.error().code == kRefused);
  return parsed.error().sentence;
}
std::string unknown(const Typed& words) {
  const auto found = find_command(kTable, words);
  REQUIRE(!found);
  return found.error().sentence;
}

}  // namespace

TEST_CASE("tool: options stand anywhere, with their value behind them or behind =") {
  const auto words = parse_words(kMake, Typed{"--db", "sqlite", "x", "--port=80", "--force", "y"});
  REQUIRE(words);
  CHECK(words->arguments() == 2);
  CHECK(words->argument(0) == "x");
  CHECK(words->argument(1) == "y");
  CHECK(words->value("--db") == "sqlite");
  CHECK(words->value("--port") == "80");
  CHECK(words->has("--force"));
  CHECK(!words->value("--nothing"));
}

TEST_CASE("tool: the last one counts, and what stands behind -- is for others") {
  const auto words = parse_words(kMake, Typed{"x", "--port", "1", "--port", "2", "--", "--port", "3", "--help"});
  REQUIRE(words);
  CHECK(words->value("--port") == "2");
  CHECK(words->rest() == Typed{"--port", "3", "--help"});
}

TEST_CASE("tool: what cannot be meant is refused, with the nearest that can") {
  CHECK(refused({"x", "--prot", "1"}) == "there is no option --prot, did you mean --port?");
  CHECK(refused({"x", "--nothing-like-it"}).find("rondeau make --help") != std::string::npos);
  CHECK(refused({"x", "-p"}).find("there is no option -p") == 0);
  CHECK(refused({"x", "--port"}) == "--port needs N");
  CHECK(refused({"x", "--force=yes"}) == "--force takes no value");
  CHECK(refused({"x", "--db", "sqlit"}) == "--db is one of none|sqlite, not \"sqlit\"; did you mean sqlite?");
  CHECK(refused({"x", "--db", ""}) == "--db is one of none|sqlite, not \"\"");
  CHECK(refused({}).find("rondeau make needs NAME") == 0);
  CHECK(refused({"a", "b", "c"}).find("what is \"c\" here") == 0);
}

TEST_CASE("tool: commands have one word or two, and the nearest is suggested") {
  CHECK(find_command(kTable, Typed{"make", "x"})->words == 1);
  CHECK(find_command(kTable, Typed{"make"})->words == 1);
  CHECK(find_command(kTable, Typed{"add", "job", "x"})->words == 2);
  CHECK(unknown({"mak"}) == "there is no command \"mak\", did you mean make?");
  CHECK(unknown({"--versio"}) == "there is no command \"--versio\", did you mean --version?");
  CHECK(unknown({"nothing-like-it"}).find("rondeau --help lists them") != std::string::npos);
  CHECK(unknown({"add"}) == "rondeau add is followed by one of: route, job");
  CHECK(unknown({"add", "jb"}) == "rondeau add is followed by one of: route, job; did you mean job?");
}

TEST_CASE("tool: every command says what it is for, and so do its options") {
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    CHECK((command.run != nullptr));
    const std::string help = help_of(command);
    CHECK(help.find(std::string(command.summary)) == 0);
    CHECK(help_of_all(commands()).find(std::string(command.name)) != std::string::npos);
    for (const Option& option : command.options) {
      CAPTURE(option.name);
      CHECK(option.name.starts_with("--"));
      CHECK(!option.help.empty());
      CHECK(help.find(std::string(option.name)) != std::string::npos);
    }
  }
}
