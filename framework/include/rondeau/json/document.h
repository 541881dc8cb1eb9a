// Free-form JSON: members of type nlohmann::json, and types that already speak to nlohmann's library.
//
// A struct may have members of type json::Document; include <nlohmann/json.hpp> where you use their contents.
#pragma once

#include <exception>
#include <type_traits>

#include <nlohmann/json_fwd.hpp>

#include <rondeau/base/result.h>
#include <rondeau/reflect/json_for.h>

namespace rondeau::json {

using Document = nlohmann::json;

/// For a type with nlohmann's to_json and from_json: `template <> struct rondeau::JsonFor<T> : json::ByNlohmann<T> {};`
/// Any exception of from_json becomes an error. Needs <nlohmann/json.hpp> in the same source.
template <class T>
struct ByNlohmann {
  using Form = std::conditional_t<true, Document, T>;  // by way of T: complete when it is used
  static Form to_json(const T& value) { return Form(value); }
  static Result<T> from_json(Form form) {
    try {
      return form.template get<T>();
    } catch (const std::exception&) {  // its text may hold the value
      return Error(Errc::InvalidData, "does not have the expected form");
    }
  }
};

}  // namespace rondeau::json
