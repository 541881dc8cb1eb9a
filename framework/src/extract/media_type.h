// The type in front of the parameters of a Content-Type.
#pragma once

#include <string_view>

#include <rondeau/text/ascii.h>

namespace rondeau::extract {

/// "text/plain" of "text/plain; charset=utf-8". Compare it without regard to case.
inline std::string_view media_type(std::string_view content_type) noexcept {
  return text::trim(content_type.substr(0, content_type.find(';')));
}

}  // namespace rondeau::extract
