// Structs as components: each has a name, is written once and referred to.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/reflect/walk.h>

#include "openapi/problem_schema.h"
#include "openapi/schemas.h"
#include "schema/initial_values.h"

namespace rondeau::openapi {

using reflect::as;
using reflect::Kind;

namespace {

constexpr std::string_view kProblem = "Problem";

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

}  // namespace

void Schemas::write_problem(JsonText& out) {
  problem_ = true;
  refer(out, std::string(kProblem));
}

void Schemas::reference(JsonText& out, Component component, Null null) {
  component.way = ways_.look(*component.type, way_);
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
  if (component.way == Way::Out && ways_.is_split(*component.type)) name += "-Output";
  std::vector<Component>& known = components_[name];
  if (std::ranges::find(known, component) == known.end()) {
    known.push_back(component);
    waiting_.emplace_back(name, component);
  }
  return name;
}

std::string Schemas::text_of(const Component& component) {
  JsonText text;
  way_ = component.way;
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
  const std::vector<std::string> initial = schema::initial_values(type);
  out.key("properties").begin_object();
  if (!component.tag.empty()) {
    out.key(component.tag).begin_object().member("type", "string").member("const", component.tag_value).end_object();
  }
  for (std::size_t i = 0; i < type.fields.size(); ++i) property(out, type, i, initial[i]);
  out.end_object();
  std::vector<std::string_view> required;
  if (!component.tag.empty()) required.push_back(component.tag);
  for (std::size_t i = 0; i < type.fields.size(); ++i) {
    if (is_required(type, i, component.way)) required.push_back(type.fields[i].name);
  }
  if (!required.empty()) {
    out.key("required").begin_array();
    for (const std::string_view name : required) out.string(name);
    out.end_array();
  }
  if (type.deny_unknown) out.key("additionalProperties").boolean(false);
  out.end_object();
}

void Schemas::property(JsonText& out, const reflect::StructDescriptor& type, std::size_t index,
                       const std::string& initial) {
  const reflect::Field& field = type.fields[index];
  const reflect::Doc doc = type.docs.empty() ? reflect::Doc() : type.docs[index];
  const reflect::Descriptor& bare = reflect::plain_type(*field.type);
  const bool is_text = bare.kind == Kind::String || bare.kind == Kind::Text || bare.kind == Kind::Enum;
  notes_ = Notes{doc.description, doc.example, is_text, initial};
  any(out.key(field.name), *field.type, Null::No);
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
