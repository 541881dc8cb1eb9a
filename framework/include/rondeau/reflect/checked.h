// Members that carry their own rules: Ranged<int, 1, 100>, NonEmpty, MaxLength<64>, Matches<"^[a-z]+$"> …
//
// A rule is part of the type, so that reading, schemas and forms all know it. Lengths count Unicode characters.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/reflect/descriptor.h>
#include <rondeau/reflect/fixed_string.h>
#include <rondeau/reflect/pattern.h>

namespace rondeau::reflect {

/// Unicode characters in `text`, which is UTF-8.
std::size_t count_characters(std::string_view text) noexcept;

/// What a rule expects, as a sentence: "must be at least 1". Used in errors; never holds the value.
std::string expectation(const Rule& rule);

template <auto N>
constexpr Bound make_bound() {
  static_assert(std::integral<decltype(N)>, "rondeau: bounds of rules are integers");
  if constexpr (N < 0) {
    return {true, ~static_cast<std::uint64_t>(N) + 1};
  } else {
    return {false, static_cast<std::uint64_t>(N)};
  }
}

/// The rules. Your own is a struct with `static constexpr std::string_view expected` ("must be …") and
/// `static bool holds(const T&)`.
namespace rules {

template <auto N>
struct Minimum {
  static constexpr Rule rule{Rule::Kind::Minimum, make_bound<N>(), {}, nullptr};
  template <class T>
  static constexpr bool holds(const T& value) {
    if constexpr (std::integral<T>) {
      return std::cmp_greater_equal(value, N);
    } else {
      return value >= static_cast<T>(N);
    }
  }
};
template <auto N>
struct Maximum {
  static constexpr Rule rule{Rule::Kind::Maximum, make_bound<N>(), {}, nullptr};
  template <class T>
  static constexpr bool holds(const T& value) {
    if constexpr (std::integral<T>) {
      return std::cmp_less_equal(value, N);
    } else {
      return value <= static_cast<T>(N);
    }
  }
};
template <auto N>
struct MultipleOf {
  static_assert(N > 0, "rondeau: MultipleOf takes a positive number");
  static constexpr Rule rule{Rule::Kind::MultipleOf, make_bound<N>(), {}, nullptr};
  static constexpr bool holds(const std::integral auto& value) {
    return value % static_cast<std::remove_cvref_t<decltype(value)>>(N) == 0;
  }
};
template <std::size_t N>
struct MinLength {
  static constexpr Rule rule{Rule::Kind::MinLength, {false, N}, {}, nullptr};
  static bool holds(const std::string& text) { return count_characters(text) >= N; }
};
template <std::size_t N>
struct MaxLength {
  static constexpr Rule rule{Rule::Kind::MaxLength, {false, N}, {}, nullptr};
  static bool holds(const std::string& text) { return text.size() <= N || count_characters(text) <= N; }
};
template <FixedString Expression>
struct Pattern {
  static_assert(reflect::Pattern(Expression.view()).error() != PatternError::Syntax,
                "rondeau: this pattern is malformed or uses what a linear-time matcher cannot do (see pattern.h)");
  static_assert(reflect::Pattern(Expression.view()).error() != PatternError::TooBig,
                "rondeau: this pattern is too big; lower its repetition counts");
  static constexpr Rule rule{Rule::Kind::Pattern, {}, Expression.view(), nullptr};
  static bool holds(const std::string& text) {
    static const reflect::Pattern pattern(Expression.view());
    return pattern.matches(text);
  }
};
template <std::size_t N>
struct MinItems {
  static constexpr Rule rule{Rule::Kind::MinItems, {false, N}, {}, nullptr};
  static bool holds(const auto& items) { return items.size() >= N; }
};
template <std::size_t N>
struct MaxItems {
  static constexpr Rule rule{Rule::Kind::MaxItems, {false, N}, {}, nullptr};
  static bool holds(const auto& items) { return items.size() <= N; }
};
/// Quadratic: meant for short lists, so that MaxItems should stand beside it. Use a std::set for long ones.
struct UniqueItems {
  static constexpr Rule rule{Rule::Kind::UniqueItems, {}, {}, nullptr};
  static bool holds(const auto& items) {
    for (auto i = items.begin(); i != items.end(); ++i) {
      for (auto j = items.begin(); j != i; ++j) {
        if (*i == *j) return false;
      }
    }
    return true;
  }
};

}  // namespace rules

template <class R>
consteval Rule rule_of() {
  if constexpr (requires { R::rule; }) {
    return R::rule;
  } else {
    return {Rule::Kind::Own, {}, R::expected, nullptr};
  }
}

/// A T that obeys Rules.
///
/// It is made by reading input, by `make`, from a literal (numbers; checked by the compiler) or by `make_unchecked`.
/// A default-constructed one holds T{} unchecked, and is indeterminate where a T would be.
template <class T, class... Rules>
class Checked {
 public:
  using value_type = T;

  Checked() = default;
  consteval Checked(T literal)  // NOLINT(google-explicit-constructor): Ranged<int, 1, 100> size = 20;
    requires std::is_arithmetic_v<T>
#if defined(__clang__)
  // Its own words for a consteval constructor that fails stand far from what is wrong.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgcc-compat"
  __attribute__((diagnose_if(!__builtin_constant_p(literal),
                             "rondeau: a value that is known only at run time becomes one with rules by make()", "error"),
                 diagnose_if(__builtin_constant_p(literal) && !(Rules::holds(literal) && ...),
                             "rondeau: this constant breaks a rule of its type", "error")))
#pragma clang diagnostic pop
#endif
      : value_(literal) {
    if (!(Rules::holds(literal) && ...)) throw "rondeau: this constant breaks a rule of its type";
  }

  /// Errors: InvalidData, with the rule that was broken; never the value.
  static Result<Checked> make(T value) {
    std::string broken;
    if (!((Rules::holds(value) || (broken = expectation(rule_of<Rules>()), false)) && ...)) {
      return Error(Errc::InvalidData, broken);
    }
    return make_unchecked(std::move(value));
  }
  /// For values known to be right.
  static Checked make_unchecked(T value) {
    Checked checked;
    checked.value_ = std::move(value);
    return checked;
  }

  constexpr const T& get() const { return value_; }
  constexpr const T& operator*() const { return value_; }
  constexpr const T* operator->() const { return &value_; }
  constexpr operator const T&() const { return value_; }  // NOLINT(google-explicit-constructor): reads like a T
  constexpr bool operator==(const Checked&) const = default;

 private:
  T value_;
};

/// A member that keeps `Value` when the input lacks it, and says so in the schema: Default<int, 10>.
/// For text: Default<std::string, FixedString("x")>.
template <class T, auto Value>
class Default {
 public:
  using value_type = T;

  Default() : value_(initial()) {}
  Default(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): reads like a T

  const T& get() const { return value_; }
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }
  operator const T&() const { return value_; }  // NOLINT(google-explicit-constructor)
  bool operator==(const Default&) const = default;

 private:
  static T initial() {
    if constexpr (requires { Value.view(); }) {
      return T(Value.view());
    } else {
      return static_cast<T>(Value);
    }
  }
  T value_;
};

template <class T, auto Least, auto Most>
  requires std::is_arithmetic_v<T>
using Ranged = Checked<T, rules::Minimum<Least>, rules::Maximum<Most>>;
template <class T, auto N>
  requires std::integral<T>
using MultipleOf = Checked<T, rules::MultipleOf<N>>;
using NonEmpty = Checked<std::string, rules::MinLength<1>>;
template <std::size_t N>
using MaxLength = Checked<std::string, rules::MaxLength<N>>;
template <FixedString Expression>
using Matches = Checked<std::string, rules::Pattern<Expression>>;
template <class T, std::size_t Least, std::size_t Most>
using Items = Checked<std::vector<T>, rules::MinItems<Least>, rules::MaxItems<Most>>;
template <class T, std::size_t Most>
using UniqueItems = Checked<std::vector<T>, rules::MaxItems<Most>, rules::UniqueItems>;

}  // namespace rondeau::reflect

namespace rondeau {
using reflect::Checked;
using reflect::Default;
using reflect::Items;
using reflect::Matches;
using reflect::MaxLength;
using reflect::MultipleOf;
using reflect::NonEmpty;
using reflect::Ranged;
using reflect::UniqueItems;
namespace rules = reflect::rules;
}  // namespace rondeau
