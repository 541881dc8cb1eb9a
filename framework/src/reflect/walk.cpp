#include <rondeau/reflect/walk.h>

#include <string>
#include <vector>

#include <rondeau/reflect/nearest.h>

namespace rondeau::reflect {
namespace {

// Through optionals that hold a struct, making it where it is absent.
Value enter(Value value) {
  while (value.type->kind == Kind::Optional && plain_type(*value.type).kind == Kind::Struct) {
    const auto& optional = as<OptionalDescriptor>(*value.type);
    void* inner = optional.presence(value.address) == Presence::Value ? const_cast<void*>(optional.get(value.address))
                                                                      : optional.emplace(value.address);
    value = {optional.inner, inner};
  }
  return value;
}

// All paths below a type; recursive types end at the second visit of a struct.
void list_paths(const Descriptor& type, const std::string& prefix, char separator, std::vector<const Descriptor*>& open,
                std::vector<std::string>& paths) {
  for (const Descriptor* outer : open) {
    if (outer == &type) return;
  }
  open.push_back(&type);
  for (const Field& field : as<StructDescriptor>(type).fields) {
    std::string path = prefix + std::string(field.name);
    const Descriptor& plain = plain_type(*field.type);
    if (plain.kind == Kind::Struct) {
      list_paths(plain, path + separator, separator, open, paths);
    } else {
      paths.push_back(std::move(path));
    }
  }
  open.pop_back();
}

Error unknown(const Descriptor& type, std::string_view path, char separator) {
  std::vector<std::string> paths;
  std::vector<const Descriptor*> open;
  if (type.kind == Kind::Struct) list_paths(type, "", separator, open, paths);
  const std::vector<std::string_view> views(paths.begin(), paths.end());
  std::string message = std::string(path) + ": unknown";
  if (const std::string_view near = nearest(path, views); !near.empty()) {
    message += ", did you mean " + std::string(near) + "?";
  }
  return Error(Errc::NotFound, message);
}

const Field* field_named(const StructDescriptor& type, std::string_view name, std::size_t& index) {
  for (index = 0; index < type.fields.size(); ++index) {
    if (type.fields[index].name == name) return &type.fields[index];
  }
  return nullptr;
}

void visit_leaves(const Descriptor& type, const void* address, std::string& path, char separator,
                  const std::function<void(std::string_view, const Descriptor&, const void*)>& visit) {
  const Descriptor* inner = &type;
  const void* at = address;
  while (inner->kind == Kind::Optional && as<OptionalDescriptor>(*inner).presence(at) == Presence::Value) {
    at = as<OptionalDescriptor>(*inner).get(at);
    inner = as<OptionalDescriptor>(*inner).inner;
  }
  if (inner->kind != Kind::Struct) return visit(path, type, address);
  const auto& structure = as<StructDescriptor>(*inner);
  const void* members[StructDescriptor::kMaxFields];
  structure.addresses(at, members);
  for (std::size_t i = 0; i < structure.fields.size(); ++i) {
    const std::size_t before = path.size();
    if (!path.empty()) path += separator;
    path += structure.fields[i].name;
    visit_leaves(*structure.fields[i].type, members[i], path, separator, visit);
    path.resize(before);
  }
}

}  // namespace

const Descriptor& plain_type(const Descriptor& type) {
  switch (type.kind) {
    case Kind::Optional:
      return plain_type(*as<OptionalDescriptor>(type).inner);
    case Kind::Checked:
      return plain_type(*as<CheckedDescriptor>(type).inner);
    case Kind::Converted:
      return plain_type(*as<ConvertedDescriptor>(type).inner);
    default:
      return type;
  }
}

Result<Value> find(const Descriptor& type, void* root, std::string_view path, char separator) {
  Value value{&type, root};
  for (std::string_view rest = path;;) {
    const std::size_t end = rest.find(separator);
    value = enter(value);
    std::size_t index = 0;
    const Field* field = value.type->kind == Kind::Struct
                             ? field_named(as<StructDescriptor>(*value.type), rest.substr(0, end), index)
                             : nullptr;
    if (field == nullptr) return unknown(type, path, separator);
    const void* members[StructDescriptor::kMaxFields];
    as<StructDescriptor>(*value.type).addresses(value.address, members);
    value = {field->type, const_cast<void*>(members[index])};
    if (end == std::string_view::npos) return value;
    rest.remove_prefix(end + 1);
  }
}

void for_each_leaf(const Descriptor& type, const void* root,
                   const std::function<void(std::string_view, const Descriptor&, const void*)>& visit, char separator) {
  std::string path;
  visit_leaves(type, root, path, separator, visit);
}

}  // namespace rondeau::reflect
