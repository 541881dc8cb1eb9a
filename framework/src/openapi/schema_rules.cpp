#include "openapi/schema_rules.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace rondeau::openapi {
namespace {

using reflect::Rule;

/// A number on its way into JSON.
std::string to_text(const reflect::Bound& bound) {
  return (bound.negative && bound.magnitude != 0 ? "-" : "") + std::to_string(bound.magnitude);
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

}  // namespace

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

}  // namespace rondeau::openapi
