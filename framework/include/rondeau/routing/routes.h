// routes<…>: a list of routes whose conflicts the compiler finds.
//
//     routes<route::Get<"/users/{id}", show>, route::Post<"/users", create>>(router);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>

#include <rondeau/routing/router.h>

namespace rondeau::routing {

/// A route as a type: nullopt stands for any().
template <FixedString Pattern, auto Handler, auto Method>
struct ListedRoute {
  static constexpr std::string_view pattern = Pattern;
  static constexpr std::optional<http::Method> method = Method;

  template <class App>
  static void add_to(Router<App>& router, std::source_location where) {
    if constexpr (std::optional<http::Method>(Method).has_value()) {
      router.template on<Method, Pattern>(Handler, where);
    } else {
      router.template any<Pattern>(Handler, where);
    }
  }
};

namespace route {

template <FixedString Pattern, auto Handler>
using Get = ListedRoute<Pattern, Handler, http::Method::Get>;
template <FixedString Pattern, auto Handler>
using Post = ListedRoute<Pattern, Handler, http::Method::Post>;
template <FixedString Pattern, auto Handler>
using Put = ListedRoute<Pattern, Handler, http::Method::Put>;
template <FixedString Pattern, auto Handler>
using Patch = ListedRoute<Pattern, Handler, http::Method::Patch>;
template <FixedString Pattern, auto Handler>
using Del = ListedRoute<Pattern, Handler, http::Method::Delete>;
template <http::Method Method, FixedString Pattern, auto Handler>
using On = ListedRoute<Pattern, Handler, Method>;

}  // namespace route

enum class ListFault : std::uint8_t { None, SameRoute, OtherNames };

/// Whether two well-formed patterns match the same paths; `same_names` tells whether their parameters are called alike.
constexpr bool match_same_paths(std::string_view left, std::string_view right, bool& same_names) noexcept {
  PatternSegment a;
  PatternSegment b;
  PatternError error = PatternError::None;
  same_names = true;
  while (true) {
    const bool more = next_segment(left, a, error);
    if (next_segment(right, b, error) != more) return false;
    if (!more) return true;
    if (a.kind != b.kind || a.prefix != b.prefix || a.suffix != b.suffix) return false;
    same_names = same_names && a.name == b.name;
  }
}

template <class... R>
consteval ListFault fault_of_list() {
  const std::string_view patterns[] = {R::pattern..., ""};
  const std::optional<http::Method> methods[] = {R::method..., std::nullopt};
  for (std::size_t i = 0; i < sizeof...(R); ++i) {
    if (check_pattern(patterns[i]) != PatternError::None) continue;  // told where it is added
    for (std::size_t j = 0; j < i; ++j) {
      bool same_names = false;
      if (check_pattern(patterns[j]) != PatternError::None) continue;
      if (!match_same_paths(patterns[i], patterns[j], same_names)) continue;
      if (!same_names) return ListFault::OtherNames;
      if (methods[i] == methods[j]) return ListFault::SameRoute;
    }
  }
  return ListFault::None;
}

/// Adds all of them to the router. Two with the same method and the same paths, and two for the same paths whose parameters
/// have different names, do not compile; against what the router has beside them build() checks.
template <class... R, class App>
void routes(Router<App>& router, std::source_location where = std::source_location::current()) {
  constexpr ListFault kFault = fault_of_list<R...>();
  static_assert(kFault != ListFault::SameRoute, "rondeau: two routes of this list have the same method and the same paths");
  static_assert(kFault != ListFault::OtherNames,
                "rondeau: two routes of this list match the same paths; give their parameters the same names");
  if constexpr (kFault == ListFault::None) (R::add_to(router, where), ...);
}

}  // namespace rondeau::routing

namespace rondeau {
namespace route = routing::route;
using routing::routes;
}  // namespace rondeau
