#include "openapi/twins.h"

#include <algorithm>
#include <ranges>
#include <string>
#include <vector>

#include <rondeau/text/ascii.h>

namespace rondeau::openapi {
namespace {

using schema::Operation;
using schema::SecurityScheme;

const schema::Parameter* find(const Operation& operation, const schema::Parameter& like) {
  const auto found = std::ranges::find_if(operation.parameters, [&](const schema::Parameter& one) {
    return one.in == like.in &&
           (one.in == schema::In::Header ? text::equals_ignoring_case(one.name, like.name) : one.name == like.name);
  });
  return found == operation.parameters.end() ? nullptr : &*found;
}

bool all_require(std::span<const Operation* const> twins, const schema::Parameter& parameter) {
  return std::ranges::all_of(twins, [&](const Operation* twin) {
    const schema::Parameter* const own = find(*twin, parameter);
    return own != nullptr && own->required;
  });
}
/// What is taken where it is absent is told where that is the same to all who read it.
bool differs_in_default(std::span<const Operation* const> twins, const schema::Parameter& parameter) {
  return std::ranges::any_of(twins, [&](const Operation* twin) {
    const schema::Parameter* const own = find(*twin, parameter);
    return own != nullptr && own->initial != parameter.initial;
  });
}
/// A parameter that two read differently is any text.
bool differs(std::span<const Operation* const> twins, const schema::Parameter& parameter) {
  return std::ranges::any_of(twins, [&](const Operation* twin) {
    const schema::Parameter* const own = find(*twin, parameter);
    return own != nullptr && (own->form.type != parameter.form.type || own->form.format != parameter.form.format);
  });
}

void first_said(std::string& text, const std::string& other) {
  if (text.empty()) text = other;
}

bool same(const std::vector<SecurityScheme>& one, const std::vector<SecurityScheme>& other) {
  return std::ranges::is_permutation(one, other, [](const SecurityScheme& left, const SecurityScheme& right) {
    return left.name == right.name && std::ranges::is_permutation(left.scopes, right.scopes);
  });
}

}  // namespace

Operation merged(std::span<const Operation* const> twins) {
  Operation all = *twins.front();
  all.security.clear();
  all.optional_security = false;
  const std::string own_id = schema::default_operation_id(all.method, all.path);
  for (const Operation* twin : twins.subspan(1)) {
    if (all.id == own_id) all.id = twin->id;  // an operation that was given none has this one
    first_said(all.summary, twin->summary);
    first_said(all.description, twin->description);
    Operation part = *twin;
    part.security.clear();
    all.merge(std::move(part));
  }
  for (schema::Parameter& parameter : all.parameters) {
    parameter.required = parameter.in == schema::In::Path || all_require(twins, parameter);
    if (differs_in_default(twins, parameter)) parameter.initial.clear();
    if (!differs(twins, parameter)) continue;
    parameter.form = schema::Form::text();
    parameter.initial.clear();
  }
  if (all.body) {
    all.body->required =
        std::ranges::all_of(twins, [](const Operation* twin) { return twin->body && twin->body->required; });
  }
  all.deprecated = std::ranges::all_of(twins, &Operation::deprecated);
  // The last of them to go says when all are gone.
  all.sunset.clear();
  const bool all_end = std::ranges::none_of(twins, [](const Operation* twin) { return twin->sunset.empty(); });
  if (all.deprecated && all_end) all.sunset = (*std::ranges::max_element(twins, {}, &Operation::sunset))->sunset;
  return all;
}

std::vector<std::vector<SecurityScheme>> alternatives(std::span<const Operation* const> twins) {
  std::vector<std::vector<SecurityScheme>> sets;
  const auto add = [&sets](const std::vector<SecurityScheme>& set) {
    if (std::ranges::none_of(sets, [&](const auto& known) { return same(known, set); })) sets.push_back(set);
  };
  for (const Operation* twin : twins) {
    if (!twin->security.empty()) add(twin->security);
  }
  if (sets.empty()) return sets;
  const bool open = std::ranges::any_of(
      twins, [](const Operation* twin) { return twin->security.empty() || twin->optional_security; });
  if (open) add({});
  return sets;
}

}  // namespace rondeau::openapi
