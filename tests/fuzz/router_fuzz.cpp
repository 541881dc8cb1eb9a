// A table of routes and a path: lines of patterns, then the path. The tree finds what trying every pattern finds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/route_oracle.h"

using namespace rondeau;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> patterns;
  std::set<std::string> shapes;
  for (std::size_t end = input.find('\n'); end != std::string_view::npos; end = input.find('\n')) {
    const std::string pattern(input.substr(0, end));
    input.remove_prefix(end + 1);
    if (patterns.size() == 64 || routing::check_pattern(pattern) != routing::PatternError::None) continue;
    if (shapes.insert(support::shape(pattern)).second) patterns.push_back(pattern);
  }
  if (!input.starts_with('/') || !text::percent_decode(input)) return 0;
  require(support::Tree(patterns).find(input) == support::find_naively(patterns, input));
  return 0;
}
