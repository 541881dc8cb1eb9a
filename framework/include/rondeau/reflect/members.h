// Members of aggregates without macros: how many, where, of which type, called what.
//
// Counting: the largest N for which `T{any × N}` compiles, `any` converting to everything. Access: a structured
// binding. Names: addresses of members of an object that is never defined are template arguments, and the compiler
// spells template arguments out in __PRETTY_FUNCTION__.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/reflect/members_inl.h>
#include <rondeau/reflect/naming.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
// The object behind the names has no definition on purpose: only its address is looked at.
#pragma GCC diagnostic ignored "-Wundefined-var-template"
#pragma GCC diagnostic ignored "-Wundefined-internal"
// Any{} × N meets members that are aggregates themselves.
#pragma GCC diagnostic ignored "-Wmissing-braces"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace rondeau::reflect {

// The conversions are never run. They have bodies because the compiler may look for one while it weighs constructors.
struct Any {
  template <class U>
  constexpr operator U() const noexcept {
    __builtin_unreachable();
  }  // NOLINT(google-explicit-constructor): converting is its purpose
};
struct AnyReference {
  template <class U>
  constexpr operator U&() const noexcept {
    __builtin_unreachable();
  }  // NOLINT(google-explicit-constructor)
};
template <class T>
struct AnyBaseOf {
  template <class U>
    requires(std::is_base_of_v<U, T> && !std::same_as<U, T>)
  constexpr operator U() const noexcept {
    __builtin_unreachable();
  }  // NOLINT(google-explicit-constructor)
};
template <std::size_t>
using AnyAt = Any;

template <class T, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
  return requires { T{AnyAt<I>{}...}; };
}
template <class T, std::size_t... I>
consteval bool takes_in_parentheses(std::index_sequence<I...>) {
  return requires { T(AnyAt<I>{}...); };  // no brace elision here: an array is not one `any`
}
template <class T, std::size_t... I>
consteval bool takes_reference_after(std::index_sequence<I...>) {
  return requires { T{AnyAt<I>{}..., AnyReference{}}; };
}

template <class T, std::size_t N = 0>
consteval std::size_t count_members() {
  if constexpr (takes<T>(std::make_index_sequence<N + 1>{})) {
    return count_members<T, N + 1>();
  } else if constexpr (takes<T>(std::make_index_sequence<N>{})) {
    return N;
  } else if constexpr (N < 64) {
    return count_members<T, N + 1>();  // a member further on has no default: fewer are not taken either
  } else {
    return 0;
  }
}

/// Whether T names its members by RONDEAU_FIELDS.
template <class T>
concept HasFieldList = requires { T::rondeau_field_names(); } && std::same_as<typename T::RondeauFieldsOf, T>;

template <class... M>
struct Members {
  static constexpr std::size_t count = sizeof...(M);
  const void* at[sizeof...(M) == 0 ? 1 : sizeof...(M)];
};

struct GatherMembers {
  template <class... M>
  constexpr Members<std::remove_const_t<M>...> operator()(M&... members) const {
    return {{std::addressof(members)...}};
  }
};

/// The addresses of all members of `object`; their types are the result's template arguments.
template <class T>
constexpr auto members_of(const T& object) {
  if constexpr (HasFieldList<T>) {
    return object.rondeau_bind(GatherMembers{});
  } else {
    return bind_members<count_members<T>()>(object, GatherMembers{});
  }
}

template <class T>
using MembersOf = decltype(members_of<T>(std::declval<const T&>()));

template <class T>
struct Holder {
  T value;
};
template <class T>
extern const Holder<T> never_defined;

template <std::size_t N>
struct Addresses {
  const void* at[N];
};
template <class T, std::size_t N>
consteval Addresses<N> addresses_in_never_defined() {
  Addresses<N> addresses{};
  const auto members = members_of<T>(never_defined<T>.value);
  for (std::size_t i = 0; i < N; ++i) addresses.at[i] = members.at[i];
  return addresses;
}

template <auto P>
constexpr std::string_view spelled_out() {
  return __PRETTY_FUNCTION__;
}

constexpr bool is_identifier_character(char c) {
  return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// "…{{&object.value.alpha, &object.value.beta}}]" → alpha, beta; read from the end.
template <std::size_t N>
constexpr std::array<std::string_view, N> split_addresses(std::string_view text) {
  std::array<std::string_view, N> names;
  for (std::size_t i = N; i-- > 0;) {
    std::size_t end = text.size();
    while (!is_identifier_character(text[end - 1])) --end;
    std::size_t begin = end;
    while (is_identifier_character(text[begin - 1])) --begin;
    names[i] = text.substr(begin, end - begin);
    int depth = 0;  // template arguments of the object's type may hold commas
    while (begin > 0 && (depth > 0 || text[begin - 1] != ',')) {
      const char c = text[--begin];
      if (c == '>' || c == ')') ++depth;
      if (c == '<' || c == '(') --depth;
    }
    text = text.substr(0, begin > 0 ? begin - 1 : 0);
  }
  return names;
}

/// "alpha, beta" → alpha, beta.
template <std::size_t N>
constexpr std::array<std::string_view, N> split_list(std::string_view text) {
  std::array<std::string_view, N> names;
  std::size_t at = 0;
  for (std::size_t i = 0; i < N; ++i) {
    while (!is_identifier_character(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && is_identifier_character(text[at])) ++at;
    names[i] = text.substr(begin, at - begin);
  }
  return names;
}

/// The names of the members of T as written in C++.
template <class T, std::size_t N = MembersOf<T>::count>
consteval std::array<std::string_view, N> member_names() {
  if constexpr (N == 0) {
    return {};
  } else if constexpr (HasFieldList<T>) {
    return split_list<N>(T::rondeau_field_names());
  } else {
    return split_addresses<N>(spelled_out<addresses_in_never_defined<T, N>()>());
  }
}

/// Why T cannot be taken apart; each has its sentence in describe.h.
enum class Obstacle { None, TooManyMembers, Base, Reference, Array };

template <class T>
consteval Obstacle obstacle() {
  if constexpr (HasFieldList<T>) {
    return MembersOf<T>::count > 64 ? Obstacle::TooManyMembers : Obstacle::None;
  } else {
    constexpr std::size_t count = count_members<T>();
    using Indices = std::make_index_sequence<count>;
    if constexpr (!std::is_empty_v<T> && requires { T{AnyBaseOf<T>{}}; }) {
      return Obstacle::Base;
    } else if constexpr (!requires { T{}; } || takes_reference_after<T>(Indices{})) {
      return Obstacle::Reference;
    } else if constexpr (count > 0 && !takes_in_parentheses<T>(Indices{})) {
      return Obstacle::Array;
    } else {
      return count > 64 ? Obstacle::TooManyMembers : Obstacle::None;
    }
  }
}

}  // namespace rondeau::reflect

#pragma GCC diagnostic pop
