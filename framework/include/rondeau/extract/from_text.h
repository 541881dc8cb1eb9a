// From text to values: how a path segment, a query value or a field becomes an int, an enum, a type of yours.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include <rondeau/reflect/describe.h>
#include <rondeau/text/uuid.h>

namespace rondeau {

/// Specialise to read T from text:
///
///     template <> struct rondeau::FromText<Colour> {
///       static bool from_text(std::string_view text, Colour& value, std::string& why);
///     };
///
/// `text` is decoded and valid UTF-8. False fills `why`, which goes to the client: "must be a colour".
template <class T>
struct FromText {
  using NotSpecialised = void;
};

template <>
struct FromText<text::Uuid> {
  static bool from_text(std::string_view text, text::Uuid& value, std::string& why);
};

}  // namespace rondeau

namespace rondeau::extract {

/// Reads a bool (true, false), a number, a string, an enumerator by name, a duration, a time point, or a value with
/// rules. False fills `why`: "must be a number from 0 to 255".
bool read_text(const reflect::Descriptor& type, void* value, std::string_view text, std::string& why);

template <class T>
bool from_text(std::string_view text, T& value, std::string& why) {
  if constexpr (requires { typename FromText<T>::NotSpecialised; }) {
    return read_text(reflect::describe<T>(), &value, text, why);
  } else {
    return FromText<T>::from_text(text, value, why);
  }
}

}  // namespace rondeau::extract
