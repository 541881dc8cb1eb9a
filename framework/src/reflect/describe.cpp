#include <rondeau/reflect/describe.h>

namespace rondeau::reflect {

std::string_view type_name(const Descriptor& descriptor) {
  return name_in_signature(descriptor.signature);
}

std::size_t count_characters(std::string_view text) noexcept {
  std::size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return count;
}

std::string expectation(const Rule& rule) {
  const std::string number = (rule.bound.negative ? "-" : "") + std::to_string(rule.bound.magnitude);
  const char* plural = rule.bound.magnitude == 1 ? "" : "s";
  switch (rule.kind) {
    case Rule::Kind::Minimum:
      return "must be at least " + number;
    case Rule::Kind::Maximum:
      return "must be at most " + number;
    case Rule::Kind::MultipleOf:
      return "must be a multiple of " + number;
    case Rule::Kind::MinLength:
      return "must have at least " + number + " character" + plural;
    case Rule::Kind::MaxLength:
      return "must have at most " + number + " character" + plural;
    case Rule::Kind::Pattern:
      return "must match " + std::string(rule.text);
    case Rule::Kind::MinItems:
      return "must have at least " + number + " item" + plural;
    case Rule::Kind::MaxItems:
      return "must have at most " + number + " item" + plural;
    case Rule::Kind::UniqueItems:
      return "must not hold the same item twice";
    case Rule::Kind::Default:
      break;
    case Rule::Kind::Own:
      return std::string(rule.text);
  }
  return {};
}

}  // namespace rondeau::reflect
