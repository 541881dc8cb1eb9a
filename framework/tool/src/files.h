// Files and folders as a command needs them: read whole, written whole or not at all. Everything blocks.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "outcome.h"

namespace rondeau::tool {

namespace fs = std::filesystem;

/// What a command writes: by path below some folder, the content.
using Tree = std::map<std::string, std::string>;

Outcome<std::string> read_file(const fs::path& path);
/// Through a file beside it and rename(2): readers see the old content or the new one. Makes the folders above.
Outcome<void> write_file(const fs::path& path, std::string_view content);

/// The folder with everything in it, or nothing: made beside `target` under another name and renamed, also where the
/// process ends in between. `links`: symbolic links below it. `target` is absent or an empty folder.
Outcome<void> write_folder(const fs::path& target, const Tree& files, const std::map<std::string, std::string>& links);

/// Absent, or a folder without entries.
bool is_free(const fs::path& target);

/// SHA-256 in hexadecimal.
std::string hash_of(std::string_view content);

}  // namespace rondeau::tool
