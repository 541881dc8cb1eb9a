// One of several structs, told apart by the value of one JSON member.
#pragma once

#include <concepts>
#include <utility>
#include <variant>

#include <rondeau/reflect/fixed_string.h>

namespace rondeau::reflect {

/// `Tagged<"kind", Circle, Square>` is {"kind":"Circle","radius":1}. A struct's tag is its name, or its
/// `static constexpr std::string_view tag`. The tag may stand anywhere in the object.
template <FixedString Tag, class... Alternatives>
class Tagged {
 public:
  using Variant = std::variant<Alternatives...>;
  static constexpr std::string_view tag() { return Tag; }

  Tagged() = default;
  template <class A>
    requires(std::same_as<A, Alternatives> || ...)
  Tagged(A alternative) : variant_(std::move(alternative)) {}  // NOLINT(google-explicit-constructor): as std::variant

  Variant& variant() { return variant_; }
  const Variant& variant() const { return variant_; }
  /// The alternative A, or null when it is another one.
  template <class A>
  A* get_if() {
    return std::get_if<A>(&variant_);
  }
  template <class A>
  const A* get_if() const {
    return std::get_if<A>(&variant_);
  }
  template <class F>
  decltype(auto) visit(F&& f) const {
    return std::visit(std::forward<F>(f), variant_);
  }
  template <class F>
  decltype(auto) visit(F&& f) {
    return std::visit(std::forward<F>(f), variant_);
  }
  bool operator==(const Tagged&) const = default;

 private:
  Variant variant_;
};

}  // namespace rondeau::reflect

namespace rondeau {
using reflect::Tagged;
}  // namespace rondeau
