#include "idempotency.h"

#include <algorithm>

namespace jobs {

std::optional<std::string> parse_idempotency_key(std::string_view field) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') field = field.substr(1, field.size() - 2);
  const bool visible =
      std::ranges::all_of(field, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
  if (field.empty() || field.size() > 255 || !visible) return std::nullopt;
  return std::string(field);
}

}  // namespace jobs
