// What all tables behind describe<T>() share, and those of the simplest kinds: one static constant per type, made at
// compile time, referring to others by address only, so that recursive types work.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/reflect/enums.h>
#include <rondeau/reflect/kind_of_inl.h>

namespace rondeau::reflect {

template <class T, Kind K = kind_of<T>()>
struct Table;

template <class T>
constexpr std::string_view signature() {
  return __PRETTY_FUNCTION__;
}

/// "… [T = app::Page<app::Item>]" → "Page<app::Item>": what type_name() and tags use.
constexpr std::string_view name_in_signature(std::string_view text) {
  std::size_t begin = text.find("T = ");
  begin = begin == std::string_view::npos ? 0 : begin + 4;
  text = text.substr(begin, text.size() - begin - (text.ends_with(']') ? 1 : 0));
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size() && text[i] != '<'; ++i) {
    if (text[i] == '(') {  // "(anonymous namespace)"
      i = text.find(')', i);
      if (i == std::string_view::npos) break;
    } else if (text[i] == ':') {
      start = i + 1;
    }
  }
  return text.substr(start);
}

template <class T, class D>
constexpr D head(Kind kind) {
  D table{};
  table.kind = kind;
  table.size = sizeof(T);
  table.signature = signature<T>();
  return table;
}

template <class T>
const T& ref(const void* address) {
  return *static_cast<const T*>(address);
}
template <class T>
T& ref(void* address) {
  return *static_cast<T*>(address);
}

/// Fails in a function, not in the class: the class stays whole, and the compiler says its one sentence and no more.
template <class T>
constexpr Descriptor no_table() {
  static_assert(kind_of<T>() != kNoKind,
                "rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>");
  return {};
}

template <class T, Kind K>
struct Table {
  static constexpr Descriptor value = {K, false, sizeof(T), {}};
};
template <class T>
struct Table<T, kNoKind> {
  static constexpr Descriptor value = no_table<T>();
};
template <>
struct Table<nlohmann::json, Kind::Document> {  // the type is incomplete here
  static constexpr Descriptor value = {Kind::Document, false, 0, "T = nlohmann::json"};
};

template <class T>
struct Table<T, Kind::Enum> {
  static constexpr EnumDescriptor make() {
    auto table = head<T, EnumDescriptor>(Kind::Enum);
    table.enumerators = std::span(EnumTable<T>::enumerators).first(EnumTable<T>::count);
    table.load = [](const void* value) { return static_cast<std::int64_t>(ref<T>(value)); };
    table.store = [](void* value, std::int64_t number) { ref<T>(value) = static_cast<T>(number); };
    return table;
  }
  static inline constinit const EnumDescriptor value = make();
};

template <class T>
inline constexpr bool is_patch = false;
template <class T>
inline constexpr bool is_patch<Patch<T>> = true;
template <class T>
inline constexpr bool is_nullable = false;
template <class T>
inline constexpr bool is_nullable<Nullable<T>> = true;

template <class T>
struct Table<T, Kind::Optional> {
  using Inner = std::remove_cvref_t<decltype(*std::declval<T&>())>;
  static constexpr OptionalDescriptor make() {
    auto table = head<T, OptionalDescriptor>(Kind::Optional);
    table.inner = &Table<Inner>::value;
    table.may_be_absent = !is_nullable<T>;
    table.may_be_null = true;
    table.presence = [](const void* optional) {
      if (static_cast<bool>(ref<T>(optional))) return Presence::Value;
      if constexpr (is_patch<T>) {
        return ref<T>(optional).is_null() ? Presence::Null : Presence::Absent;
      } else {
        return is_nullable<T> ? Presence::Null : Presence::Absent;
      }
    };
    table.get = [](const void* optional) -> const void* { return std::addressof(*ref<T>(optional)); };
    table.emplace = [](void* optional) -> void* {
      if constexpr (requires(T& o) { o.emplace(); }) {
        ref<T>(optional).emplace();
      } else {
        ref<T>(optional) = T(new Inner());
      }
      return std::addressof(*ref<T>(optional));
    };
    table.set_null = [](void* optional) {
      if constexpr (is_patch<T> || is_nullable<T>) {
        ref<T>(optional).set_null();
      } else {
        ref<T>(optional).reset();
      }
    };
    return table;
  }
  static inline constinit const OptionalDescriptor value = make();
};

}  // namespace rondeau::reflect
