// SchemaDiff: what changed between two schemas, for those who send such values or for those who get them.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <rondeau/openapi/diff.h>

namespace rondeau::openapi {

/// Who makes the values: what is narrowed breaks those who send, what is widened those who read.
enum class Flow { Request, Response };

/// A place in the older and in the newer document.
struct Pair {
  const nlohmann::json* older = nullptr;
  const nlohmann::json* newer = nullptr;
};

class SchemaDiff {
 public:
  SchemaDiff(const nlohmann::json& older, const nlohmann::json& newer, std::vector<Change>& changes)
      : older_(older), newer_(newer), changes_(changes) {}

  void compare(const nlohmann::json& older, const nlohmann::json& newer, Flow flow, const std::string& pointer);

  /// Follows a reference; what leads nowhere, or in a circle, is anything.
  const nlohmann::json& resolve_older(const nlohmann::json& schema) const { return resolve(schema, older_); }
  const nlohmann::json& resolve_newer(const nlohmann::json& schema) const { return resolve(schema, newer_); }

 private:
  static const nlohmann::json& resolve(const nlohmann::json& schema, const nlohmann::json& document);

  void types(Pair at, Flow flow, const std::string& pointer);
  void enumerators(Pair at, Flow flow, const std::string& pointer);
  void bounds(Pair at, Flow flow, const std::string& pointer);
  void bound(Pair at, Flow flow, const std::string& pointer, const char* keyword, bool lower);
  void members(Pair at, Flow flow, const std::string& pointer);
  void alternatives(Pair at, Flow flow, const std::string& pointer);

  /// The set of values became smaller or larger.
  void narrowed(Flow flow, std::string pointer, std::string text) {
    changes_.push_back({flow == Flow::Request, std::move(pointer), std::move(text)});
  }
  void widened(Flow flow, std::string pointer, std::string text) {
    changes_.push_back({flow == Flow::Response, std::move(pointer), std::move(text)});
  }

  const nlohmann::json& older_;
  const nlohmann::json& newer_;
  std::vector<Change>& changes_;
  std::set<std::pair<const nlohmann::json*, const nlohmann::json*>> open_;  // recursion ends at a pair that is open
};

/// `name` as a step of an RFC 6901 pointer: "/a~1b".
std::string step(std::string_view name);

}  // namespace rondeau::openapi
