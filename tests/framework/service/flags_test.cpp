#include "service/flags.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace rondeau;
using service::Action;
using service::Flags;
using service::Profile;

namespace {

Result<Flags> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "program");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return service::parse_flags(static_cast<int>(words.size()), argv.data());
}

}  // namespace

TEST_CASE("service: flags are settings of the last layer, in the order they were given") {
  const auto flags = parse({"--port", "9000", "--set", "shutdown.timeout=10s", "--listen=0.0.0.0:80", "--log-level",
                            "debug", "--workers=4", "--profile", "prod", "--config", "a.json"});
  REQUIRE(flags.has_value());
  CHECK(flags->action == Action::Serve);
  CHECK(flags->profile == Profile::Prod);
  CHECK(flags->config == "a.json");
  std::string told;
  for (const Flags::Setting& setting : flags->settings) {
    told += setting.key + "=" + setting.value + " by " + setting.flag + "\n";
  }
  CHECK(told ==
        "port=9000 by --port\n"
        "shutdown.timeout=10s by --set shutdown.timeout\n"
        "server.listen=0.0.0.0:80 by --listen\n"
        "log.level=debug by --log-level\n"
        "runtime.workers=4 by --workers\n");
}

TEST_CASE("service: each mistake on the command line is one sentence") {
  struct Case {
    std::vector<std::string> words;
    std::string_view mistake;
  };
  for (const Case& row : {
           Case{{"--prot", "1"}, "unknown flag --prot, did you mean --port?"},
           Case{{"--print-confg"}, "unknown flag --print-confg, did you mean --print-config?"},
           Case{{"--colour"}, "unknown flag --colour; --help lists them"},
           Case{{"serve"}, "unexpected \"serve\"; --help lists the flags"},
           Case{{"--port"}, "--port needs N"},
           Case{{"--port", "web"}, "--port takes a number from 0 to 65535, not \"web\""},
           Case{{"--port=65536"}, "--port takes a number from 0 to 65535, not \"65536\""},
           Case{{"--port="}, "--port takes a number from 0 to 65535, not \"\""},
           Case{{"--help=me"}, "--help takes no value"},
           Case{{"--profile", "test"}, "--profile takes dev or prod, not \"test\""},
           Case{{"--set", "a.b"}, "--set takes KEY=VALUE, not \"a.b\""},
           Case{{"--url", "http://a/"}, "--url goes with --health-check"},
           Case{{"--drian"}, "unknown flag --drian, did you mean --drain?"},
       }) {
    CAPTURE(row.words);
    const auto flags = parse(row.words);
    REQUIRE_FALSE(flags.has_value());
    CHECK(flags.error().context() == row.mistake);
  }
}

TEST_CASE("service: --help names every flag and the environment's prefix") {
  const std::string help = service::help_text("short-link", "1.2.3");
  for (const std::string_view part :
       {"short-link 1.2.3", "--config FILE", "--print-config", "SHORT_LINK__SERVER__LISTEN", "78 settings"}) {
    CAPTURE(part);
    CHECK(help.find(part) != std::string::npos);
  }
}

TEST_CASE("service: what looks at routes is an action; the older document is a file") {
  CHECK(parse({"--migrate"})->action == Action::Migrate);
  CHECK(parse({"--drain"})->action == Action::Drain);
  CHECK(parse({"--url=http://a/x", "--health-check"})->url == "http://a/x");
  CHECK(parse({"--admin", "127.0.0.1:9"})->settings.at(0).key == "admin.listen");
  CHECK(parse({"--print-routes"})->action == Action::PrintRoutes);
  CHECK(parse({"--print-openapi"})->action == Action::PrintOpenApi);
  const auto flags = parse({"--openapi-diff", "old.json"});
  CHECK(flags->action == Action::OpenApiDiff);
  CHECK(flags->older_document == "old.json");
  CHECK_FALSE(parse({"--openapi-diff"}).has_value());
  CHECK_FALSE(parse({"--print-openapi=x"}).has_value());
}
