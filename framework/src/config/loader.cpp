#include <rondeau/config/loader.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <rondeau/json/read.h>
#include <rondeau/json/write.h>
#include <rondeau/reflect/nearest.h>
#include <rondeau/reflect/violations.h>
#include <rondeau/reflect/walk.h>

#include "json/expected.h"

namespace rondeau::config {
namespace {

std::string dotted(std::string_view pointer) {
  std::string key(pointer.substr(pointer.starts_with('/') ? 1 : 0));
  std::replace(key.begin(), key.end(), '/', '.');
  return key;
}

bool suggests(std::string_view mistake) {
  return mistake.find("did you mean") != std::string_view::npos;
}

std::string_view first_segment(std::string_view pointer) {
  if (pointer.starts_with('/')) pointer.remove_prefix(1);
  return pointer.substr(0, pointer.find('/'));
}

}  // namespace

bool Loader::knows(const reflect::Descriptor& type, std::string_view pointer) const {
  for (const reflect::Field& field : reflect::as<reflect::StructDescriptor>(type).fields) {
    if (field.name == first_segment(pointer)) return true;
  }
  return false;
}

void Loader::file(const std::string& path, bool required) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (required || errno != ENOENT) mistakes_.push_back(path + ": cannot be read: " + std::strerror(errno));
    return;
  }
  std::ostringstream bytes;
  bytes << in.rdbuf();
  text(bytes.str(), path);
}

void Loader::text(std::string_view json, const std::string& origin) {
  std::map<std::string, std::string> unknown;  // by pointer, told once whatever the number of parts
  for (const Part& part : parts_) {
    json::ReadOptions options{.comments = json::Comments::Ignored,
                              .absent = json::Absent::Kept,
                              .unknown = json::Unknown::Refused,
                              .on_value = [&](std::string_view pointer) { origins_[dotted(pointer)] = origin; }};
    const auto read = json::read_value(json, *part.type, part.address, options);
    if (read) continue;
    for (const json::ErrorEntry& entry : read.error().entries) {
      // A section of another part is unknown to this one, and only to this one.
      const bool others = entry.code == json::codes::kUnknown && !knows(*part.type, entry.pointer) &&
                          std::any_of(parts_.begin(), parts_.end(), [&](const Part& other) {
                            return other.address != part.address && knows(*other.type, entry.pointer);
                          });
      if (others) continue;
      misread_.insert(dotted(entry.pointer));
      std::string line = origin + (entry.pointer.empty() ? "" : " " + entry.pointer) + ": " + entry.message;
      if (entry.code == json::codes::kUnknown) {
        std::string& told = unknown[entry.pointer];
        if (told.empty() || suggests(line)) told = std::move(line);
      } else if (std::find(mistakes_.begin(), mistakes_.end(), line) == mistakes_.end()) {
        mistakes_.push_back(std::move(line));
      }
    }
  }
  for (auto& [pointer, line] : unknown) mistakes_.push_back(std::move(line));
}

void Loader::environment(std::string_view prefix, const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view variable(*environment);
    const std::size_t equals = variable.find('=');
    if (!variable.starts_with(prefix) || equals == std::string_view::npos) continue;
    const std::string name(variable.substr(0, equals));
    std::string key;
    for (std::size_t i = prefix.size(); i < name.size(); ++i) {
      if (name[i] == '_' && i + 1 < name.size() && name[i + 1] == '_') {
        key += '.';
        ++i;
      } else {
        key += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
      }
    }
    set(key, variable.substr(equals + 1), name);
  }
}

void Loader::set(std::string_view key, std::string_view value, const std::string& origin) {
  std::string unknown = ": unknown key";
  for (const Part& part : parts_) {
    auto found = reflect::find(*part.type, part.address, key);
    if (!found) {
      // "servr.listen: unknown, did you mean server.listen?"
      const std::string_view text = found.error().context();
      if (suggests(text) && !suggests(unknown)) unknown += text.substr(text.find(", did you mean"));
      continue;
    }
    if (auto read = json::read_plain_text(value, *found->type, found->address); !read) {
      const json::ErrorEntry& first = read.error().entries.front();
      const bool no_json = first.code == json::codes::kSyntax;  // nobody meant it to be
      misread_.emplace(key);
      mistakes_.push_back(origin + ": " +
                          (no_json ? json::expected(reflect::plain_type(*found->type)) : first.message));
    } else {
      origins_[std::string(key)] = origin;
    }
    return;
  }
  mistakes_.push_back(origin + unknown);
}

void Loader::require() {
  if (misread_.contains("")) return;  // of a file that is no JSON nobody knows what it gives
  for (const Part& part : parts_) {
    if (part.unset == Unset::Refused) require(*part.type, part.address, "");
  }
}

void Loader::require(const reflect::Descriptor& type, const void* address, const std::string& prefix) {
  if (type.kind == reflect::Kind::Optional) {
    const auto& optional = reflect::as<reflect::OptionalDescriptor>(type);
    if (optional.presence(address) == reflect::Presence::Value) require(*optional.inner, optional.get(address), prefix);
  }
  if (type.kind != reflect::Kind::Struct) return;
  const auto& structure = reflect::as<reflect::StructDescriptor>(type);
  const void* members[reflect::StructDescriptor::kMaxFields];
  structure.addresses(address, members);
  for (std::size_t i = 0; i < structure.fields.size(); ++i) {
    const reflect::Field& field = structure.fields[i];
    const std::string key = prefix + std::string(field.name);
    const reflect::Kind plain = reflect::plain_type(*field.type).kind;
    if (plain == reflect::Kind::Struct) {
      require(*field.type, members[i], key + ".");
    } else if (plain != reflect::Kind::Map && !reflect::may_be_absent(structure, i) && !was_given(key)) {
      mistakes_.push_back(key + ": is required");
    }
  }
}

/// By itself, in a part, or with what it is part of.
bool Loader::was_given(std::string_view key) const {
  const auto has = [&](const auto& keys, std::string_view name) { return keys.find(name) != keys.end(); };
  for (std::string_view name = key;;) {
    if (has(origins_, name) || has(misread_, name)) return true;
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) break;
    name = name.substr(0, dot);
  }
  const std::string below = std::string(key) + ".";
  const auto origin = origins_.lower_bound(below);
  if (origin != origins_.end() && origin->first.starts_with(below)) return true;
  const auto mistake = misread_.lower_bound(below);
  return mistake != misread_.end() && mistake->starts_with(below);
}

void Loader::check() {
  if (!mistakes_.empty()) return;
  for (const Part& part : parts_) {
    for (const reflect::Violation& violation : reflect::find_violations(*part.type, part.address)) {
      const auto origin = origins_.find(dotted(violation.pointer));
      std::string line = origin == origins_.end() ? "the settings" : origin->second;
      if (!violation.pointer.empty()) line.append(" ").append(violation.pointer);
      mistakes_.push_back(line.append(": ").append(violation.message));
    }
  }
}

void Loader::for_each(
    const std::function<void(std::string_view key, std::string_view value, std::string_view origin)>& visit) const {
  for (const Part& part : parts_) {
    reflect::for_each_leaf(
        *part.type, part.address, [&](std::string_view path, const reflect::Descriptor& type, const void* address) {
          std::string value;
          if (type.secret) {
            value = "\"***\"";
          } else if (!json::write_value(type, address, value)) {
            value = "null";
          }
          const auto origin = origins_.find(path);
          visit(path, value, origin == origins_.end() ? std::string_view("default") : std::string_view(origin->second));
        });
  }
}

}  // namespace rondeau::config
