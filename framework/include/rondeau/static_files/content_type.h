// content_type_of: media types by the extension of a file's name.
#pragma once

#include <string_view>

namespace rondeau::static_files {

/// "text/html; charset=utf-8" for "a/INDEX.HTML"; application/octet-stream where the extension is not known. Text is
/// taken for UTF-8. Lifetime: the program's.
std::string_view content_type_of(std::string_view name) noexcept;

}  // namespace rondeau::static_files
