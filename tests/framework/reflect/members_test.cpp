// Taking structs apart: how many members, which names, which types, which may be absent.
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <rondeau/reflect/describe.h>

using namespace rondeau;
using reflect::as;
using reflect::StructDescriptor;

namespace {

struct Empty {};
struct Inner {
  int a;
  std::string b;
};
struct One {
  Inner only;
};
struct Mixed {
  std::variant<int, std::string> either;
  std::optional<std::string> maybe;
  Tagged<"kind", Inner, One> shape;
  std::array<int, 3> three;
  std::pair<int, std::string> pair;
  std::map<std::string, Inner> map;
  std::unique_ptr<Mixed> next;
  nlohmann::json document;
  Inner inner;
};
template <class A, class B>
struct Two {
  A left;
  B right;
};

std::vector<std::string_view> names_of(const reflect::Descriptor& type) {
  std::vector<std::string_view> names;
  for (const reflect::Field& field : as<StructDescriptor>(type).fields) names.push_back(field.name);
  return names;
}

using Names = std::vector<std::string_view>;

}  // namespace

TEST_CASE("reflect: members have their names, types and order") {
  CHECK(names_of(reflect::describe<Empty>()).empty());
  CHECK(names_of(reflect::describe<One>()) == Names{"only"});
  CHECK(names_of(reflect::describe<Mixed>()) ==
        Names{"either", "maybe", "shape", "three", "pair", "map", "next", "document", "inner"});
  CHECK(names_of(reflect::describe<Two<std::map<std::string, Inner>, std::tuple<int, int>>>()) ==
        Names{"left", "right"});
  struct Local {
    int in_a_function;
  };
  CHECK(names_of(reflect::describe<Local>()) == Names{"in_a_function"});
  CHECK(as<StructDescriptor>(reflect::describe<Mixed>()).fields[8].type == &reflect::describe<Inner>());
}

TEST_CASE("reflect: addresses are those of the members") {
  Inner value{1, "x"};
  const void* addresses[2];
  as<StructDescriptor>(reflect::describe<Inner>()).addresses(&value, addresses);
  CHECK(addresses[0] == &value.a);
  CHECK(addresses[1] == &value.b);
}

TEST_CASE("reflect: what cannot be taken apart is recognised") {
  struct Base {
    int x;
  };
  struct Derived : Base {
    int y;
  };
  struct EmptyBase {};
  struct DerivedFromEmpty : EmptyBase {
    int y;
  };
  struct Reference {
    int a;
    int& b;
  };
  struct Array {
    int a[3];
  };
  struct ArrayOfOne {
    int a[1];
    int b;
  };
  using reflect::obstacle;
  using reflect::Obstacle;
  CHECK(obstacle<Derived>() == Obstacle::Base);
  CHECK(obstacle<DerivedFromEmpty>() == Obstacle::Base);
  CHECK(obstacle<Reference>() == Obstacle::Reference);
  CHECK(obstacle<Array>() == Obstacle::Array);
  CHECK(obstacle<ArrayOfOne>() == Obstacle::Array);
  CHECK(obstacle<Mixed>() == Obstacle::None);
}

namespace {
enum class Colour { Red };
struct Options {
  int a = 1;
  bool b = false;
};
struct Defaults {
  int plain;
  int zero = 0;
  bool no = false;
  double rate = 0.0;
  Colour colour;
  Colour red = Colour::Red;
  std::string text;
  std::string filled = "x";
  std::vector<int> list;
  std::vector<int> one{1};
  std::optional<int> maybe;
  Ranged<int, 1, 9> ranged;
  Ranged<int, 1, 9> ranged_set = 5;
  std::chrono::seconds wait;
  std::chrono::seconds wait_set{0};
  std::chrono::system_clock::time_point at;
  std::array<int, 2> array;
  std::array<int, 2> array_set{};
  std::pair<int, int> pair;
  Options options;
  Inner inner;
};
}  // namespace

TEST_CASE("reflect: a member may be absent when it is optional or has an initialiser that shows") {
  const auto& type = as<StructDescriptor>(reflect::describe<Defaults>());
  Names absent;
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    if (reflect::may_be_absent(type, i)) absent.push_back(type.fields[i].name);
  }
  CHECK(absent ==
        Names{"zero", "no", "rate", "red", "filled", "one", "maybe", "ranged_set", "wait_set", "array_set", "options"});
}

namespace {
enum class Wide : short { Below = -5, Above = 200 };
enum Plain : unsigned char { kFirst, kThird = 2 };
enum Bare { kNo, kYes };
}  // namespace

template <>
struct rondeau::reflect::enum_range<Wide> {
  static constexpr int min = -10;
  static constexpr int max = 300;
};
template <>
struct rondeau::reflect::enum_range<Bare> {
  static constexpr int min = 0;
  static constexpr int max = 1;
};

TEST_CASE("reflect: enumerators have their names and values") {
  auto list = [](const reflect::Descriptor& type) {
    std::string all;
    for (const auto& one : as<reflect::EnumDescriptor>(type).enumerators) {
      all += std::string(one.name) + "=" + std::to_string(one.value) + " ";
    }
    return all;
  };
  CHECK(list(reflect::describe<Colour>()) == "Red=0 ");
  CHECK(list(reflect::describe<Wide>()) == "Below=-5 Above=200 ");
  CHECK(list(reflect::describe<Plain>()) == "kFirst=0 kThird=2 ");
  CHECK(list(reflect::describe<Bare>()) == "kNo=0 kYes=1 ");
}

TEST_CASE("reflect: naming rules turn C++ names into others") {
  struct Case {
    Naming naming;
    std::string_view in;
    std::string_view out;
  };
  const Case cases[] = {
      {Naming::AsWritten, "class_", "class"},
      {Naming::AsWritten, "a_b", "a_b"},
      {Naming::CamelCase, "last_login_at", "lastLoginAt"},
      {Naming::CamelCase, "LastLogin", "lastLogin"},
      {Naming::CamelCase, "delete_", "delete"},
      {Naming::PascalCase, "last_login", "LastLogin"},
      {Naming::SnakeCase, "HTTPServerName", "http_server_name"},
      {Naming::SnakeCase, "already_so", "already_so"},
      {Naming::KebabCase, "DarkBlue", "dark-blue"},
      {Naming::ScreamingSnakeCase, "notFound", "NOT_FOUND"},
      {Naming::SnakeCase, "v2Api", "v2_api"},
      {Naming::AsWritten, "_", "_"},
  };
  for (const Case& one : cases) {
    std::string out(one.in.size() * 2, '\0');
    out.resize(reflect::rename_by(one.naming, one.in, out.data()));
    CHECK(out == one.out);
  }
}

TEST_CASE("reflect: type names come without namespaces") {
  CHECK(reflect::type_name(reflect::describe<Inner>()) == "Inner");
  CHECK(reflect::type_name(reflect::describe<Two<int, bool>>()) == "Two<int, bool>");
}

namespace {
struct Told {
  static constexpr std::array doc{Doc{"", "all"}, Doc{"b_", "the second", "7"}};
  int a;
  int b_;
};
struct Untold {
  std::string doc;
  int a;
};
}  // namespace

TEST_CASE("reflect: doc tells of members by their C++ names; a member may be called doc") {
  const auto& told = reflect::as<reflect::StructDescriptor>(reflect::describe<Told>());
  REQUIRE(told.docs.size() == 3);
  CHECK(told.docs[0].description.empty());
  CHECK(told.docs[1].description == "the second");
  CHECK(told.docs[1].example == "7");
  CHECK(told.docs[2].description == "all");
  const auto& untold = reflect::as<reflect::StructDescriptor>(reflect::describe<Untold>());
  CHECK(untold.docs.empty());
  CHECK(untold.fields[0].name == "doc");
}
