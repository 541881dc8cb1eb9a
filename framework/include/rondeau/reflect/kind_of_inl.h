// Which Kind a type is of. Looks at the type itself, never at its members: recursive types end here.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/descriptor.h>
#include <rondeau/reflect/json_for.h>
#include <rondeau/reflect/members.h>
#include <rondeau/reflect/nullable.h>
#include <rondeau/reflect/tagged.h>
#include <rondeau/text/uuid.h>

namespace rondeau::reflect {

inline constexpr Kind kNoKind = static_cast<Kind>(0xff);

template <class T>
inline constexpr Kind template_kind = kNoKind;
template <class T>
inline constexpr Kind template_kind<std::optional<T>> = Kind::Optional;
template <class T>
inline constexpr Kind template_kind<std::unique_ptr<T>> = Kind::Optional;
template <class T>
inline constexpr Kind template_kind<std::shared_ptr<T>> = Kind::Optional;
template <class T>
inline constexpr Kind template_kind<Nullable<T>> = Kind::Optional;
template <class T>
inline constexpr Kind template_kind<Patch<T>> = Kind::Optional;
template <class T, class... Rules>
inline constexpr Kind template_kind<Checked<T, Rules...>> = Kind::Checked;
template <class T, auto V>
inline constexpr Kind template_kind<Default<T, V>> = Kind::Checked;
template <class... T>
inline constexpr Kind template_kind<std::variant<T...>> = Kind::Variant;
template <FixedString Tag, class... T>
inline constexpr Kind template_kind<Tagged<Tag, T...>> = Kind::Variant;
template <class T, std::size_t N>
inline constexpr Kind template_kind<std::array<T, N>> = Kind::Tuple;
template <class A, class B>
inline constexpr Kind template_kind<std::pair<A, B>> = Kind::Tuple;
template <class... T>
inline constexpr Kind template_kind<std::tuple<T...>> = Kind::Tuple;
template <class Rep, class Period>
inline constexpr Kind template_kind<std::chrono::duration<Rep, Period>> = Kind::Text;
template <class D>
inline constexpr Kind template_kind<std::chrono::time_point<std::chrono::system_clock, D>> = Kind::Text;
template <>
inline constexpr Kind template_kind<std::vector<std::byte>> = Kind::Text;
template <>
inline constexpr Kind template_kind<text::Uuid> = Kind::Text;
template <class T, class A>
inline constexpr Kind template_kind<std::vector<T, A>> = Kind::Sequence;
template <class T, class A>
inline constexpr Kind template_kind<std::list<T, A>> = Kind::Sequence;
template <>
inline constexpr Kind template_kind<std::string> = Kind::String;
template <>
inline constexpr Kind template_kind<std::monostate> = Kind::Null;
template <>
inline constexpr Kind template_kind<nlohmann::json> = Kind::Document;

template <class T>
concept MapLike = requires(T& map, typename T::key_type key) {
  typename T::mapped_type;
  map.try_emplace(std::move(key));
};
template <class T>
concept SetLike = !requires { typename T::mapped_type; } && requires(T& set, typename T::key_type key) {
  set.insert(std::move(key));
  set.begin();
};
template <class T>
concept ListLike = requires(T& list) {
  typename T::value_type;
  list.emplace_back();
  list.clear();
  list.begin();
};

template <class T>
struct InnerType {
  using type = typename T::value_type;
};
template <template <class...> class W, class V, class... More>
struct InnerType<W<V, More...>> {
  using type = V;
};
/// What is in an Optional or a Checked.
template <class T>
using InnerOf = typename InnerType<T>::type;

template <class T>
concept Convertible = !requires { typename JsonFor<T>::NotSpecialised; };

template <class T>
inline constexpr bool is_character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                                     std::same_as<T, char16_t> || std::same_as<T, char32_t>;

template <class T>
consteval Kind kind_of() {
  if constexpr (std::same_as<T, bool>) {
    return Kind::Bool;
  } else if constexpr (std::integral<T>) {
    return is_character<T> ? kNoKind : std::signed_integral<T> ? Kind::Signed : Kind::Unsigned;
  } else if constexpr (std::floating_point<T>) {
    return sizeof(T) <= sizeof(double) ? Kind::Floating : kNoKind;
  } else if constexpr (Convertible<T>) {
    return Kind::Converted;
  } else if constexpr (std::is_enum_v<T>) {
    return std::same_as<T, std::byte> ? kNoKind : Kind::Enum;
  } else if constexpr (template_kind<T> != kNoKind) {
    return template_kind<T>;
  } else if constexpr (!std::is_class_v<T>) {
    return kNoKind;
  } else if constexpr (HasFieldList<T> || std::is_aggregate_v<T>) {
    return Kind::Struct;
  } else if constexpr (MapLike<T>) {
    return Kind::Map;
  } else if constexpr (SetLike<T> || ListLike<T>) {
    return Kind::Sequence;
  } else {
    return kNoKind;
  }
}

/// Whether all that a T is made of has a kind, as far as one sees without looking at the members of structs.
template <class T>
consteval bool is_whole();

template <class... T>
consteval bool are_whole(std::type_identity<std::tuple<T...>>) {
  return (is_whole<T>() && ...);
}
template <class A, class B>
consteval bool are_whole(std::type_identity<std::pair<A, B>>) {
  return is_whole<A>() && is_whole<B>();
}
template <class T, std::size_t N>
consteval bool are_whole(std::type_identity<std::array<T, N>>) {
  return is_whole<T>();
}

template <class T>
consteval bool is_whole() {
  constexpr Kind kind = kind_of<T>();
  if constexpr (kind == Kind::Optional || kind == Kind::Checked) {
    return is_whole<InnerOf<T>>();
  } else if constexpr (kind == Kind::Sequence) {
    return is_whole<typename T::value_type>();
  } else if constexpr (kind == Kind::Map) {
    constexpr Kind key = kind_of<typename T::key_type>();
    return (key == Kind::String || key == Kind::Enum) && is_whole<typename T::mapped_type>();
  } else if constexpr (kind == Kind::Tuple) {
    return are_whole(std::type_identity<T>());
  } else {
    return kind != kNoKind;
  }
}

}  // namespace rondeau::reflect
