// Is it text?
#pragma once

#include <cstddef>
#include <span>

namespace rondeau::io {

/// Whether it is UTF-8 by Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::span<const std::byte> bytes) noexcept;

}  // namespace rondeau::io
