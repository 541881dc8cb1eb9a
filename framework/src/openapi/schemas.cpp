#include "openapi/schemas.h"

#include <utility>

#include "openapi/schema_rules.h"

namespace rondeau::openapi {

using reflect::as;
using reflect::Kind;
using reflect::Rule;

namespace {

void type_name(JsonText& out, std::string_view name, bool or_null) {
  if (!or_null) {
    out.member("type", name);
    return;
  }
  out.key("type").begin_array().string(name).string("null").end_array();
}

}  // namespace

void Schemas::write(JsonText& out, const schema::Form& form) {
  if (form.type != nullptr) return any(out, *form.type, Null::No);
  out.begin_object().member("type", "string");
  if (!form.format.empty()) out.member("format", form.format);
  out.end_object();
}

void Schemas::write_parameter(JsonText& out, const schema::Form& form, const std::string& initial) {
  const reflect::Descriptor* type = form.type;
  while (type != nullptr && type->kind == Kind::Optional) type = as<reflect::OptionalDescriptor>(*type).inner;
  schema::Form plain_form = form;
  plain_form.type = type;
  if (type != nullptr && !initial.empty()) notes_ = Notes{{}, {}, false, initial};
  write(out, plain_form);
}

void Schemas::any(JsonText& out, const reflect::Descriptor& type, Null null) {
  plain(out, type, null, {});
}

void Schemas::plain(JsonText& out, const reflect::Descriptor& type, Null null, const Rules& rules) {
  switch (type.kind) {
    case Kind::Struct:
      return reference(out, {&type, {}, {}}, null);
    case Kind::Checked:
      return checked(out, type, null, rules);
    case Kind::Optional:
      return plain(out, *as<reflect::OptionalDescriptor>(type).inner, Null::Yes, rules);
    case Kind::Converted:
      return converted(out, as<reflect::ConvertedDescriptor>(type), null, rules);
    case Kind::Signed:
    case Kind::Unsigned:
      return integer(out, type, null, rules);
    case Kind::Text:
      return text(out, as<reflect::TextDescriptor>(type), null, rules);
    case Kind::Enum:
      return enumeration(out, as<reflect::EnumDescriptor>(type), null);
    case Kind::Sequence:
      return sequence(out, as<reflect::SequenceDescriptor>(type), null, rules);
    case Kind::Tuple:
      return tuple(out, as<reflect::TupleDescriptor>(type), null);
    case Kind::Map:
      return map(out, as<reflect::MapDescriptor>(type), null);
    case Kind::Variant:
      return variant(out, as<reflect::VariantDescriptor>(type), null);
    case Kind::Document:
      open(out);
      out.end_object();
      return;
    case Kind::Null:
      open(out);
      out.member("type", "null").end_object();
      return;
    case Kind::Bool:
    case Kind::Floating:
    case Kind::String:
      break;
  }
  const bool described = open(out);
  type_name(out,
            type.kind == Kind::Bool       ? "boolean"
            : type.kind == Kind::Floating ? "number"
                                          : "string",
            null == Null::Yes);
  if (type.kind == Kind::Floating) out.member("format", type.size == sizeof(float) ? "float" : "double");
  write_rules(out, rules, described);
  out.end_object();
}

void Schemas::checked(JsonText& out, const reflect::Descriptor& type, Null null, Rules rules) {
  const auto& table = as<reflect::CheckedDescriptor>(type);
  rules.insert(rules.end(), table.rules.begin(), table.rules.end());
  plain(out, *table.inner, null, rules);
}

void Schemas::integer(JsonText& out, const reflect::Descriptor& type, Null null, const Rules& rules) {
  Rules all = rules;
  const unsigned bits = 8 * type.size;
  const auto bound = [&](Rule::Kind kind, bool negative, std::uint64_t magnitude) {
    all.push_back({kind, {negative, magnitude}, {}, nullptr});
  };
  if (type.kind == Kind::Unsigned) {
    bound(Rule::Kind::Minimum, false, 0);
    if (bits < 64) bound(Rule::Kind::Maximum, false, (std::uint64_t{1} << bits) - 1);
  } else if (bits < 32) {
    bound(Rule::Kind::Minimum, true, std::uint64_t{1} << (bits - 1));
    bound(Rule::Kind::Maximum, false, (std::uint64_t{1} << (bits - 1)) - 1);
  }
  const bool described = open(out);
  type_name(out, "integer", null == Null::Yes);
  if (type.kind == Kind::Signed && bits >= 32) out.member("format", bits == 32 ? "int32" : "int64");
  write_rules(out, all, described);
  out.end_object();
}

void Schemas::text(JsonText& out, const reflect::TextDescriptor& type, Null null, const Rules& rules) {
  const bool described = open(out);
  type_name(out, "string", null == Null::Yes);
  if (type.format == "byte") {
    out.member("contentEncoding", "base64");
  } else if (type.format == "duration") {  // "1.5s", where the format of that name means ISO 8601
    if (!described) out.member("description", type.expected);
  } else {
    out.member("format", type.format);
  }
  write_rules(out, rules, true);
  out.end_object();
}

/// Its form; of a text that is said to have a format, that too.
void Schemas::converted(JsonText& out, const reflect::ConvertedDescriptor& type, Null null, const Rules& rules) {
  if (type.format.empty() || type.inner->kind != Kind::String) return plain(out, *type.inner, null, rules);
  const bool described = open(out);
  type_name(out, "string", null == Null::Yes);
  out.member("format", type.format);
  write_rules(out, rules, described);
  out.end_object();
}

void Schemas::enumeration(JsonText& out, const reflect::EnumDescriptor& type, Null null) {
  open(out);
  type_name(out, "string", null == Null::Yes);
  out.key("enum").begin_array();
  for (const reflect::Enumerator& one : type.enumerators) out.string(one.name);
  if (null == Null::Yes) out.verbatim("null");
  out.end_array().end_object();
}

void Schemas::sequence(JsonText& out, const reflect::SequenceDescriptor& type, Null null, const Rules& rules) {
  const bool described = open(out);
  type_name(out, "array", null == Null::Yes);
  any(out.key("items"), *type.element, Null::No);
  Rules all = rules;
  if (type.unique) all.push_back({Rule::Kind::UniqueItems, {}, {}, nullptr});
  write_rules(out, all, described);
  out.end_object();
}

void Schemas::tuple(JsonText& out, const reflect::TupleDescriptor& type, Null null) {
  open(out);
  type_name(out, "array", null == Null::Yes);
  if (type.elements.size() == 1 || type.count == 0) {
    if (type.count != 0) any(out.key("items"), type.element_type(0), Null::No);
  } else {
    out.key("prefixItems").begin_array();
    for (std::size_t i = 0; i < type.count; ++i) any(out, type.element_type(i), Null::No);
    out.end_array();
  }
  out.key("minItems").number(type.count).key("maxItems").number(type.count).end_object();
}

void Schemas::map(JsonText& out, const reflect::MapDescriptor& type, Null null) {
  open(out);
  type_name(out, "object", null == Null::Yes);
  if (type.key->kind == Kind::Enum) any(out.key("propertyNames"), *type.key, Null::No);
  any(out.key("additionalProperties"), *type.value, Null::No);
  out.end_object();
}

void Schemas::variant(JsonText& out, const reflect::VariantDescriptor& type, Null null) {
  open(out);
  out.key("oneOf").begin_array();
  for (const reflect::Alternative& one : type.alternatives) {
    if (type.tag.empty()) {
      any(out, *one.type, Null::No);
    } else {
      reference(out, {one.type, type.tag, one.name}, Null::No);
    }
  }
  if (null == Null::Yes) out.begin_object().member("type", "null").end_object();
  out.end_array();
  if (!type.tag.empty()) {
    out.key("discriminator").begin_object().member("propertyName", type.tag).key("mapping").begin_object();
    for (const reflect::Alternative& one : type.alternatives) {
      out.member(one.name, "#/components/schemas/" + remember({one.type, type.tag, one.name}));
    }
    out.end_object().end_object();
  }
  out.end_object();
}

/// Begins a schema with what is said of the member it belongs to. True: it has a description.
bool Schemas::open(JsonText& out) {
  out.begin_object();
  if (!notes_) return false;
  const Notes notes = *std::exchange(notes_, std::nullopt);
  if (!notes.description.empty()) out.member("description", notes.description);
  if (!notes.initial.empty()) out.key("default").verbatim(notes.initial);
  if (!notes.example.empty()) {
    out.key("examples").begin_array();
    if (notes.example_is_text) {
      out.string(notes.example);
    } else {
      out.verbatim(notes.example);
    }
    out.end_array();
  }
  return !notes.description.empty();
}

}  // namespace rondeau::openapi
