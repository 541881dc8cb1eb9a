// What Service::run() makes of the settings of a service.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/crypto/secret.h>
#include <rondeau/observe/log.h>
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

#include "support/captured_stderr.h"

using namespace rondeau;

namespace {

struct Database {
  std::string url;
  int connections = 4;
};
struct Required {
  int must;
  Secret<std::string> key;
  Database database;
  bool flag = false;
};

struct None {};

struct Ended {
  int code;
  std::string said;
};

template <class Settings>
Ended run(std::vector<std::string> words) {
  words.insert(words.begin(), "program");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto set_up = [](service::Context&, const Settings&) -> Task<Result<Router<>>> { co_return Router<>(); };
  observe::log::flush();  // what earlier tests left to be written is not this start's
  const support::CapturedStderr captured;
  const int code = Service("part").run<Settings>(static_cast<int>(words.size()), argv.data(), set_up);
  return {code, captured.text()};
}

}  // namespace

TEST_CASE("service: a setting without an initialiser that nobody gives ends the start, all of them at once") {
  const Ended bare = run<Required>({"--check-config"});
  CHECK(bare.code == 78);
  CHECK(bare.said == "part: must: is required\npart: key: is required\npart: database.url: is required\n");
  CHECK(run<Required>({"--print-config"}).code == 78);
  const Ended told =
      run<Required>({"--check-config", "--set", "must=1", "--set", "key=k", "--set", "database.url=sqlite:x"});
  CHECK(told.code == 0);
  CHECK(told.said == "");
}

TEST_CASE("service: limits of the server are settings, and are checked") {
  CHECK(run<None>({"--check-config", "--set", "server.limits.handler=2m"}).code == 0);
  const Ended wrong = run<None>({"--check-config", "--set", "server.limits.handler=0s", "--set",
                                 "server.limits.max_connections=0", "--set", "server.limits.max_heads=1"});
  CHECK(wrong.code == 78);
  CHECK(wrong.said ==
        "part: --set server.limits.max_heads: unknown key, did you mean server.limits.max_head?\n"
        "part: server.limits.handler: must be more than 0s\n"
        "part: server.limits.max_connections: must be at least 1\n");
}
