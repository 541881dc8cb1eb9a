#include "json/expected.h"

#include <cstdint>

namespace rondeau::json {

using reflect::as;
using reflect::Kind;

namespace {

std::string expected_integer(const reflect::Descriptor& type) {
  const unsigned bits = type.size * 8;
  if (type.kind == Kind::Unsigned) {
    return "must be an integer from 0 to " + std::to_string(~std::uint64_t{0} >> (64 - bits));
  }
  const std::uint64_t most = ~std::uint64_t{0} >> (65 - bits);
  return "must be an integer from -" + std::to_string(most + 1) + " to " + std::to_string(most);
}

std::string expected_enumerator(const reflect::EnumDescriptor& type) {
  std::string names = "must be one of ";
  for (const reflect::Enumerator& enumerator : type.enumerators) {
    if (&enumerator != &type.enumerators.front()) names += ", ";
    names += enumerator.name;
  }
  return names;
}

}  // namespace

std::string expected_one_of(const reflect::VariantDescriptor& type) {
  std::string names = "must be one of ";
  for (const reflect::Alternative& alternative : type.alternatives) {
    if (&alternative != &type.alternatives.front()) names += ", ";
    names += alternative.name;
  }
  return names;
}

std::string expected(const reflect::Descriptor& type) {
  switch (type.kind) {
    case Kind::Null:
      return "must be null";
    case Kind::Bool:
      return "must be true or false";
    case Kind::Signed:
    case Kind::Unsigned:
      return expected_integer(type);
    case Kind::Floating:
      return "must be a number";
    case Kind::String:
      return "must be a string";
    case Kind::Text:
      return "must be " + std::string(as<reflect::TextDescriptor>(type).expected);
    case Kind::Enum:
      return expected_enumerator(as<reflect::EnumDescriptor>(type));
    case Kind::Struct:
    case Kind::Map:
      return "must be an object";
    case Kind::Sequence:
    case Kind::Tuple:
      return "must be an array";
    case Kind::Optional:
      return expected(*as<reflect::OptionalDescriptor>(type).inner);
    case Kind::Checked:
      return expected(*as<reflect::CheckedDescriptor>(type).inner);
    case Kind::Converted:
      return expected(*as<reflect::ConvertedDescriptor>(type).inner);
    case Kind::Variant:
      return as<reflect::VariantDescriptor>(type).tag.empty() ? "has a wrong type" : "must be an object";
    case Kind::Document:
      break;
  }
  return "has a wrong type";
}

}  // namespace rondeau::json
