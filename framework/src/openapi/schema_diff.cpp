#include "openapi/schema_diff.h"

#include <algorithm>
#include <initializer_list>
#include <map>

namespace rondeau::openapi {

using nlohmann::json;

namespace {

const json kNothing = json::object();

const json& member(const json& object, const char* name) {
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

/// "type" as a set, without "null"; empty: any.
std::set<std::string> types_of(const json& schema) {
  std::set<std::string> all;
  const json& type = member(schema, "type");
  if (type.is_string()) all.insert(type.get<std::string>());
  if (type.is_array()) {
    for (const json& one : type) {
      if (one.is_string()) all.insert(one.get<std::string>());
    }
  }
  all.erase("null");
  return all;
}

bool is_null_type(const json& schema) {
  return member(schema, "type") == "null";
}

/// {"anyOf": [X, {"type": "null"}]} → X.
const json& without_null(const json& schema) {
  for (const char* keyword : {"anyOf", "oneOf"}) {
    const json& all = member(schema, keyword);
    if (!all.is_array() || all.size() != 2) continue;
    if (is_null_type(all[1])) return all[0];
    if (is_null_type(all[0])) return all[1];
  }
  return schema;
}

bool takes_null(const json& schema) {
  const json& type = member(schema, "type");
  if (type == "null") return true;
  if (type.is_array() && std::ranges::find(type, json("null")) != type.end()) return true;
  for (const char* keyword : {"anyOf", "oneOf"}) {
    const json& all = member(schema, keyword);
    if (all.is_array() && std::ranges::any_of(all, is_null_type)) return true;
  }
  return false;
}

std::set<std::string> names_in(const json& array) {
  std::set<std::string> all;
  if (!array.is_array()) return all;
  for (const json& one : array) all.insert(one.is_string() ? one.get<std::string>() : one.dump());
  return all;
}

std::string list(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "any" : text;
}

/// The alternatives by what tells them apart: the tag's value, else what they are.
std::map<std::string, const json*> alternatives_of(const json& schema) {
  std::map<std::string, const json*> all;
  for (const char* keyword : {"oneOf", "anyOf"}) {
    const json& array = member(schema, keyword);
    if (!array.is_array()) continue;
    for (const json& one : array) {
      if (is_null_type(one)) continue;
      const json& reference = member(one, "$ref");
      all.emplace(reference.is_string() ? reference.get<std::string>() : list(types_of(one)), &one);
    }
  }
  return all;
}

}  // namespace

std::string step(std::string_view name) {
  std::string text = "/";
  for (const char c : name) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

const json& SchemaDiff::resolve(const json& schema, const json& document) {
  const json* at = &schema;
  for (int hops = 0; hops < 32; ++hops) {
    const json& reference = member(*at, "$ref");
    if (!reference.is_string()) return *at;
    const std::string text = reference.get<std::string>();
    if (!text.starts_with("#/")) return kNothing;
    try {
      const json::json_pointer pointer(text.substr(1));
      if (!document.contains(pointer)) return kNothing;
      at = &document.at(pointer);
    } catch (const json::exception&) {
      return kNothing;
    }
  }
  return kNothing;
}

void SchemaDiff::compare(const json& older, const json& newer, Flow flow, const std::string& pointer) {
  const json& old_whole = resolve_older(older);
  const json& new_whole = resolve_newer(newer);
  if (!open_.emplace(&old_whole, &new_whole).second) return;
  if (takes_null(old_whole) != takes_null(new_whole)) {
    if (takes_null(old_whole)) {
      narrowed(flow, pointer, "may no longer be null");
    } else {
      widened(flow, pointer, "may now be null");
    }
  }
  const Pair at{&resolve_older(without_null(old_whole)), &resolve_newer(without_null(new_whole))};
  types(at, flow, pointer);
  enumerators(at, flow, pointer);
  bounds(at, flow, pointer);
  members(at, flow, pointer);
  alternatives(at, flow, pointer);
  for (const char* keyword : {"items", "additionalProperties", "propertyNames"}) {
    const json& old_part = member(*at.older, keyword);
    const json& new_part = member(*at.newer, keyword);
    if (old_part.is_object() && new_part.is_object() && !(old_part.empty() && new_part.empty())) {
      compare(old_part, new_part, flow, pointer + step(keyword));
    }
  }
  const json& old_items = member(*at.older, "prefixItems");
  const json& new_items = member(*at.newer, "prefixItems");
  if (old_items.is_array() && new_items.is_array()) {
    for (std::size_t i = 0; i < std::min(old_items.size(), new_items.size()); ++i) {
      compare(old_items[i], new_items[i], flow, pointer + "/prefixItems/" + std::to_string(i));
    }
  }
  open_.erase({&old_whole, &new_whole});
}

void SchemaDiff::types(Pair at, Flow flow, const std::string& pointer) {
  const std::set<std::string> old_types = types_of(*at.older);
  const std::set<std::string> new_types = types_of(*at.newer);
  if (old_types == new_types) {
    const json& old_format = member(*at.older, "format");
    const json& new_format = member(*at.newer, "format");
    if (old_format == new_format) return;
    const auto shown = [](const json& format) { return format.is_string() ? format.get<std::string>() : "none"; };
    const std::string text = "the format was " + shown(old_format) + " and is " + shown(new_format);
    const auto is = [](const json& format, const char* name) { return format.is_string() && format == name; };
    const bool wider = !new_format.is_string() || (is(old_format, "int32") && is(new_format, "int64")) ||
                       (is(old_format, "float") && is(new_format, "double"));
    const bool narrower = !old_format.is_string() || (is(old_format, "int64") && is(new_format, "int32")) ||
                          (is(old_format, "double") && is(new_format, "float"));
    if (wider) return widened(flow, pointer, text);
    if (narrower) return narrowed(flow, pointer, text);
    changes_.push_back({true, pointer, text});
    return;
  }
  const std::string text = "the type was " + list(old_types) + " and is " + list(new_types);
  const auto holds = [](const std::set<std::string>& outer, const std::set<std::string>& inner) {
    if (outer.empty()) return true;
    return !inner.empty() && std::ranges::all_of(inner, [&](const std::string& type) {
      return outer.contains(type) || (type == "integer" && outer.contains("number"));
    });
  };
  // A set of alternatives has no type of its own.
  const bool chooses = !alternatives_of(*at.older).empty() || !alternatives_of(*at.newer).empty();
  if (!chooses && holds(new_types, old_types)) return widened(flow, pointer, text);
  if (!chooses && holds(old_types, new_types)) return narrowed(flow, pointer, text);
  changes_.push_back({true, pointer, text});
}

void SchemaDiff::enumerators(Pair at, Flow flow, const std::string& pointer) {
  const auto values = [](const json& schema) {
    std::set<std::string> all = names_in(member(schema, "enum"));
    if (schema.is_object() && schema.contains("const")) all.merge(names_in(json::array({schema["const"]})));
    all.erase("null");
    return all;
  };
  const std::set<std::string> old_values = values(*at.older);
  const std::set<std::string> new_values = values(*at.newer);
  if (old_values.empty() != new_values.empty()) {
    if (old_values.empty()) {
      narrowed(flow, pointer, "only these values are left: " + list(new_values));
    } else {
      widened(flow, pointer, "values beside " + list(old_values) + " are possible now");
    }
    return;
  }
  for (const std::string& value : old_values) {
    if (!new_values.contains(value)) narrowed(flow, pointer + "/enum", "the value " + value + " is gone");
  }
  for (const std::string& value : new_values) {
    if (!old_values.contains(value)) widened(flow, pointer + "/enum", "the value " + value + " is new");
  }
}

void SchemaDiff::bounds(Pair at, Flow flow, const std::string& pointer) {
  for (const char* keyword : {"minimum", "minLength", "minItems"}) bound(at, flow, pointer, keyword, true);
  for (const char* keyword : {"maximum", "maxLength", "maxItems"}) bound(at, flow, pointer, keyword, false);
  for (const char* keyword : {"pattern", "multipleOf", "uniqueItems"}) {
    const json& before = member(*at.older, keyword);
    const json& after = member(*at.newer, keyword);
    if (before == after) continue;
    if (before.is_object()) {
      narrowed(flow, pointer + step(keyword), std::string(keyword) + " is new: " + after.dump());
    } else if (after.is_object()) {
      widened(flow, pointer + step(keyword), std::string(keyword) + " is gone");
    } else {
      changes_.push_back(
          {true, pointer + step(keyword), std::string(keyword) + " was " + before.dump() + " and is " + after.dump()});
    }
  }
  const json& before = member(*at.older, "additionalProperties");
  const json& after = member(*at.newer, "additionalProperties");
  if ((before == false) != (after == false)) {
    if (after == false) {
      narrowed(flow, pointer, "unknown members are refused now");
    } else {
      widened(flow, pointer, "unknown members are possible now");
    }
  }
}

void SchemaDiff::bound(Pair at, Flow flow, const std::string& pointer, const char* keyword, bool lower) {
  const json& before = member(*at.older, keyword);
  const json& after = member(*at.newer, keyword);
  if (before == after) return;
  const std::string where = pointer + step(keyword);
  if (!before.is_number()) return narrowed(flow, where, std::string(keyword) + " is new: " + after.dump());
  if (!after.is_number()) return widened(flow, where, std::string(keyword) + " is gone");
  const std::string text = std::string(keyword) + " was " + before.dump() + " and is " + after.dump();
  if ((after > before) == lower) return narrowed(flow, where, text);
  widened(flow, where, text);
}

void SchemaDiff::members(Pair at, Flow flow, const std::string& pointer) {
  const json& old_all = member(*at.older, "properties");
  const json& new_all = member(*at.newer, "properties");
  const std::set<std::string> old_required = names_in(member(*at.older, "required"));
  const std::set<std::string> new_required = names_in(member(*at.newer, "required"));
  for (const auto& [name, old_member] : old_all.items()) {
    const std::string where = pointer + "/properties" + step(name);
    if (!new_all.contains(name)) {
      // Whoever sends it still may, unless unknown members are refused.
      const bool breaks = flow == Flow::Response || member(*at.newer, "additionalProperties") == false;
      changes_.push_back({breaks, where, "the member is gone"});
      continue;
    }
    compare(old_member, new_all[name], flow, where);
    if (old_required.contains(name) == new_required.contains(name)) continue;
    if (old_required.contains(name)) {
      widened(flow, where, "may now be absent");
    } else {
      narrowed(flow, where, "is required now");
    }
  }
  for (const auto& [name, new_member] : new_all.items()) {
    if (old_all.contains(name)) continue;
    const bool breaks = flow == Flow::Request && new_required.contains(name);
    changes_.push_back({breaks, pointer + "/properties" + step(name),
                        new_required.contains(name) ? "the member is new, and required" : "the member is new"});
  }
}

void SchemaDiff::alternatives(Pair at, Flow flow, const std::string& pointer) {
  const auto old_all = alternatives_of(*at.older);
  const auto new_all = alternatives_of(*at.newer);
  if (old_all.empty() || new_all.empty()) return;  // types() has told
  for (const auto& [name, schema] : old_all) {
    const auto same = new_all.find(name);
    if (same == new_all.end()) {
      narrowed(flow, pointer, "the alternative " + name + " is gone");
    } else {
      compare(*schema, *same->second, flow, pointer + step(name));
    }
  }
  for (const auto& [name, schema] : new_all) {
    if (!old_all.contains(name)) widened(flow, pointer, "the alternative " + name + " is new");
  }
}

}  // namespace rondeau::openapi
