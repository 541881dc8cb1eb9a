#include <rondeau/observe/log.h>

#include <limits>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/json/read.h>

using namespace rondeau;
using log::Format;
using log::Level;

namespace {

// 2026-02-03T04:05:06.007008Z
constexpr std::int64_t kAt = 1'770'091'506'007'008'009;

/// Any object: its members are passed over, but have to be JSON.
struct Any {};

std::string line(std::string_view message, log::Fields fields = {}) {
  return log::render(Format::Text, Level::Warn, "app", message, fields, kAt);
}
std::string object(std::string_view message, log::Fields fields = {}) {
  return log::render(Format::Json, Level::Info, "app", message, fields, kAt);
}

}  // namespace

TEST_CASE("observe: a line for people has time, level, target, message and fields") {
  CHECK(line("order stored", {{"order", 42}, {"ms", 1.5}, {"paid", true}, {"who", "ada"}}) ==
        "2026-02-03T04:05:06.007008Z warn app: order stored order=42 ms=1.5 paid=true who=ada");
}

TEST_CASE("observe: a line for machines is one JSON object") {
  CHECK(object("order stored", {{"order", 42}, {"ms", 1.5}, {"paid", true}, {"who", "ada"}}) ==
        R"({"ts":"2026-02-03T04:05:06.007008Z","level":"info","msg":"order stored","target":"app",)"
        R"("order":42,"ms":1.5,"paid":true,"who":"ada"})");
}

TEST_CASE("observe: text a peer sent cannot leave its place in the line") {
  struct Case {
    std::string_view value;
    std::string_view in_text;
    std::string_view in_json;
  };
  for (const Case& row : {
           Case{"plain", "plain", R"("plain")"},
           Case{"", R"("")", R"("")"},
           Case{"two words", R"("two words")", R"("two words")"},
           Case{"a=b", R"("a=b")", R"("a=b")"},
           Case{R"(say "hi")", R"("say \"hi\"")", R"("say \"hi\"")"},
           Case{R"(back\slash)", R"("back\\slash")", R"("back\\slash")"},
           Case{"line\nfeed", R"(line\nfeed)", R"("line\nfeed")"},
           Case{"\x1b[31m", R"(\u001b[31m)", R"("\u001b[31m")"},
           Case{"\x7f", R"(\u007f)", R"("\u007f")"},
           Case{"\xc2\x9b", R"(\u009b)", R"("\u009b")"},  // CSI in one byte of Latin-1
           Case{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xb5", "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xb5\"",
                "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8e\xb5\""},
           Case{"bad\xffutf8\xc3", "bad\xef\xbf\xbdutf8\xef\xbf\xbd", "\"bad\xef\xbf\xbdutf8\xef\xbf\xbd\""},
       }) {
    CAPTURE(row.value);
    CHECK(line("m", {{"f", row.value}}) == "2026-02-03T04:05:06.007008Z warn app: m f=" + std::string(row.in_text));
    CHECK(object("m", {{"f", row.value}}) ==
          R"({"ts":"2026-02-03T04:05:06.007008Z","level":"info","msg":"m","target":"app","f":)" +
              std::string(row.in_json) + "}");
  }
}

TEST_CASE("observe: a number JSON has no word for is null") {
  CHECK(object("m", {{"f", std::numeric_limits<double>::quiet_NaN()}}).ends_with(R"("f":null})"));
  CHECK(object("m", {{"f", std::numeric_limits<double>::infinity()}}).ends_with(R"("f":null})"));
}

TEST_CASE("observe: a line has 16 KiB at most and says that it was cut") {
  const std::string long_text(100'000, 'x');
  const std::string controls(100'000, '\x01');
  for (const std::string& value : {long_text, controls}) {
    for (const std::string& rendered :
         {object("m", {{"a", 1}, {"long", value}, {"b", 2}}), object(value, {{"a", 1}})}) {
      CHECK(rendered.size() <= 16 * 1024);
      CHECK(rendered.ends_with(R"(,"cut":true})"));
      CHECK(json::parse<Any>(rendered).has_value());
    }
    CHECK(line(value).size() <= 16 * 1024);
    CHECK(line(value).ends_with(" cut=true"));
  }
  // A field that does not fit takes none of the others with it.
  CHECK(object("m", {{"a", 1}, {"long", long_text}, {"b", 2}}).ends_with(R"("a":1,"b":2,"cut":true})"));
}

TEST_CASE("observe: levels have names") {
  Level level = Level::Off;
  CHECK(log::parse_level("warn", level));
  CHECK(level == Level::Warn);
  CHECK_FALSE(log::parse_level("warning", level));
  CHECK(level == Level::Warn);
}

TEST_CASE("observe: each target may have a level of its own") {
  const std::string before = log::levels();
  struct Case {
    std::string_view spec;
    std::string_view set;
    std::string_view target;
    Level least;
  };
  for (const Case& row : {
           Case{"info", "info", "app", Level::Info},
           Case{"debug", "debug", "app", Level::Debug},
           Case{"info,sql=debug", "info,sql=debug", "sql", Level::Debug},
           Case{"info,sql=debug", "info,sql=debug", "app", Level::Info},
           Case{" sql=trace , warn ", "warn,sql=trace", "app", Level::Warn},
           Case{"sql=error", "info,sql=error", "sql", Level::Error},
           Case{"off,app=info", "off,app=info", "app", Level::Info},
           Case{"info,http.h2=off", "info,http.h2=off", "http.h2", Level::Off},
       }) {
    CAPTURE(row.spec);
    CHECK(log::set_levels(row.spec).has_value());
    CHECK(log::levels() == row.set);
    for (const Level level : {Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error}) {
      CHECK(log::is_enabled(level, row.target) == (level >= row.least));
    }
  }
  const std::string kept = log::levels();
  for (const std::string_view wrong : {"", "loud", "info,", ",info", "info,debug", "sql=debug,sql=info", "=debug", "sql=",
                                       "sql=loud", "s ql=debug", "sql==debug", "INFO", "info;sql=debug"}) {
    CAPTURE(wrong);
    CHECK_FALSE(log::set_levels(wrong).has_value());
    CHECK_FALSE(log::check_levels(wrong).has_value());
    CHECK(log::levels() == kept);
  }
  log::set_level(Level::Warn);
  CHECK(log::levels() == "warn");
  CHECK(log::set_levels(before).has_value());
}
