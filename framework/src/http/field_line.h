// One field line, cut into name and value.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <rondeau/http/request_head.h>

namespace rondeau::http {

/// Appends the field of a scanned line (no controls but HTAB within, its CR behind it in memory), `offset` being the
/// line's place.
/// False when the name is no token directly followed by a colon (RFC 9112 §5.1).
bool append_field_line(std::string_view line, std::size_t offset, std::vector<HeadField>& fields);

}  // namespace rondeau::http
