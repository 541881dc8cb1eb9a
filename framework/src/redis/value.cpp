#include <rondeau/redis/value.h>

#include <iterator>

namespace rondeau::redis {

std::string_view to_string(ValueKind kind) noexcept {
  static constexpr std::string_view kWords[] = {
      "nil",      "a simple string", "a bulk string", "a verbatim string", "an error", "an integer", "a double",
      "a boolean", "a big number",   "an array",      "a set",             "a push",   "a map"};
  static_assert(std::size(kWords) == static_cast<std::size_t>(ValueKind::Map) + 1);
  return kWords[static_cast<std::size_t>(kind)];
}

}  // namespace rondeau::redis
