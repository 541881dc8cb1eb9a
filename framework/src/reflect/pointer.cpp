#include "reflect/pointer.h"

namespace rondeau::reflect {

void append_step(std::string& pointer, std::string_view name) {
  pointer += '/';
  for (char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

std::string take_step(std::string_view& pointer) {
  if (pointer.starts_with('/')) pointer.remove_prefix(1);
  const std::string_view step = pointer.substr(0, pointer.find('/'));
  pointer.remove_prefix(step.size());
  std::string name;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const bool escaped = step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1');
    name += !escaped ? step[i] : step[i + 1] == '0' ? '~' : '/';
    if (escaped) ++i;
  }
  return name;
}

}  // namespace rondeau::reflect
