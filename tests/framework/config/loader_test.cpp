#include <rondeau/config/loader.h>

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

enum class Mode { fast, safe };
struct Server {
  std::string listen = "127.0.0.1:8080";
  std::chrono::milliseconds timeout = 30s;
  std::optional<std::uint32_t> workers;
};
struct Own {
  Server server;
};
struct Database {
  std::string url = "sqlite:x.db";
  Mode mode = Mode::safe;
  std::vector<std::string> hosts;
};
struct Theirs {
  Database database;
};
struct Pool {
  int least = 1;
  int most = 10;
};
void validate(const Pool& pool, Violations& wrong) {
  if (pool.least > pool.most) wrong.add(pool.least, "must be at most the most");
}
/// Written as its form.
class Span {
 public:
  Span() = default;
  explicit Span(Pool form) : form_(form) {}
  const Pool& form() const { return form_; }

 private:
  Pool form_;
};
}  // namespace

template <>
struct rondeau::JsonFor<Span> {
  using Form = Pool;
  static Form to_json(const Span& span) { return span.form(); }
  static Result<Span> from_json(Form form) { return Span(form); }
};

namespace {

struct Pooled {
  Pool pool;
  std::vector<Pool> more;
  Span span;
  std::vector<Span> spans;
};
void validate(const Pooled& pooled, Violations& wrong) {
  if (pooled.more.size() > 2) wrong.add(pooled, "has too many pools");
}

/// Two parts in one document, as a framework and a service have them.
struct Settings {
  Settings() {
    loader.add(own);
    loader.add(theirs);
  }
  using Shown = std::map<std::string, std::pair<std::string, std::string>, std::less<>>;
  Shown shown() const {
    Shown all;
    loader.for_each([&](std::string_view key, std::string_view value, std::string_view origin) {
      all[std::string(key)] = {std::string(value), std::string(origin)};
    });
    return all;
  }

  Own own;
  Theirs theirs;
  config::Loader loader;
};

using Told = std::pair<std::string, std::string>;

std::string mistakes(const Settings& settings) {
  std::string all;
  for (const std::string& line : settings.loader.mistakes()) all += line + "\n";
  return all;
}

}  // namespace

TEST_CASE("config: the later layer wins, and each key knows its origin") {
  struct Case {
    std::string_view default_file, profile_file, environment, flag;
    Told listen;  // value, origin
  };
  constexpr std::string_view kA = R"({"server":{"listen":"a:1"}})";
  constexpr std::string_view kB = R"({"server":{"listen":"b:2"}})";
  for (const Case& row : {
           Case{"{}", "{}", "", "", {R"("127.0.0.1:8080")", "default"}},
           Case{kA, "{}", "", "", {R"("a:1")", "default.json"}},
           Case{kA, kB, "", "", {R"("b:2")", "dev.json"}},
           Case{"{}", kB, "", "", {R"("b:2")", "dev.json"}},
           Case{kA, kB, "X__SERVER__LISTEN=c:3", "", {R"("c:3")", "X__SERVER__LISTEN"}},
           Case{kA, "{}", "X__SERVER__LISTEN=c:3", "", {R"("c:3")", "X__SERVER__LISTEN"}},
           Case{kA, kB, "X__SERVER__LISTEN=c:3", "d:4", {R"("d:4")", "--listen"}},
           Case{kA, kB, "", "d:4", {R"("d:4")", "--listen"}},
       }) {
    Settings settings;
    settings.loader.text(row.default_file, "default.json");
    settings.loader.text(row.profile_file, "dev.json");
    const std::string variable(row.environment);
    const char* const environment[] = {variable.empty() ? nullptr : variable.c_str(), nullptr};
    settings.loader.environment("X__", environment);
    if (!row.flag.empty()) settings.loader.set("server.listen", row.flag, "--listen");
    CHECK(mistakes(settings) == "");
    CHECK(settings.shown().at("server.listen") == row.listen);
    CHECK(settings.shown().at("database.url") == Told{R"("sqlite:x.db")", "default"});
  }
}

TEST_CASE("config: a layer replaces what it names and keeps the rest") {
  Settings settings;
  settings.loader.text(R"({
    // comments are welcome
    "server": {"listen": "0.0.0.0:80", "timeout": "250ms"},
    "database": {"hosts": ["a", "b"], "mode": "fast"}
  })",
                       "a.json");
  settings.loader.text(R"({"server": {"workers": 4}, "database": {"hosts": ["c"]}})", "b.json");
  const char* const environment[] = {"PATH=/bin", "X_SERVER__LISTEN=no", "X__SERVER__TIMEOUT=2m",
                                     "X__SERVER__WORKERS=null", nullptr};
  settings.loader.environment("X__", environment);
  CHECK(mistakes(settings) == "");
  CHECK(settings.own.server.listen == "0.0.0.0:80");
  CHECK(settings.own.server.timeout == 2min);
  CHECK(settings.own.server.workers == std::nullopt);
  CHECK(settings.theirs.database.mode == Mode::fast);
  CHECK(settings.theirs.database.hosts == std::vector<std::string>{"c"});
  CHECK(settings.theirs.database.url == "sqlite:x.db");
}

TEST_CASE("config: each mistake in a file is one line with its place and the nearest name") {
  struct Case {
    std::string_view json;
    std::string_view mistake;
  };
  for (const Case& row : {
           Case{R"({"server":{"timeout":30}})", R"(x.json /server/timeout: must be a duration such as "1.5s")"},
           Case{R"({"server":{"timeout":"30"}})", R"(x.json /server/timeout: must be a duration such as "1.5s")"},
           Case{R"({"server":{"listen":true}})", "x.json /server/listen: must be a string"},
           Case{R"({"server":{"workers":-1}})", "x.json /server/workers: must be an integer from 0 to 4294967295"},
           Case{R"({"server":{"lissten":"a:1"}})", "x.json /server/lissten: is unknown here, did you mean listen?"},
           Case{R"({"servr":{"listen":"a:1"}})", "x.json /servr: is unknown here, did you mean server?"},
           Case{R"({"databse":{}})", "x.json /databse: is unknown here, did you mean database?"},
           Case{R"({"weather":{}})", "x.json /weather: is unknown here"},
           Case{R"({"database":{"mode":"slow"}})", "x.json /database/mode: must be one of fast, safe"},
           Case{R"({"database":[]})", "x.json /database: must be an object"},
       }) {
    CAPTURE(row.json);
    Settings settings;
    settings.loader.text(row.json, "x.json");
    CHECK(mistakes(settings) == std::string(row.mistake) + "\n");
  }
}

TEST_CASE("config: a file that is no JSON is one mistake") {
  for (const std::string_view json : {"", "{", "{\"server\":}", "[]", "{} x", "\xef\xbb\xbf{}"}) {
    CAPTURE(json);
    Settings settings;
    settings.loader.text(json, "x.json");
    REQUIRE(settings.loader.mistakes().size() == 1);
    CHECK(settings.loader.mistakes()[0].starts_with("x.json: "));
    CHECK(settings.loader.mistakes()[0].find('\n') == std::string::npos);
  }
}

TEST_CASE("config: all mistakes are told at once") {
  Settings settings;
  settings.loader.text(R"({"server":{"listen":1,"timeout":1},"database":{"url":1},"other":1})", "x.json");
  CHECK(settings.loader.mistakes().size() == 4);
}

TEST_CASE("config: each mistake in the environment or a flag is one line with the nearest key") {
  struct Case {
    const char* variable;
    std::string_view mistake;
  };
  for (const Case& row : {
           Case{"X__SERVR__LISTEN=a:1", "X__SERVR__LISTEN: unknown key, did you mean server.listen?"},
           Case{"X__DATABASE__URI=a", "X__DATABASE__URI: unknown key, did you mean database.url?"},
           Case{"X__WEATHER=a", "X__WEATHER: unknown key"},
           Case{"X__SERVER__TIMEOUT=30", R"(X__SERVER__TIMEOUT: must be a duration such as "1.5s")"},
           Case{"X__SERVER__WORKERS=many", "X__SERVER__WORKERS: must be an integer from 0 to 4294967295"},
           Case{"X__SERVER=a", "X__SERVER: must be an object"},
       }) {
    CAPTURE(row.variable);
    Settings settings;
    const char* const environment[] = {row.variable, nullptr};
    settings.loader.environment("X__", environment);
    CHECK(mistakes(settings) == std::string(row.mistake) + "\n");
  }
  Settings settings;
  settings.loader.set("database.mod", "fast", "--set database.mod");
  CHECK(mistakes(settings) == "--set database.mod: unknown key, did you mean database.mode?\n");
}

TEST_CASE("config: settings are asked themselves once all layers are there") {
  struct Case {
    std::string_view json;
    const char* variable;
    std::string_view mistake;
  };
  for (const Case& row : {
           Case{R"({"pool":{"least":20,"most":30}})", "X=", ""},
           Case{R"({"pool":{"least":20}})", "X__POOL__MOST=30", ""},
           Case{R"({"pool":{"least":20}})", "X=", "x.json /pool/least: must be at most the most\n"},
           Case{R"({})", "X__POOL__LEAST=20", "X__POOL__LEAST /pool/least: must be at most the most\n"},
           Case{R"({"pool":{"most":0}})", "X=", "the settings /pool/least: must be at most the most\n"},
           Case{R"({"more":[{},{"least":11}]})", "X=", "the settings /more/1/least: must be at most the most\n"},
           Case{R"({"more":[{},{},{}]})", "X=", "the settings: has too many pools\n"},
           Case{R"({"span":{"least":3}})", "X=", ""},
           Case{R"({"span":{"least":20}})", "X=", "x.json /span/least: must be at most the most\n"},
           Case{R"({"spans":[{},{"least":11}]})", "X=", "the settings /spans/1/least: must be at most the most\n"},
           Case{R"({"pool":{"most":"x"}})",
                "X=", "x.json /pool/most: must be an integer from -2147483648 to 2147483647\n"},
       }) {
    CAPTURE(row.json);
    Pooled pooled;
    config::Loader loader;
    loader.add(pooled);
    loader.text(row.json, "x.json");
    const char* const environment[] = {row.variable, nullptr};
    loader.environment("X__", environment);
    loader.check();
    std::string all;
    for (const std::string& line : loader.mistakes()) all += line + "\n";
    CHECK(all == row.mistake);
  }
}

TEST_CASE("config: a missing file is a mistake only where it was asked for") {
  const std::string path = "/nonexistent/rondeau.json";
  Settings settings;
  settings.loader.file(path, false);
  CHECK(mistakes(settings) == "");
  settings.loader.file(path, true);
  CHECK(mistakes(settings) == path + ": cannot be read: No such file or directory\n");
}

namespace {

struct Upstream {
  std::string name;
  int port = 80;
};
struct Strict {
  int must;
  std::string url;
  std::string given;
  bool flag = false;
  std::optional<int> maybe;
  std::vector<Upstream> upstreams;
  Upstream nested;
  std::optional<Upstream> present;
  std::optional<Upstream> absent;
  std::map<std::string, int> weights;
};

std::vector<std::string> required_of(std::string_view json) {
  Strict settings{};
  config::Loader loader;
  loader.add(reflect::describe<Strict>(), &settings, config::Unset::Refused);
  loader.text(json, "a.json");
  loader.require();
  return loader.mistakes();
}

}  // namespace

TEST_CASE("config: a member without an initialiser that no layer gives is required") {
  CHECK(required_of(R"({"given": "x", "present": {"port": 1}})") ==
        std::vector<std::string>{"must: is required", "url: is required", "upstreams: is required",
                                 "nested.name: is required", "present.name: is required"});
  CHECK(required_of(R"({"given": "x", "must": 0, "url": "", "upstreams": [], "nested": {"name": "n"}})").empty());
  Strict settings{};
  config::Loader loader;
  loader.add(reflect::describe<Strict>(), &settings, config::Unset::Refused);
  loader.text(R"({"given": "x"})", "a.json");
  loader.set("must", "1", "--set must");
  const char* const environment[] = {"S__URL=u", "S__NESTED__NAME=n", R"(S__UPSTREAMS=[{"name": "a"}])", nullptr};
  loader.environment("S__", environment);
  loader.require();
  CHECK(loader.mistakes() == std::vector<std::string>{});
}

TEST_CASE("config: what was given and could not be read is one mistake, not required besides") {
  const std::vector<std::string> mistakes = required_of(
      R"({"must": "one", "url": "u", "given": "x", "upstreams": [], "nested": {"name": 1}})");
  REQUIRE(mistakes.size() == 2);
  CHECK(mistakes[0].starts_with("a.json /must: "));
  CHECK(mistakes[1].starts_with("a.json /nested/name: "));
  CHECK(required_of("{").size() == 1);
}

TEST_CASE("config: an element of a list has all its members, since it comes as a whole") {
  CHECK(required_of(R"({"must": 1, "url": "u", "given": "x", "upstreams": [{"port": 1}], "nested": {"name": "n"}})") ==
        std::vector<std::string>{"a.json /upstreams/0/name: is required"});
}

TEST_CASE("config: members of a part that is not strict keep what they hold") {
  Strict settings{};
  config::Loader loader;
  loader.add(settings);
  loader.require();
  CHECK(loader.mistakes().empty());
}
