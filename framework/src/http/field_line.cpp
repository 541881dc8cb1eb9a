#include "http/field_line.h"

#include <rondeau/text/ascii.h>

namespace rondeau::http {

namespace {

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

}  // namespace

bool append_field_line(std::string_view line, std::size_t offset, std::vector<HeadField>& fields) {
  // The CR behind the line is no token character: it ends this loop.
  const char* at = line.data();
  while (text::is_token_char(*at)) ++at;
  auto colon = static_cast<std::size_t>(at - line.data());
  if (colon == 0 || *at != ':') return false;

  std::size_t begin = colon + 1;
  std::size_t end = line.size();
  while (begin < end && is_blank(line[begin])) ++begin;
  while (end > begin && is_blank(line[end - 1])) --end;
  fields.push_back({.name = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(colon)},
                    .value = {static_cast<std::uint32_t>(offset + begin), static_cast<std::uint32_t>(end - begin)},
                    .id = find_header_name(line.substr(0, colon))});
  return true;
}

}  // namespace rondeau::http
