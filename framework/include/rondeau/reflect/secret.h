// Secret<std::string> as a member: read from JSON, settings and forms like text, written as "***".
#pragma once

#include <string>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/reflect/json_for.h>

namespace rondeau {

/// What was read passes through buffers of others, which do not wipe it.
template <>
struct JsonFor<Secret<std::string>> {
  using Form = std::string;
  static constexpr bool secret = true;
  static Form to_json(const Secret<std::string>&) { return "***"; }
  static Result<Secret<std::string>> from_json(Form form) { return Secret(std::move(form)); }
};

}  // namespace rondeau
