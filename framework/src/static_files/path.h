// From the path of a request to that of a file below a directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rondeau::static_files {

struct RelativePath {
  std::string text;            ///< decoded, without a slash at its ends; empty: the directory itself
  bool ends_in_slash = false;  ///< a directory is meant
};

/// Leaves `skipped` segments out and decodes each of the others once.
///
/// Empty for what no file may be called: a segment that is empty, or begins with a dot; NUL, control characters,
/// backslashes, slashes that were encoded; what is not UTF-8. That much is manners: what keeps a request in the
/// directory is open_beneath().
std::optional<RelativePath> relative_path(std::string_view path, std::size_t skipped);

}  // namespace rondeau::static_files
