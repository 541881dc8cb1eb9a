// A string literal as a template argument: Path<"org", int>, Tagged<"kind", A, B>, Matches<"[a-z]+">.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace rondeau::reflect {

/// A literal of `N - 1` characters that can be a template argument; `N` counts the terminating zero.
///
/// Two equal literals are one template argument: `Path<"id", int>` is the same type wherever it is written.
template <std::size_t N>
struct FixedString {
  char text[N] = {};

  // NOLINTNEXTLINE(google-explicit-constructor): a literal is what one writes
  consteval FixedString(const char (&literal)[N]) { std::copy_n(literal, N, text); }

  static constexpr std::size_t size() { return N - 1; }
  static constexpr bool empty() { return N == 1; }
  constexpr std::string_view view() const { return {text, N - 1}; }
  constexpr operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

  template <std::size_t M>
  constexpr bool operator==(const FixedString<M>& other) const {
    return view() == other.view();
  }
};

template <std::size_t N>
FixedString(const char (&)[N]) -> FixedString<N>;

}  // namespace rondeau::reflect
