// UrlPattern: "https://api/users/{}" and what stands for the braces.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include <rondeau/base/result.h>
#include <rondeau/routing/url.h>

namespace rondeau::client {

/// How many `{}` there are; npos where one stands before the path, or another brace anywhere.
constexpr std::size_t count_braces(std::string_view pattern) noexcept {
  const std::size_t scheme = pattern.find("://");
  const std::size_t path = scheme == std::string_view::npos ? 0 : pattern.find_first_of("/?", scheme + 3);
  std::size_t count = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{' && pattern[i] != '}') continue;
    if (pattern.substr(i, 2) != "{}" || i < path) return std::string_view::npos;
    ++count;
    ++i;
  }
  return count;
}

/// Puts values for the braces, percent-encoded so that each stays what it is: part of one segment of the path, or of
/// one name or value of the query.
///
/// Errors: InvalidArgument where the values are not as many as the braces, and where one would make its segment `.`,
/// `..` or empty: that is another place of the server.
Result<std::string> fill_url(std::string_view pattern, std::initializer_list<std::string> values);

/// A literal that was checked against the types of its values by the compiler. Each is text, a whole number, a bool, or
/// has to_string().
template <class... T>
struct UrlPatternOf {
  template <std::size_t N>
  consteval UrlPatternOf(const char (&literal)[N]) : text(literal, N - 1) {  // NOLINT(google-explicit-constructor)
    if (count_braces(text) != sizeof...(T)) wants_one_value_for_each_pair_of_braces_behind_the_host();
  }
  /// What is no literal, which the compiler cannot look at.
  template <class U>
    requires(std::is_convertible_v<const U&, std::string_view> && !std::is_array_v<U>)
  UrlPatternOf(const U&) {  // NOLINT(google-explicit-constructor)
    static_assert(kNever<U>,
                  "rondeau: a URL with {} in it has to be a literal: client.get(\"https://api/users/{}\", id); what comes from "
                  "settings goes into ClientOptions::base_url");
  }
  std::string_view text;

 private:
  template <class>
  static constexpr bool kNever = false;
  static void wants_one_value_for_each_pair_of_braces_behind_the_host() {}  // not consteval: calling it is the error
};
template <class... T>
using UrlPattern = UrlPatternOf<std::type_identity_t<T>...>;

/// `fill("https://api/users/{}/keys?sort={}", id, "newest")`
template <class... T>
  requires(sizeof...(T) > 0) Result<std::string> fill(UrlPattern<T...> pattern, const T&... values) {
  return fill_url(pattern.text, {routing::url_text(values)...});
}

}  // namespace rondeau::client
