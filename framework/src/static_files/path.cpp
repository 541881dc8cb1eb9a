#include "static_files/path.h"

#include <algorithm>

#include <rondeau/text/percent.h>
#include <rondeau/text/utf8.h>

namespace rondeau::static_files {
namespace {

bool is_file_name(std::string_view name) noexcept {
  return !name.empty() && name.front() != '.' && text::is_utf8(name) && std::ranges::none_of(name, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
  });
}

}  // namespace

std::optional<RelativePath> relative_path(std::string_view path, std::size_t skipped) {
  RelativePath found;
  while (!path.empty()) {
    if (path.front() != '/') return std::nullopt;
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (skipped > 0) {
      --skipped;
      continue;
    }
    if (segment.empty() && path.empty()) {
      found.ends_in_slash = true;
      break;
    }
    const Result<std::string> name = text::percent_decode(segment);
    if (!name || !is_file_name(*name)) return std::nullopt;
    if (!found.text.empty()) found.text += '/';
    found.text += *name;
  }
  return found;
}

}  // namespace rondeau::static_files
