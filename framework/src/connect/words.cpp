#include "connect/words.h"

#include <chrono>
#include <string_view>

namespace rondeau::connect {

std::string place(const std::source_location& where) {
  std::string_view file = where.file_name();
  file.remove_prefix(file.rfind('/') + 1);  // npos + 1 is 0
  return std::string(file) + ':' + std::to_string(where.line());
}

std::string human(Duration span) {
  using namespace std::chrono_literals;
  const auto in = [span](Duration unit, const char* name) {
    // One digit after the point where it says something.
    const auto tenths = span / (unit / 10);
    std::string text = std::to_string(tenths / 10);
    if (tenths < 100 && tenths % 10 != 0) text += '.' + std::to_string(tenths % 10);
    return text + ' ' + name;
  };
  if (span >= 1s) return in(1s, "s");
  return span >= 1ms ? in(1ms, "ms") : in(1us, "us");
}

}  // namespace rondeau::connect
