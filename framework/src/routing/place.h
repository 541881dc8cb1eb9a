// How people are told of places in the source and of methods.
#pragma once

#include <optional>
#include <source_location>
#include <string>

#include <rondeau/http/method.h>

namespace rondeau::routing {

inline std::string place(const std::source_location& where) {
  if (where.line() == 0) return "a nested router";
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

/// "*" for any.
inline std::string name_of(const std::optional<http::Method>& method) {
  return method ? std::string(to_string(*method)) : "*";
}

}  // namespace rondeau::routing
