// From text to values: how a path segment, a query value or a field becomes an int, an enum, a type of yours.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include <rondeau/reflect/describe.h>
#include <rondeau/schema/operation.h>

namespace rondeau {

/// Specialise to read T from text:
///
///     template <> struct rondeau::FromText<Colour> {
///       static bool from_text(std::string_view text, Colour& value, std::string& why);
///     };
///
/// `text` is decoded and valid UTF-8. False fills `why`, which goes to the client: "must be a colour". Documents show
/// a text, of the JSON Schema format `static constexpr std::string_view format` where that is there.
template <class T>
struct FromText {
  using NotSpecialised = void;
};

}  // namespace rondeau

namespace rondeau::extract {

/// Why a text is no T.
struct Unfit {
  std::string why;                 ///< for people: "must be a number from 0 to 255"
  std::string_view code = "type";  ///< for programs: one of json::codes, as for the same T in a body
};

/// Reads a bool (true, false), a number, a string, an enumerator by name, a duration, a time point, a UUID, or a value
/// with rules. False fills `unfit`.
bool read_text(const reflect::Descriptor& type, void* value, std::string_view text, Unfit& unfit);

template <class T>
bool from_text(std::string_view text, T& value, Unfit& unfit) {
  if constexpr (requires { typename FromText<T>::NotSpecialised; }) {
    return read_text(reflect::describe<T>(), &value, text, unfit);
  } else {
    return FromText<T>::from_text(text, value, unfit.why);
  }
}

/// Whether pairs of names and texts can fill a T: a value that has a text, or a list of such values.
template <class T, bool IsElement = false>
consteval bool fits_pairs() {
  using reflect::Kind;
  constexpr Kind kind = reflect::kind_of<T>();
  if constexpr (kind == Kind::Converted) {
    return fits_pairs<typename JsonFor<T>::Form, true>();
  } else if constexpr (kind == Kind::Sequence) {
    return !IsElement && fits_pairs<typename T::value_type, true>();
  } else if constexpr (kind == Kind::Optional || kind == Kind::Checked) {
    return fits_pairs<reflect::InnerOf<T>, IsElement>();
  } else {
    return kind != Kind::Null && kind <= Kind::Enum;
  }
}
template <class... M>
consteval bool all_fit_pairs(std::type_identity<reflect::Members<M...>>) {
  return (fits_pairs<M>() && ...);
}
/// So that the compiler names T when it is not so. What is no struct has no members.
template <class T>
inline constexpr bool members_fit_pairs = true;
template <class T>
  requires(reflect::kind_of<T>() == reflect::Kind::Struct)
inline constexpr bool members_fit_pairs<T> = all_fit_pairs(std::type_identity<reflect::MembersOf<T>>());

/// What documents show of a T that is read from text.
template <class T>
constexpr schema::Form text_form() {
  if constexpr (requires { typename FromText<T>::NotSpecialised; }) {
    return reflect::describe<T>();
  } else if constexpr (requires { FromText<T>::format; }) {
    return schema::Form::text(FromText<T>::format);
  } else {
    return {};
  }
}

}  // namespace rondeau::extract
