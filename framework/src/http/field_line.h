// One field line, cut into name and value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <rondeau/http/request_head.h>
#include <rondeau/text/ascii.h>

namespace rondeau::http {

/// Appends the field of a scanned line (no controls but HTAB within, its CR behind it in memory), `offset` being the
/// line's place.
/// False when the name is no token directly followed by a colon (RFC 9112 §5.1).
inline bool append_field_line(std::string_view line, std::size_t offset, std::vector<HeadField>& fields) {
  // The CR behind the line is no token character: it ends this loop.
  const char* at = line.data();
  while (text::is_token_char(*at)) ++at;
  auto colon = static_cast<std::size_t>(at - line.data());
  if (colon == 0 || *at != ':') return false;

  std::size_t begin = colon + 1;
  std::size_t end = line.size();
  while (begin < end && text::is_blank(line[begin])) ++begin;
  while (end > begin && text::is_blank(line[end - 1])) --end;
  fields.push_back({.name = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(colon)},
                    .value = {static_cast<std::uint32_t>(offset + begin), static_cast<std::uint32_t>(end - begin)},
                    .id = find_header_name(line.substr(0, colon))});
  return true;
}

}  // namespace rondeau::http
