#include "dev/build_errors.h"

#include <algorithm>
#include <vector>

namespace rondeau::tool::dev {
namespace {

constexpr std::size_t kMostErrors = 3;
constexpr std::size_t kMostLines = 40;
constexpr std::size_t kLastLines = 20;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_error(std::string_view line) {
  return line.find("error: ") != std::string_view::npos;
}
/// "[3/7] Compiling …", "FAILED: x.o", "ninja: build stopped…".
bool is_ninjas(std::string_view line) {
  return line.starts_with('[') || line.starts_with("FAILED: ") || line.starts_with("ninja: ");
}

}  // namespace

std::string first_errors(std::string_view output) {
  const std::vector<std::string_view> lines = lines_of(output);
  std::string out;
  const auto first = std::ranges::find_if(lines, is_error);
  if (first == lines.end()) {
    for (std::size_t i = lines.size() - std::min(lines.size(), kLastLines); i < lines.size(); ++i) {
      out.append(lines[i]).append("\n");
    }
    return out;
  }
  // What stands above an error says how the file came in; the command stands behind FAILED.
  auto begin = first;
  while (begin != lines.begin() && std::prev(begin)->starts_with("In file included from ")) --begin;
  std::size_t errors = 0;
  std::size_t shown = 0;
  for (auto line = begin; line != lines.end() && shown < kMostLines; ++line) {
    if (line->starts_with("FAILED: ") && std::next(line) != lines.end()) ++line;  // the command as well
    if (is_ninjas(*line) || (line != lines.begin() && std::prev(line)->starts_with("FAILED: "))) continue;
    if (is_error(*line) && ++errors > kMostErrors) break;
    out.append(*line).append("\n");
    ++shown;
  }
  return out;
}

}  // namespace rondeau::tool::dev
