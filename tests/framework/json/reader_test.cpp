// What is refused, where, and why.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <rondeau/json/document.h>
#include <rondeau/json/json.h>
#include <rondeau/reflect/walk.h>

using namespace rondeau;

namespace {

enum class Size { Small, Large };
struct Point {
  int x;
  int y;
};
struct Circle {
  int radius = 1;
};
struct Dot {};
struct Order {
  std::string name;
  std::optional<std::vector<Point>> points;
  std::optional<Size> size;
  std::optional<Ranged<int, 1, 100>> count;
  std::optional<Matches<"^[a-z]+$">> word;
  std::optional<Items<NonEmpty, 1, 2>> tags;
  std::optional<std::chrono::milliseconds> wait;
  std::optional<std::uint8_t> byte;
  std::optional<float> single;
  std::optional<std::map<Size, int>> by_size;
  std::optional<std::tuple<int, int>> pair;
  std::optional<std::variant<int, bool>> either;
  std::optional<Tagged<"kind", Circle, Dot>> shape;
  std::optional<std::set<MultipleOf<int, 5>>> fives;
};
Result<void> validate(const Order& order) {
  if (order.name == "nobody") return Error(Errc::InvalidData, "somebody has to order");
  return {};
}

struct Stay {
  int from = 0;
  int until = 1;
};
void validate(const Stay& stay, Violations& wrong) {
  if (stay.until <= stay.from) wrong.add(stay.until, "must be after from", "order");
  if (stay.from < 0) wrong.add(stay.from, "must be a day to come");
}
struct Journey {
  std::vector<Stay> stays;
  Ranged<int, 1, 9> people = 1;
  std::optional<Tagged<"kind", Stay, Dot>> extra;
};
void validate(const Journey& journey, Violations& wrong) {
  for (std::size_t i = 1; i < journey.stays.size(); ++i) {
    if (journey.stays[i].from < journey.stays[i - 1].until) wrong.add(journey.stays[i], "overlaps the one before");
  }
  if (journey.stays.size() > 3) wrong.add(journey.stays, "has too many stops");
}

template <class T = Order>
std::string errors_of(std::string_view text) {
  auto read = json::parse<T>(text);
  if (read) return "none";
  std::string all;
  for (const json::ErrorEntry& entry : read.error().entries) {
    if (!all.empty()) all += " | ";
    all += entry.pointer + " " + std::string(entry.code) + ": " + entry.message;
  }
  return (read.error().malformed ? "malformed: " : "") + all;
}

}  // namespace

TEST_CASE("json: each error names its place, its code and what is expected") {
  struct Case {
    std::string_view text;
    std::string_view errors;
  };
  const Case cases[] = {
      {R"({"name":"a"})", "none"},
      {R"({})", "/name required: is required"},
      {R"([])", " type: must be an object"},
      {R"(1)", " type: must be an object"},
      {R"({"name":null})", "/name type: must be a string"},
      {R"({"name":"nobody"})", " invalid: somebody has to order"},
      {R"({"name":1,"size":"small"})", "/name type: must be a string | /size not_one_of: must be one of Small, Large"},
      {R"({"name":"a","points":[{"x":1,"y":2},{"x":1.0,"y":"3"},{}]})",
       "/points/1/x type: must be an integer from -2147483648 to 2147483647 | /points/1/y type: must be an integer "
       "from "
       "-2147483648 to 2147483647 | /points/2/x required: is required | /points/2/y required: is required"},
      {R"({"name":"a","points":{"x":[1,{"y":2}]}})", "/points type: must be an array"},
      {R"({"name":"a","points":[[1]]})", "/points/0 type: must be an object"},
      {R"({"name":"a","count":0})", "/count rule: must be at least 1"},
      {R"({"name":"a","count":101})", "/count rule: must be at most 100"},
      {R"({"name":"a","count":100})", "none"},
      {R"({"name":"a","word":"a1"})", "/word rule: must match ^[a-z]+$"},
      {R"({"name":"a","tags":[]})", "/tags rule: must have at least 1 item"},
      {R"({"name":"a","tags":["a","b","c"]})", "/tags rule: must have at most 2 items"},
      {R"({"name":"a","tags":["a",""]})", "/tags/1 rule: must have at least 1 character"},
      {R"({"name":"a","wait":5})", R"(/wait type: must be a duration such as "1.5s")"},
      {R"({"name":"a","wait":"5"})", R"(/wait format: must be a duration such as "1.5s")"},
      {R"({"name":"a","wait":"0.5ms"})", R"(/wait format: must be a duration such as "1.5s")"},
      {R"({"name":"a","byte":256})", "/byte out_of_range: must be an integer from 0 to 255"},
      {R"({"name":"a","byte":-1})", "/byte out_of_range: must be an integer from 0 to 255"},
      {R"({"name":"a","byte":123456789012345678901234567890})", "/byte out_of_range: must be an integer from 0 to 255"},
      {R"({"name":"a","single":1e39})", "/single out_of_range: must fit a number of single precision"},
      {R"({"name":"a","single":1e400})", "/single out_of_range: is a number too large to hold"},
      {R"({"name":"a","by_size":{"Small":1,"Huge":{"x":1},"Large":2}})",
       "/by_size/Huge unknown_member: is none of the names allowed here"},
      {R"({"name":"a","pair":[1]})", "/pair type: must have 2 items"},
      {R"({"name":"a","pair":[1,2,[3]]})", "/pair type: must have 2 items"},
      {R"({"name":"a","either":"x"})", "/either type: has a wrong type"},
      {R"({"name":"a","shape":{"radius":2}})", "/shape/kind required: is required"},
      {R"({"name":"a","shape":{"kind":"Cube","kind":"Dot"}})",
       "malformed: /shape/kind duplicate_member: stands there twice"},
      {R"({"name":"a","shape":{"radius":2,"kind":"Cube"}})", "/shape/kind not_one_of: must be one of Circle, Dot"},
      {R"({"name":"a","shape":{"radius":2,"kind":{"a":1}}})", "/shape/kind not_one_of: must be one of Circle, Dot"},
      {R"({"name":"a","shape":{"radius":"2","kind":"Circle"}})",
       "/shape/radius type: must be an integer from -2147483648 to 2147483647"},
      {R"({"name":"a","shape":[]})", "/shape type: must be an object"},
      {R"({"name":"a","fives":[5,6]})", "/fives/1 rule: must be a multiple of 5"},
      {R"({"name":"a","fives":[5,"x"]})", "/fives/1 type: must be an integer from -2147483648 to 2147483647"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(errors_of(one.text) == one.errors);
  }
}

TEST_CASE("json: what structs say of themselves stands with the rest, each at its place") {
  struct Case {
    std::string_view text;
    std::string_view errors;
  };
  const Case cases[] = {
      {R"({"stays":[{"from":1,"until":3},{"from":3,"until":4}]})", "none"},
      {R"({"stays":[{"from":1,"until":3},{"from":2,"until":4},{"from":3,"until":5}]})",
       "/stays/1 invalid: overlaps the one before | /stays/2 invalid: overlaps the one before"},
      {R"({"stays":[{"from":-1,"until":-2}]})",
       "/stays/0/until order: must be after from | /stays/0/from invalid: must be a day to come"},
      {R"({"people":0,"stays":[{"from":2,"until":2}]})",
       "/people rule: must be at least 1 | /stays/0/until order: must be after from"},
      // A member that does not fit: the struct itself is not asked, others are.
      {R"({"stays":[{"from":"2"},{"from":2,"until":2}]})",
       "/stays/0/from type: must be an integer from -2147483648 to 2147483647 | /stays/1/until order: must be after "
       "from"},
      {R"({"stays":[],"extra":{"from":5,"until":4,"kind":"Stay"}})", "/extra/until order: must be after from"},
      {R"({"stays":[{"from":1},{"from":2},{"from":3},{"from":4}]})",
       "/stays/0/until order: must be after from | /stays/1/until order: must be after from | /stays/2/until order: "
       "must be after from | /stays/3/until order: must be after from"},
  };
  for (const Case& one : cases) {
    INFO(one.text);
    CHECK(errors_of<Journey>(one.text) == one.errors);
  }
}

TEST_CASE("json: what structs say of themselves counts among the errors that are listed") {
  std::string text = "[";
  for (int i = 0; i < 20; ++i) text += R"({"from":-1,"until":-2},)";
  text += "{}]";
  const auto read = json::parse<std::vector<Stay>>(text);
  REQUIRE(!read);
  CHECK(read.error().entries.size() == 32);
  CHECK(read.error().entries.back().pointer == "/15/from");
  CHECK(json::parse<std::vector<Stay>>(text, {.errors = 3}).error().entries.back().pointer == "/1/until");
  CHECK(!json::parse<Stay>(R"({"from":2})", {.errors = 0}));
}

TEST_CASE("json: a member twice in one object is refused wherever it is") {
  for (std::string_view text : {
           R"({"name":"a","name":"b"})",
           R"({"name":"a","other":1,"other":2})",
           R"({"name":"a","other":{"x":{"y":1,"z":2,"y":3}}})",
           R"({"name":"a","points":{"x":1,"x":2}})",
           R"({"name":"a","by_size":{"Small":1,"Small":2}})",
           R"({"name":"a","by_size":{"Huge":1,"Huge":2}})",
           R"({"name":"a","shape":{"kind":"Circle","radius":1,"kind":"Circle"}})",
           R"({"name":"a","shape":{"radius":1,"radius":1,"kind":"Circle"}})",
           R"({"name":"a","shape":{"x":1,"x":1}})",
       }) {
    INFO(text);
    CHECK(errors_of(text).starts_with("malformed: "));
    CHECK(errors_of(text).ends_with("duplicate_member: stands there twice"));
  }
  auto document = json::parse<json::Document>(R"({"a":{"b":1,"b":2}})");
  REQUIRE(!document);
  CHECK(document.error().entries.at(0).pointer == "/a/b");
}

TEST_CASE("json: pointers escape slash and tilde (RFC 6901 §3)") {
  auto read = json::parse<std::map<std::string, std::vector<int>>>(R"({"a/b~c":[1,true],"":[null]})");
  REQUIRE(!read);
  REQUIRE(read.error().entries.size() == 2);
  CHECK(read.error().entries[0].pointer == "/a~1b~0c/1");
  CHECK(read.error().entries[1].pointer == "//0");
}

namespace {
std::string nested(std::size_t levels, std::string_view open, std::string_view close, std::string_view inside) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += open;
  text += inside;
  for (std::size_t i = 0; i < levels; ++i) text += close;
  return text;
}
struct Loose {};
}  // namespace

TEST_CASE("json: 64 levels are read and 65 refused, in free-form, unknown and tagged values alike") {
  CHECK(json::parse<json::Document>(nested(64, "[", "]", "1")));
  CHECK(json::parse<json::Document>(nested(64, R"({"a":)", "}", "1")));
  CHECK(json::parse<Loose>(R"({"x":)" + nested(63, "[", "]", "1") + "}"));
  using Shape = Tagged<"kind", Loose, Circle>;
  CHECK(json::parse<Shape>(R"({"x":)" + nested(63, "[", "]", "1") + R"(,"kind":"Loose"})"));
  CHECK(json::parse<Shape>(R"({"kind":"Loose","x":)" + nested(63, "[", "]", "1") + "}"));

  auto refused = [](const auto& result) {
    return !result && result.error().malformed && result.error().entries.at(0).code == json::codes::kTooDeep;
  };
  CHECK(refused(json::parse<json::Document>(nested(65, "[", "]", "1"))));
  CHECK(refused(json::parse<json::Document>(nested(65, R"({"a":)", "}", "1"))));
  CHECK(refused(json::parse<json::Document>(std::string(5'000'000, '['))));
  CHECK(refused(json::parse<Loose>(R"({"x":)" + nested(64, "[", "]", "1") + "}")));
  CHECK(refused(json::parse<Shape>(R"({"x":)" + nested(64, "[", "]", "1") + R"(,"kind":"Loose"})")));
  CHECK(refused(json::parse<Shape>(R"({"kind":"Loose","x":)" + nested(64, "[", "]", "1") + "}")));
  CHECK(refused(json::parse<json::Document>("[[1]]", {.depth = 1})));
}

TEST_CASE("json: 32 errors are listed, then reading stops") {
  std::string text = "[";
  for (int i = 0; i < 40; ++i) text += "true,";
  auto read = json::parse<std::vector<int>>(text + "1]");
  REQUIRE(!read);
  CHECK(read.error().entries.size() == 32);
  CHECK(read.error().entries.back().pointer == "/31");
  CHECK(!read.error().malformed);
  CHECK(json::parse<std::vector<int>>("[true,true,true]", {.errors = 2}).error().entries.size() == 2);
}

TEST_CASE("json: bad syntax behind bad contents is reported as bad syntax") {
  auto read = json::parse<std::vector<int>>("[true,");
  REQUIRE(!read);
  CHECK(read.error().malformed);
  CHECK(read.error().entries.size() == 1);
  CHECK(read.error().entries[0].message == "is no valid JSON at byte 7");
}

TEST_CASE("json: an error message never holds the value") {
  for (std::string_view text : {R"({"name":12345678})", R"({"name":"x","size":"s3cret"})", R"({"name":"s3cret)",
                                R"({"name":"a","word":"s3cret"})", R"({"name":"a","wait":"s3cret"})"}) {
    CHECK(errors_of(text).find("s3cret") == std::string::npos);
    CHECK(errors_of(text).find("12345678") == std::string::npos);
  }
}

namespace {
struct Listen {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
};
struct Settings {
  Listen listen;
  std::optional<Listen> admin;
  std::chrono::seconds drain{10};
  std::vector<std::string> origins;
};
}  // namespace

TEST_CASE("json: settings are read in layers, with comments, and tell which values came") {
  Settings settings;
  std::vector<std::string> came;
  const json::ReadOptions options{.comments = json::Comments::Ignored,
                                  .absent = json::Absent::Kept,
                                  .unknown = json::Unknown::Refused,
                                  .on_value = [&](std::string_view pointer) { came.emplace_back(pointer); }};
  const auto& type = reflect::describe<Settings>();
  REQUIRE(json::read_value(R"({"listen": {"port": 1}, /* why */ "admin": {"port": 3}, "origins": ["a", "b"]})", type,
                           &settings, options));
  REQUIRE(json::read_value("{\"admin\": {\"address\": \"::1\"}} // end", type, &settings, options));
  CHECK(settings.listen.port == 1);
  CHECK(settings.listen.address == "127.0.0.1");
  CHECK(settings.admin->port == 3);
  CHECK(settings.admin->address == "::1");
  CHECK(came == std::vector<std::string>{"/listen/port", "/admin/port", "/origins", "/admin/address"});

  auto unknown = json::read_value(R"({"listen":{"prot":1}})", type, &settings, options);
  REQUIRE(!unknown);
  CHECK(unknown.error().message() == "/listen/prot is unknown here, did you mean port?");
  CHECK(!json::parse<Settings>("{} // comment"));
}

TEST_CASE("json: members are found by path and read from plain text") {
  Settings settings;
  const auto& type = reflect::describe<Settings>();
  auto set = [&](std::string_view path, std::string_view text) {
    auto value = reflect::find(type, &settings, path);
    REQUIRE(value);
    return json::read_plain_text(text, *value->type, value->address);
  };
  CHECK(set("listen.address", "0.0.0.0"));
  CHECK(set("admin.port", "9000"));
  CHECK(set("drain", "1m"));
  CHECK(set("origins", R"(["a"])"));
  CHECK(settings.listen.address == "0.0.0.0");
  CHECK(settings.admin->port == 9000);
  CHECK(settings.drain == std::chrono::minutes(1));
  CHECK(settings.origins == std::vector<std::string>{"a"});
  CHECK(set("drain", "60").error().message() == R"(the JSON text must be a duration such as "1.5s")");
  CHECK(set("admin", "null"));
  CHECK(!settings.admin);
}
