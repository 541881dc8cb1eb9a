// Bytes into a struct with members of every kind: nothing breaks, what is read can be written, and what was written is
// read again as the same text.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <rondeau/json/document.h>
#include <rondeau/json/json.h>

using namespace rondeau;

namespace {

enum class Colour { Red, Green };
struct Circle {
  double radius = 0;
};
struct Leaf {};
struct Everything {
  bool flag = false;
  std::int8_t small = 0;
  std::uint64_t large = 0;
  double real = 0;
  float single = 0;
  std::optional<std::string> text;
  std::optional<Colour> colour;
  std::optional<std::vector<std::string>> list;
  std::optional<std::set<std::vector<int>>> set;
  std::optional<std::map<std::string, std::array<int, 2>>> map;
  std::optional<std::map<Colour, bool>> by_colour;
  std::optional<std::tuple<int, std::string>> tuple;
  std::optional<std::variant<std::monostate, int, std::string, std::vector<bool>>> either;
  std::optional<std::vector<Tagged<"kind", Circle, Leaf>>> shapes;
  std::unique_ptr<Everything> next;
  std::optional<Nullable<int>> nullable;
  Patch<int> patch;
  std::optional<Ranged<int, -5, 5>> ranged;
  std::optional<Matches<"^(a|b+)*[^c]{0,3}$">> word;
  std::optional<Items<NonEmpty, 1, 3>> items;
  std::optional<std::chrono::nanoseconds> wait;
  std::optional<std::chrono::system_clock::time_point> at;
  std::optional<std::vector<std::byte>> bytes;
  json::Document document;
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = json::parse<Everything>(text);
  const auto document = json::parse<json::Document>(text);
  if (!read) {
    require(!read.error().entries.empty() && read.error().entries.size() <= 32);
    require(!read.error().malformed || read.error().entries.size() == 1);
    return 0;
  }
  require(document.has_value());  // what is good for a struct is good JSON
  const auto written = json::to_string(*read);
  require(written.has_value());
  const auto again = json::parse<Everything>(*written);
  require(again.has_value());
  require(json::to_string(*again).value() == *written);
  return 0;
}
