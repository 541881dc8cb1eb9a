#include "openapi/schemas.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include <rondeau/json/write.h>
#include <rondeau/reflect/walk.h>

#include "openapi/problem_schema.h"

namespace rondeau::openapi {

using reflect::as;
using reflect::Kind;
using reflect::Rule;

namespace {

constexpr std::string_view kProblem = "Problem";

/// A number on its way into JSON.
std::string to_text(const reflect::Bound& bound) {
  return (bound.negative && bound.magnitude != 0 ? "-" : "") + std::to_string(bound.magnitude);
}

void type_name(JsonText& out, std::string_view name, bool or_null) {
  if (!or_null) {
    out.member("type", name);
    return;
  }
  out.key("type").begin_array().string(name).string("null").end_array();
}

std::string_view keyword(Rule::Kind kind) {
  switch (kind) {
    case Rule::Kind::Minimum:
      return "minimum";
    case Rule::Kind::Maximum:
      return "maximum";
    case Rule::Kind::MultipleOf:
      return "multipleOf";
    case Rule::Kind::MinLength:
      return "minLength";
    case Rule::Kind::MaxLength:
      return "maxLength";
    case Rule::Kind::Pattern:
      return "pattern";
    case Rule::Kind::MinItems:
      return "minItems";
    case Rule::Kind::MaxItems:
      return "maxItems";
    case Rule::Kind::UniqueItems:
      return "uniqueItems";
    case Rule::Kind::Default:
    case Rule::Kind::Own:
      break;
  }
  return {};
}

bool is_stricter(const Rule& one, const Rule& other) {
  const auto less = [](const reflect::Bound& a, const reflect::Bound& b) {
    if (a.negative != b.negative) return a.negative;
    return a.negative ? a.magnitude > b.magnitude : a.magnitude < b.magnitude;
  };
  switch (one.kind) {
    case Rule::Kind::Minimum:
    case Rule::Kind::MinLength:
    case Rule::Kind::MinItems:
      return less(other.bound, one.bound);
    case Rule::Kind::Maximum:
    case Rule::Kind::MaxLength:
    case Rule::Kind::MaxItems:
      return less(one.bound, other.bound);
    default:
      return false;
  }
}

/// Each keyword once; of several bounds the strictest.
void write_rules(JsonText& out, const std::vector<Rule>& rules, bool described) {
  std::vector<const Rule*> chosen;
  std::string own;
  for (const Rule& rule : rules) {
    if (rule.kind == Rule::Kind::Own) own += (own.empty() ? "" : "; ") + std::string(rule.text);
    if (keyword(rule.kind).empty()) continue;
    const auto known = std::ranges::find(chosen, rule.kind, &Rule::kind);
    if (known == chosen.end()) {
      chosen.push_back(&rule);
    } else if (is_stricter(rule, **known)) {
      *known = &rule;
    }
  }
  for (const Rule* rule : chosen) {
    out.key(keyword(rule->kind));
    if (rule->kind == Rule::Kind::Pattern) {
      out.string(rule->text);
    } else if (rule->kind == Rule::Kind::UniqueItems) {
      out.boolean(true);
    } else {
      out.verbatim(to_text(rule->bound));
    }
  }
  if (!own.empty() && !described) out.member("description", own);
}

/// "Page<app::Item>" → "Page_Item": a component's name has letters, digits, '.', '-' and '_'.
std::string component_name(const reflect::Descriptor& type) {
  std::string name;
  std::size_t word = 0;  // where the current word of `name` begins
  const std::string_view spelling = reflect::type_name(type);
  for (std::size_t i = 0; i < spelling.size(); ++i) {
    const char c = spelling[i];
    if (c == '(') i = std::min(spelling.find(')', i), spelling.size());  // "(anonymous namespace)"
    if (c == ':') name.resize(word);
    if (c == '(' || c == ':') continue;
    const bool legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (legal) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
    if (!legal) word = name.size();
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name.empty() ? "Unnamed" : name;
}

/// The whole spelling, for people: "app::Item".
std::string_view spelled(const reflect::Descriptor& type) {
  std::string_view text = type.signature;
  const std::size_t begin = text.find("T = ");
  if (begin == std::string_view::npos) return text;
  text.remove_prefix(begin + 4);
  return text.substr(0, text.size() - (text.ends_with(']') ? 1 : 0));
}

/// A T as its initialisers make it; what has none is zero.
class Specimen {
 public:
  explicit Specimen(const reflect::StructDescriptor& type)
      : type_(type), storage_(::operator new (type.size, std::align_val_t{type.alignment})) {
    std::memset(storage_, 0, type.size);
    type.construct(storage_);
  }
  Specimen(const Specimen&) = delete;
  Specimen& operator=(const Specimen&) = delete;
  ~Specimen() {
    type_.destroy(storage_);
    ::operator delete (storage_, std::align_val_t{type_.alignment});
  }
  const void* get() const { return storage_; }

 private:
  const reflect::StructDescriptor& type_;
  void* storage_;
};

}  // namespace

void Schemas::write(JsonText& out, const schema::Form& form) {
  if (form.type != nullptr) return any(out, *form.type, Null::No);
  out.begin_object().member("type", "string");
  if (!form.format.empty()) out.member("format", form.format);
  out.end_object();
}

void Schemas::write_parameter(JsonText& out, const schema::Form& form) {
  const reflect::Descriptor* type = form.type;
  while (type != nullptr && type->kind == Kind::Optional) type = as<reflect::OptionalDescriptor>(*type).inner;
  schema::Form plain_form = form;
  plain_form.type = type;
  write(out, plain_form);
}

void Schemas::write_problem(JsonText& out) {
  problem_ = true;
  refer(out, std::string(kProblem));
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
      return plain(out, *as<reflect::ConvertedDescriptor>(type).inner, null, rules);
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

void Schemas::reference(JsonText& out, Component component, Null null) {
  const std::string name = remember(component);
  if (null == Null::No) return refer(out, name);
  open(out);
  out.key("anyOf").begin_array();
  refer(out, name);
  out.begin_object().member("type", "null").end_object().end_array().end_object();
}

void Schemas::refer(JsonText& out, const std::string& name) {
  open(out);
  out.member("$ref", "#/components/schemas/" + name).end_object();
}

std::string Schemas::remember(const Component& component) {
  std::string name = component_name(*component.type);
  if (!component.tag.empty()) {
    name.clear();
    for (const char c : std::string(component.tag) + "." + std::string(component.tag_value)) {
      const bool legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                         c == '-' || c == '_';
      name += legal ? c : '_';
    }
  }
  std::vector<Component>& known = components_[name];
  if (std::ranges::find(known, component) == known.end()) {
    known.push_back(component);
    waiting_.emplace_back(name, component);
  }
  return name;
}

std::string Schemas::text_of(const Component& component) {
  JsonText text;
  structure(text, component);
  return std::move(text).take();
}

void Schemas::structure(JsonText& out, const Component& component) {
  if (component.type->kind != Kind::Struct) {  // the form of a converted type
    out.begin_object().key("allOf").begin_array();
    any(out, *component.type, Null::No);
    out.begin_object().member("type", "object").key("properties").begin_object();
    out.key(component.tag).begin_object().member("const", component.tag_value).end_object().end_object();
    out.key("required").begin_array().string(component.tag).end_array().end_object().end_array().end_object();
    return;
  }
  const auto& type = as<reflect::StructDescriptor>(*component.type);
  out.begin_object().member("type", "object");
  if (!type.docs.empty() && !type.docs.back().description.empty()) {
    out.member("description", type.docs.back().description);
  }
  const Specimen specimen(type);
  out.key("properties").begin_object();
  if (!component.tag.empty()) {
    out.key(component.tag).begin_object().member("type", "string").member("const", component.tag_value).end_object();
  }
  for (std::size_t i = 0; i < type.fields.size(); ++i) property(out, type, i, specimen.get());
  out.end_object();
  std::vector<std::string_view> required;
  if (!component.tag.empty()) required.push_back(component.tag);
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    if (!reflect::may_be_absent(type, i)) required.push_back(type.fields[i].name);
  }
  if (!required.empty()) {
    out.key("required").begin_array();
    for (const std::string_view name : required) out.string(name);
    out.end_array();
  }
  if (type.deny_unknown) out.key("additionalProperties").boolean(false);
  out.end_object();
}

void Schemas::property(JsonText& out, const reflect::StructDescriptor& type, std::size_t index, const void* specimen) {
  const reflect::Field& field = type.fields[index];
  const reflect::Doc doc = type.docs.empty() ? reflect::Doc() : type.docs[index];
  const reflect::Descriptor& bare = reflect::plain_type(*field.type);
  std::string initial;
  if (field.type->kind != Kind::Optional && bare.kind != Kind::Struct && reflect::may_be_absent(type, index) &&
      !field.type->secret) {
    const void* addresses[reflect::StructDescriptor::kMaxFields];
    type.addresses(specimen, addresses);
    if (!json::write_value(*field.type, addresses[index], initial)) initial.clear();
  }
  const bool is_text = bare.kind == Kind::String || bare.kind == Kind::Text || bare.kind == Kind::Enum;
  notes_ = Notes{doc.description, doc.example, is_text, std::move(initial)};
  any(out.key(field.name), *field.type, Null::No);
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

Result<void> Schemas::write_components(JsonText& out) {
  std::map<std::string, std::pair<const reflect::Descriptor*, std::string>> texts;
  if (problem_) texts.emplace(kProblem, std::pair(nullptr, std::string(problem_schema())));
  while (!waiting_.empty()) {
    const auto [name, component] = waiting_.back();
    waiting_.pop_back();
    std::string text = text_of(component);
    const auto [known, is_new] = texts.try_emplace(name, component.type, std::move(text));
    if (is_new || known->second.second == text) continue;
    const std::string other =
        known->second.first == nullptr ? "rondeau's own" : std::string(spelled(*known->second.first));
    return Error(Errc::InvalidArgument, "two different structs would be called " + name + " in the document: " + other +
                                            " and " + std::string(spelled(*component.type)) + "; rename one of them");
  }
  out.begin_object();
  for (const auto& [name, text] : texts) out.key(name).nested(text.second);
  out.end_object();
  return {};
}

}  // namespace rondeau::openapi
