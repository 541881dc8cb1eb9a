// Every kind of member, there and back.
#include <rondeau/json/json.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <rondeau/json/document.h>
#include <rondeau/text/uuid.h>

using namespace rondeau;

namespace {

enum class Colour { Red, DarkBlue = 9 };

struct Circle {
  double radius = 0;
  bool operator==(const Circle&) const = default;
};
struct Square {
  static constexpr std::string_view tag = "sq";
  int side = 0;
  bool operator==(const Square&) const = default;
};
struct Node {
  int value = 0;
  std::unique_ptr<Node> next;
  std::vector<Node> children;
};

class Account {
 public:
  RONDEAU_FIELDS(Account, name_, balance);
  Account() = default;
  explicit Account(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }
  int balance = 0;

 private:
  std::string name_;
};

struct Money {
  std::int64_t cents = 0;
  bool operator==(const Money&) const = default;
  Money() = default;
  explicit Money(std::int64_t value) : cents(value) {}
};

}  // namespace

template <>
inline constexpr Naming rondeau::reflect::enum_naming<Colour> = Naming::KebabCase;

namespace foreign {
class Temperature {
 public:
  double celsius() const { return celsius_; }
  friend void to_json(nlohmann::json& form, const Temperature& value) { form = {{"celsius", value.celsius_}}; }
  friend void from_json(const nlohmann::json& form, Temperature& value) { form.at("celsius").get_to(value.celsius_); }

 private:
  double celsius_ = 0;
};
}  // namespace foreign

template <>
struct rondeau::JsonFor<foreign::Temperature> : json::ByNlohmann<foreign::Temperature> {};

template <>
struct rondeau::JsonFor<Money> {
  using Form = std::string;
  static Form to_json(const Money& money) { return std::to_string(money.cents) + "c"; }
  static Result<Money> from_json(const Form& form) {
    if (form.size() < 2 || form.back() != 'c') return Error(Errc::InvalidData, "must be an amount such as 250c");
    return Money(std::stol(form));
  }
};

namespace {

/// Reads `text` as a T, writes it again, and gives what was written.
template <class T>
std::string again(std::string_view text) {
  auto read = json::parse<T>(text);
  if (!read) return "error: " + read.error().message();
  return json::to_string(*read).value();
}

template <class T>
struct Box {
  T v;
};

}  // namespace

TEST_CASE("json: values of every kind are read and written again") {
  CHECK(again<bool>("true") == "true");
  CHECK(again<int>("-7") == "-7");
  CHECK(again<std::uint64_t>("18446744073709551615") == "18446744073709551615");
  CHECK(again<std::int64_t>("-9223372036854775808") == "-9223372036854775808");
  CHECK(again<std::int8_t>("-128") == "-128");
  CHECK(again<std::uint8_t>("255") == "255");
  CHECK(again<std::int16_t>("-32768") == "-32768");
  CHECK(again<std::uint16_t>("65535") == "65535");
  CHECK(again<double>("0.1") == "0.1");
  CHECK(again<double>("7") == "7");
  CHECK(again<double>("-0.0") == "-0.0");
  CHECK(again<double>("1e300") == "1e+300");
  CHECK(again<float>("0.1") == "0.1");
  CHECK(again<std::string>(R"("a\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00")") == R"("a\"\\/\b\f\n\r\tä😀")");
  CHECK(again<Colour>(R"("dark-blue")") == R"("dark-blue")");
  CHECK(again<std::vector<int>>("[ 1 , 2 ]") == "[1,2]");
  CHECK(again<std::vector<bool>>("[true,false]") == "[true,false]");
  CHECK(again<std::list<std::string>>(R"(["a"])") == R"(["a"])");
  CHECK(again<std::vector<std::vector<int>>>("[[],[1],[2,3]]") == "[[],[1],[2,3]]");
  CHECK(again<std::set<int>>("[2,1,2]") == "[1,2]");
  CHECK(again<std::set<std::vector<int>>>("[[2],[1]]") == "[[1],[2]]");
  CHECK(again<std::array<int, 3>>("[1,2,3]") == "[1,2,3]");
  CHECK(again<std::pair<int, std::string>>(R"([1,"a"])") == R"([1,"a"])");
  CHECK(again<std::tuple<int, bool, std::string>>(R"([1,true,"a"])") == R"([1,true,"a"])");
  CHECK(again<std::map<std::string, int>>(R"({"b":1,"a\"":2})") == R"({"a\"":2,"b":1})");
  CHECK(again<std::map<Colour, int>>(R"({"red":1})") == R"({"red":1})");
  CHECK(again<std::unordered_map<std::string, Circle>>(R"({"x":{"radius":1.5}})") == R"({"x":{"radius":1.5}})");
  CHECK(again<std::optional<int>>("null") == "null");
  CHECK(again<std::optional<int>>("1") == "1");
  CHECK(again<std::monostate>("null") == "null");
  CHECK(again<std::variant<std::monostate, int, std::string, std::vector<int>>>("[1]") == "[1]");
  CHECK(again<std::variant<std::monostate, int, std::string>>(R"("x")") == R"("x")");
  CHECK(again<std::variant<std::monostate, int, std::string>>("null") == "null");
  CHECK(again<Tagged<"kind", Circle, Square>>(R"({"radius":2,"kind":"Circle"})") == R"({"kind":"Circle","radius":2})");
  CHECK(again<Tagged<"kind", Circle, Square>>(R"({"kind":"sq","side":2})") == R"({"kind":"sq","side":2})");
  CHECK(again<std::vector<std::byte>>(R"("AAECAw==")") == R"("AAECAw==")");
  CHECK(again<std::chrono::milliseconds>(R"("1500ms")") == R"("1.5s")");
  CHECK(again<std::chrono::system_clock::time_point>(R"("2024-05-01T14:00:00.250+02:00")") ==
        R"("2024-05-01T12:00:00.25Z")");
  CHECK(again<Money>(R"("250c")") == R"("250c")");
  CHECK(again<Money>(R"("250")") == "error: the JSON text must be an amount such as 250c");
  CHECK(again<foreign::Temperature>(R"({"celsius":21.5})") == R"({"celsius":21.5})");
  CHECK(again<foreign::Temperature>(R"({"kelvin":0})") == "error: the JSON text does not have the expected form");
  CHECK(again<json::Document>(R"({"b":[1,-1,1.5,"x",null,true,{}],"a":[]})") ==
        R"({"a":[],"b":[1,-1,1.5,"x",null,true,{}]})");
  CHECK(again<Box<json::Document>>(R"({"v":[{"x":1}]})") == R"({"v":[{"x":1}]})");
  CHECK(again<Box<std::vector<std::optional<Circle>>>>(R"({"v":[null,{"radius":1}]})") ==
        R"({"v":[null,{"radius":1}]})");
}

TEST_CASE("json: recursive structs are read and written again") {
  const std::string text = R"({"value":1,"next":{"value":2,"children":[]},"children":[{"value":3,"children":[]}]})";
  CHECK(again<Node>(R"({"value":1,"next":{"value":2,"children":[]},"children":[{"value":3,"children":[]}]})") == text);
}

TEST_CASE("json: classes that list their members are read and written like structs") {
  auto account = json::parse<Account>(R"({"name":"Ada","balance":3})");
  REQUIRE(account);
  CHECK(account->name() == "Ada");
  CHECK(json::to_string(*account).value() == R"({"name":"Ada","balance":3})");
}

namespace {
struct Presences {
  std::optional<int> optional;
  Nullable<int> nullable;
  Patch<int> patch;
  std::unique_ptr<int> pointer;
  Default<int, 10> number;
  Default<std::string, reflect::FixedString("x")> text;
  int initialised = 5;
};
}  // namespace

TEST_CASE("json: absent, null and present are told apart") {
  CHECK(again<Presences>(R"({"nullable":null})") == R"({"nullable":null,"number":10,"text":"x","initialised":5})");
  CHECK(again<Presences>(R"({"nullable":1,"optional":null,"patch":null,"pointer":null})") ==
        R"({"nullable":1,"patch":null,"number":10,"text":"x","initialised":5})");
  CHECK(
      again<Presences>(R"({"optional":1,"nullable":2,"patch":3,"pointer":4,"number":5,"text":"y","initialised":6})") ==
      R"({"optional":1,"nullable":2,"patch":3,"pointer":4,"number":5,"text":"y","initialised":6})");
  CHECK(again<Presences>("{}") == "error: /nullable is required");

  auto patch = json::parse<Presences>(R"({"nullable":null,"patch":null})");
  REQUIRE(patch);
  std::optional<int> target = 1;
  patch->patch.apply_to(target);
  CHECK(!target);
}

namespace {
struct Renamed {
  static constexpr auto naming = Naming::CamelCase;
  static constexpr std::array rename{Rename{"id", "_id"}};
  int id;
  int last_login_at;
  bool class_;
};
struct Empty {};
struct Strict {
  static constexpr bool deny_unknown = true;
  int number = 0;
};
}  // namespace

TEST_CASE("json: names follow the naming rule of their struct") {
  CHECK(again<Renamed>(R"({"_id":1,"lastLoginAt":2,"class":true})") == R"({"_id":1,"lastLoginAt":2,"class":true})");
}

TEST_CASE("json: unknown members are ignored unless the struct refuses them") {
  CHECK(again<Empty>(R"({"a":{"b":[1,{"c":null}]},"d":"e"})") == "{}");
  CHECK(again<Strict>(R"({"numbr":1})") == "error: /numbr is unknown here, did you mean number?");
}

TEST_CASE("json: the tag of a Tagged may stand anywhere, also around others") {
  using Inner = Tagged<"kind", Circle, Square>;
  struct Group {
    std::vector<Inner> shapes;
  };
  using Outer = Tagged<"type", Group, Circle>;
  CHECK(again<Outer>(R"({"shapes":[{"side":1,"kind":"sq"},{"kind":"Circle","radius":2}],"type":"Group"})") ==
        R"({"type":"Group","shapes":[{"kind":"sq","side":1},{"kind":"Circle","radius":2}]})");
}

namespace {
std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}
}  // namespace

TEST_CASE("json: a double that was written is read back as the same bits") {
  std::uint64_t state = 0x9e3779b97f4a7c15;
  INFO("seed " << state);
  for (int i = 0; i < 20'000; ++i) {
    double value = 0;
    const std::uint64_t bits = next_random(state);
    std::memcpy(&value, &bits, sizeof value);
    if (value != value || value - value != 0) continue;
    auto read = json::parse<double>(json::to_string(value).value());
    REQUIRE(read);
    std::uint64_t back = 0;
    std::memcpy(&back, &*read, sizeof back);
    REQUIRE(back == bits);
  }
}

namespace {

struct Named {
  Uuid id;
  std::optional<Uuid> parent;
};

}  // namespace

TEST_CASE("json: a UUID is a text, there and back, and required where nobody gives it one") {
  constexpr std::string_view kText = R"({"id":"018f3c5a-7e5b-7c3d-8a1b-0123456789ab"})";
  const auto read = json::parse<Named>(kText);
  REQUIRE(read);
  CHECK(read->id.to_string() == "018f3c5a-7e5b-7c3d-8a1b-0123456789ab");
  CHECK_FALSE(read->parent);
  CHECK(json::to_string(*read).value() == kText);
  const auto codes = [](std::string_view text) {
    const auto refused = json::parse<Named>(text);
    return refused ? std::string() : refused.error().entries.front().pointer + " " + refused.error().entries.front().code;
  };
  CHECK(codes(R"({"id":"018f3c5a"})") == "/id format");
  CHECK(codes(R"({"id":7})") == "/id type");
  CHECK(codes("{}") == "/id required");
}
