#include "testing/schema_check.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <rondeau/reflect/pattern.h>

namespace rondeau::testing {

using nlohmann::json;

namespace {

constexpr int kMostDepth = 200;

const json* find(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

/// Exact for all integers that JSON of ours can hold.
long double number(const json& value) {
  if (value.is_number_unsigned()) return static_cast<long double>(value.get<std::uint64_t>());
  if (value.is_number_integer()) return static_cast<long double>(value.get<std::int64_t>());
  return static_cast<long double>(value.get<double>());
}

bool is_whole(const json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

bool has_type(const json& value, std::string_view type) {
  if (type == "integer") return is_whole(value);
  if (type == "number") return value.is_number();
  return type == value.type_name();
}

std::string kind_of(const json& value) {
  return value.is_number() ? (is_whole(value) ? "an integer" : "a number") : std::string(value.type_name());
}

std::string list(const json& values) {
  std::string text;
  for (const json& one : values)
    text += (text.empty() ? "" : ", ") + (one.is_string() ? one.get<std::string>() : one.dump());
  return text;
}

std::size_t count_characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

}  // namespace

/// Goes down both at once, and stops at the first objection.
class SchemaCheck::Walk {
 public:
  explicit Walk(const json& document) noexcept : document_(document) {}

  /// True: it fits.
  bool fits(const json& schema, const json& value) {
    if (schema.is_boolean()) return schema.get<bool>() || object("may not be there");
    if (!schema.is_object()) return object("has a schema that is none");
    if (depth_ == kMostDepth) return object("lies too deep");
    ++depth_;
    const bool good = reference(schema, value) && type(schema, value) && values(schema, value) &&
                      alternatives(schema, value) && bounds(schema, value) && items(schema, value) &&
                      members(schema, value);
    --depth_;
    return good;
  }
  std::string take_objection() { return std::move(objection_); }

 private:
  bool object(const std::string& text) {
    objection_ = (pointer_.empty() ? "the body" : pointer_) + ": " + text;
    return false;
  }
  bool below(std::string_view name, const json& schema, const json& value) {
    const std::size_t before = pointer_.size();
    pointer_ += "/" + escaped(name);
    const bool good = fits(schema, value);
    pointer_.resize(before);
    return good;
  }

  bool reference(const json& schema, const json& value) {
    const json* const to = find(schema, "$ref");
    if (to == nullptr) return true;
    const std::string text = to->is_string() ? to->get<std::string>() : std::string();
    if (!text.starts_with("#/")) return object("has a schema with a reference that leads nowhere");
    const json::json_pointer place(text.substr(1));
    if (!document_.contains(place)) return object("has a schema with a reference that leads nowhere: " + text);
    return fits(document_.at(place), value);
  }

  bool type(const json& schema, const json& value) {
    const json* const wanted = find(schema, "type");
    if (wanted == nullptr) return true;
    const json all = wanted->is_array() ? *wanted : json::array({*wanted});
    for (const json& one : all) {
      if (one.is_string() && has_type(value, one.get_ref<const std::string&>())) return true;
    }
    return object("is " + kind_of(value) + ", not " + list(all));
  }

  bool values(const json& schema, const json& value) {
    if (const json* const only = find(schema, "const"); only != nullptr && *only != value) {
      return object("is not " + only->dump());
    }
    const json* const all = find(schema, "enum");
    if (all == nullptr || std::ranges::find(*all, value) != all->end()) return true;
    return object("is none of " + list(*all));
  }

  bool alternatives(const json& schema, const json& value) {
    if (const json* const all = find(schema, "allOf")) {
      for (const json& one : *all) {
        if (!fits(one, value)) return false;
      }
    }
    if (const json* const any = find(schema, "anyOf"); any != nullptr && count_fitting(*any, value) == 0) {
      return any->size() == 1 ? fits((*any)[0], value) : object(none_of(*any, value));
    }
    const json* const one = find(schema, "oneOf");
    if (one == nullptr) return true;
    if (const json* const tagged = by_tag(schema, value)) return fits(*tagged, value);
    const std::size_t count = count_fitting(*one, value);
    if (count > 1) return object("fits several forms of which one is meant");
    return count == 1 || object(none_of(*one, value));
  }
  std::size_t count_fitting(const json& schemas, const json& value) {
    std::size_t count = 0;
    for (const json& one : schemas) count += fits(one, value) ? 1 : 0;
    return count;
  }
  /// With what each has against it.
  std::string none_of(const json& schemas, const json& value) {
    std::string text = "fits none of its forms";
    for (const json& one : schemas) {
      if (!fits(one, value)) text += "; " + take_objection();
    }
    return text;
  }
  /// The alternative that the discriminator names; null: there is none.
  const json* by_tag(const json& schema, const json& value) const {
    const json* const discriminator = find(schema, "discriminator");
    if (discriminator == nullptr) return nullptr;
    const json* const tag = find(*discriminator, "propertyName");
    const json* const mapping = find(*discriminator, "mapping");
    if (tag == nullptr || mapping == nullptr || !tag->is_string()) return nullptr;
    const json* const named = find(value, tag->get_ref<const std::string&>().c_str());
    if (named == nullptr || !named->is_string()) return nullptr;
    const json* const to = find(*mapping, named->get_ref<const std::string&>().c_str());
    if (to == nullptr) return nullptr;
    for (const json& one : *find(schema, "oneOf")) {
      if (const json* const reference = find(one, "$ref"); reference != nullptr && *reference == *to) return &one;
    }
    return nullptr;
  }

  bool bounds(const json& schema, const json& value) {
    if (value.is_number()) return number_bounds(schema, value);
    if (!value.is_string()) return true;
    const std::string& text = value.get_ref<const std::string&>();
    if (!count_bounds(schema, "minLength", "maxLength", count_characters(text), "characters")) return false;
    const json* const pattern = find(schema, "pattern");
    if (pattern == nullptr || reflect::Pattern(pattern->get_ref<const std::string&>()).matches(text)) return true;
    return object("does not match " + pattern->get<std::string>());
  }
  bool number_bounds(const json& schema, const json& value) {
    const json* const least = find(schema, "minimum");
    if (least != nullptr && number(value) < number(*least)) return object("is below " + least->dump());
    const json* const most = find(schema, "maximum");
    if (most != nullptr && number(value) > number(*most)) return object("is above " + most->dump());
    const json* const step = find(schema, "multipleOf");
    if (step == nullptr || std::fmod(number(value), number(*step)) == 0) return true;
    return object("is no multiple of " + step->dump());
  }
  bool count_bounds(const json& schema, const char* least_name, const char* most_name, std::size_t count,
                    std::string_view of_what) {
    const json* const least = find(schema, least_name);
    if (least != nullptr && count < least->get<std::size_t>()) {
      return object("has fewer than " + least->dump() + " " + std::string(of_what));
    }
    const json* const most = find(schema, most_name);
    if (most == nullptr || count <= most->get<std::size_t>()) return true;
    return object("has more than " + most->dump() + " " + std::string(of_what));
  }

  bool items(const json& schema, const json& value) {
    if (!value.is_array()) return true;
    if (!count_bounds(schema, "minItems", "maxItems", value.size(), "items")) return false;
    const json* const first = find(schema, "prefixItems");
    const json* const rest = find(schema, "items");
    for (std::size_t i = 0; i < value.size(); ++i) {
      const json* const one = first != nullptr && i < first->size() ? &(*first)[i] : rest;
      if (one != nullptr && !below(std::to_string(i), *one, value[i])) return false;
    }
    const json* const unique = find(schema, "uniqueItems");
    if (unique == nullptr || *unique != true) return true;
    return std::set<json>(value.begin(), value.end()).size() == value.size() || object("has the same item twice");
  }

  bool members(const json& schema, const json& value) {
    if (!value.is_object()) return true;
    if (const json* const required = find(schema, "required")) {
      for (const json& name : *required) {
        if (!value.contains(name.get_ref<const std::string&>())) return object("has no " + name.dump());
      }
    }
    const json* const known = find(schema, "properties");
    const json* const others = find(schema, "additionalProperties");
    const json* const names = find(schema, "propertyNames");
    for (const auto& [name, member] : value.items()) {
      if (names != nullptr && !below(name, *names, json(name))) return false;
      const json* const one = known != nullptr && known->contains(name) ? &(*known)[name] : others;
      if (one != nullptr && !below(name, *one, member)) return false;
    }
    return true;
  }

  const json& document_;
  std::string pointer_;
  std::string objection_;
  int depth_ = 0;
};

std::string SchemaCheck::objection(const json& schema, const json& value) const {
  Walk walk(document_);
  return walk.fits(schema, value) ? std::string() : walk.take_objection();
}

}  // namespace rondeau::testing
