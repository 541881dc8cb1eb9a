#include "static_files/glob.h"

#include <algorithm>
#include <vector>

#include <rondeau/text/ascii.h>

namespace rondeau::static_files {
namespace {

constexpr std::size_t kLeastHash = 8;

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
  if (glob.find('/') == std::string_view::npos && !glob.starts_with("**")) path = path.substr(path.rfind('/') + 1);
  // matched[i]: what was read of the glob matches the first i characters.
  std::vector<bool> matched(path.size() + 1, false);
  matched[0] = true;
  for (std::size_t at = 0; at < glob.size(); ++at) {
    if (glob[at] == '*') {
      const bool deep = glob.substr(at).starts_with("**");
      at += deep ? 1 : 0;
      for (std::size_t i = 0; i < path.size(); ++i) {
        if (matched[i] && (deep || path[i] != '/')) matched[i + 1] = true;
      }
      continue;
    }
    for (std::size_t i = path.size(); i > 0; --i) {
      const char c = path[i - 1];
      matched[i] = matched[i - 1] && (glob[at] == '?' ? c != '/' : glob[at] == c);
    }
    matched[0] = false;
  }
  return matched[path.size()];
}

bool has_hash(std::string_view name) noexcept {
  for (std::size_t start = name.find_first_of(".-"); start != std::string_view::npos;) {
    const std::size_t end = name.find_first_of(".-", start + 1);
    if (end == std::string_view::npos) return false;  // the extension is none
    const std::string_view piece = name.substr(start + 1, end - start - 1);
    const bool hex = std::ranges::all_of(piece, [](char c) { return text::hex_value(c) >= 0; });
    const bool both = std::ranges::any_of(piece, text::is_digit) && std::ranges::any_of(piece, text::is_alpha);
    if (piece.size() >= kLeastHash && hex && both) return true;
    start = end;
  }
  return false;
}

}  // namespace rondeau::static_files
