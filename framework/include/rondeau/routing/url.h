// url: the path of a route from its parameters.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include <rondeau/reflect/fixed_string.h>
#include <rondeau/routing/pattern.h>

namespace rondeau::routing {

/// Puts values into a well-formed pattern, in its order, percent-encoded; a `{*rest}` keeps its slashes.
std::string fill_pattern(std::string_view pattern, std::initializer_list<std::string> values);

template <class T>
std::string url_text(const T& value) {
  static_assert(
      std::is_convertible_v<const T&, std::string_view> || (std::is_arithmetic_v<T> && !std::is_floating_point_v<T>) ||
          requires { value.to_string(); },
      "rondeau: a value for a path is text, a whole number, a bool, or has to_string()");
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(value);
  } else {
    return value.to_string();
  }
}

constexpr std::size_t count_parameters(std::string_view pattern) noexcept {
  std::size_t count = 0;
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(pattern, segment, error)) count += segment.kind == PatternSegment::Kind::Static ? 0 : 1;
  return count;
}

/// `url_for<"/u/{id}">(7)` is "/u/7". How many values there are, and of which kinds, is checked by the compiler.
template <reflect::FixedString Pattern, class... T>
std::string url_for(const T&... values) {
  if constexpr (explain_pattern<check_pattern(Pattern)>()) {
    static_assert(count_parameters(Pattern) == sizeof...(T),
                  "rondeau: url_for<pattern>() takes one value for each parameter of the pattern");
    return fill_pattern(Pattern, {url_text(values)...});
  } else {
    return {};
  }
}

}  // namespace rondeau::routing

namespace rondeau {
using routing::url_for;
}  // namespace rondeau
