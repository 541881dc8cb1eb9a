// Globs over paths.
#pragma once

#include <string_view>

namespace rondeau::static_files {

/// See CacheRule. Takes time in proportion to both lengths, whatever they hold.
bool glob_matches(std::string_view glob, std::string_view path);
/// Whether a name has a hash in it, see FilesOptions::hashed_names_are_immutable.
bool has_hash(std::string_view name) noexcept;

}  // namespace rondeau::static_files
