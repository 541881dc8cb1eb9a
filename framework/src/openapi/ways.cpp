#include "openapi/ways.h"

#include <set>

namespace rondeau::openapi {
namespace {

using reflect::as;
using reflect::Descriptor;
using reflect::Kind;

template <class Visit>
void for_each_part(const Descriptor& type, Visit visit) {
  switch (type.kind) {
    case Kind::Struct:
      for (const reflect::Field& field : as<reflect::StructDescriptor>(type).fields) visit(*field.type);
      return;
    case Kind::Sequence:
      return visit(*as<reflect::SequenceDescriptor>(type).element);
    case Kind::Tuple:
      for (const Descriptor* element : as<reflect::TupleDescriptor>(type).elements) visit(*element);
      return;
    case Kind::Map:
      return visit(*as<reflect::MapDescriptor>(type).value);
    case Kind::Optional:
      return visit(*as<reflect::OptionalDescriptor>(type).inner);
    case Kind::Checked:
      return visit(*as<reflect::CheckedDescriptor>(type).inner);
    case Kind::Converted:
      return visit(*as<reflect::ConvertedDescriptor>(type).inner);
    case Kind::Variant:
      for (const reflect::Alternative& one : as<reflect::VariantDescriptor>(type).alternatives) visit(*one.type);
      return;
    default:
      return;
  }
}

bool looks_different(const Descriptor& type, std::set<const Descriptor*>& seen) {
  if (type.kind == Kind::Struct) {
    if (!seen.insert(&type).second) return false;
    const auto& structure = as<reflect::StructDescriptor>(type);
    for (std::size_t i = 0; i < structure.fields.size(); ++i) {
      if (is_required(structure, i, Way::In) != is_required(structure, i, Way::Out)) return true;
    }
  }
  bool different = false;
  for_each_part(type, [&](const Descriptor& part) { different = different || looks_different(part, seen); });
  return different;
}

}  // namespace

bool is_required(const reflect::StructDescriptor& type, std::size_t member, Way way) {
  if (way == Way::In) return !reflect::may_be_absent(type, member);
  const Descriptor& value = *type.fields[member].type;
  return value.kind != Kind::Optional || !as<reflect::OptionalDescriptor>(value).may_be_absent;
}

void Ways::add(const Descriptor& type, Way way) {
  if (type.kind == Kind::Struct) {
    Seen& seen = structs_[&type];
    bool& goes = way == Way::In ? seen.in : seen.out;
    if (goes) return;
    goes = true;
  }
  for_each_part(type, [&](const Descriptor& part) { add(part, way); });
}

Way Ways::look(const Descriptor& type, Way way) const {
  const auto seen = structs_.find(&type);
  if (seen == structs_.end() || !seen->second.in || is_split(type)) return way;
  return Way::In;
}

bool Ways::is_split(const Descriptor& type) const {
  const auto seen = structs_.find(&type);
  if (seen == structs_.end() || !seen->second.in || !seen->second.out) return false;
  std::set<const Descriptor*> path;
  return looks_different(type, path);
}

}  // namespace rondeau::openapi
