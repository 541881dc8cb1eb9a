// SchemaCheck: JSON against a schema (JSON Schema 2020-12), as far as openapi::write_document() writes them.
#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

namespace rondeau::testing {

/// Thread safety: any thread. Lifetime: the document that was given outlives it.
class SchemaCheck {
 public:
  /// References lead into `document`.
  explicit SchemaCheck(const nlohmann::json& document) noexcept : document_(document) {}

  /// What the value has against the schema, behind the RFC 6901 pointer to where: "/items/3: is null, not a string".
  /// Empty: nothing.
  ///
  /// Formats and encodings are notes for people, as are all keywords that the document's writer does not have.
  std::string objection(const nlohmann::json& schema, const nlohmann::json& value) const;

 private:
  class Walk;

  const nlohmann::json& document_;
};

}  // namespace rondeau::testing
