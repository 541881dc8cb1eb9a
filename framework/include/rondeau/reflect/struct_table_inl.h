// The table of a struct: names, keys ready to be written, member types, and how to make, find and validate members.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/reflect/value_tables_inl.h>
#include <rondeau/reflect/violations.h>

namespace rondeau::reflect {

void validate() = delete;  // makes the name known, so that argument lookup adds the application's functions

template <class T>
concept HasRule = requires(const T& value) { static_cast<bool>(validate(value)); };
template <class T>
concept HasRules = requires(const T& value, Violations& wrong) { validate(value, wrong); };

template <class T>
consteval Naming naming_of() {
  if constexpr (requires { Naming{T::naming}; }) {
    return T::naming;
  } else {
    return Naming::AsWritten;
  }
}

/// All keys of a struct behind each other: `,"alpha":,"beta":`.
template <std::size_t Size, std::size_t N>
struct KeyTexts {
  std::array<char, Size> text{};
  std::array<std::uint32_t, N + 1> begin{};

  constexpr std::string_view key(std::size_t i) const { return {text.data() + begin[i], begin[i + 1] - begin[i]}; }
  constexpr std::string_view name(std::size_t i) const { return key(i).substr(2, key(i).size() - 4); }
};

enum class NameFault { None, Clash, UnknownMember, BadCharacter, UnknownDoc };

/// A data member may be called doc, too.
template <class T>
concept HasDoc = requires { std::span<const Doc>(T::doc); };

template <class T>
struct StructNames {
  static constexpr std::size_t count = MembersOf<T>::count;
  static constexpr std::array<std::string_view, count> members = member_names<T>();

  static constexpr std::string_view renamed(std::string_view member) {
    if constexpr (requires { T::rename; }) {
      for (const Rename& one : T::rename) {
        if (one.member == member) return one.name;
      }
    }
    return {};
  }
  static constexpr std::size_t space() {
    std::size_t size = 1;
    for (std::string_view member : members) size += 4 + 2 * member.size() + renamed(member).size();
    return size;
  }
  static constexpr auto make() {
    KeyTexts<space(), count> all;
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      all.text[at++] = ',';
      all.text[at++] = '"';
      if (const std::string_view name = renamed(members[i]); !name.empty()) {
        for (char c : name) all.text[at++] = c;
      } else {
        at += rename_by(naming_of<T>(), members[i], all.text.data() + at);
      }
      all.text[at++] = '"';
      all.text[at++] = ':';
      all.begin[i + 1] = static_cast<std::uint32_t>(at);
    }
    return all;
  }
  static constexpr auto keys = make();

  static constexpr NameFault fault() {
    if constexpr (requires { T::rename; }) {
      for (const Rename& one : T::rename) {
        bool known = false;
        for (std::string_view member : members) known = known || member == one.member;
        if (!known) return NameFault::UnknownMember;
        for (char c : one.name) {
          if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) return NameFault::BadCharacter;
        }
      }
    }
    if constexpr (HasDoc<T>) {
      for (const Doc& one : T::doc) {
        bool known = one.member.empty();
        for (std::string_view member : members) known = known || member == one.member;
        if (!known) return NameFault::UnknownDoc;
      }
    }
    for (std::size_t i = 1; i < count; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (keys.key(i) == keys.key(j)) return NameFault::Clash;
      }
    }
    return NameFault::None;
  }
};

template <class T, std::size_t I>
consteval auto member_name() {
  constexpr std::string_view name = member_names<T>()[I];
  char text[name.size() + 1] = {};
  std::copy(name.begin(), name.end(), text);
  return FixedString<name.size() + 1>(text);
}
/// So that the compiler names all three when it is not so.
template <class Struct, FixedString Member, class Type>
inline constexpr bool member_has_json_form = is_whole<Type>();

template <class T, FixedString Member, class M>
consteval bool explain_member() {
  static_assert(member_has_json_form<T, Member, M>,
                "rondeau: this member has no JSON form; make its type an aggregate or specialise rondeau::JsonFor<T>");
  return false;
}
template <class T, std::size_t I, class M>
consteval bool check_member() {
  if constexpr (is_whole<M>()) {
    return true;
  } else {
    return explain_member<T, member_name<T, I>(), M>();
  }
}

template <class T, class... M, std::size_t... I>
consteval bool check_members(std::type_identity<Members<M...>>, std::index_sequence<I...>) {
  return (check_member<T, I, M>() && ...);
}
template <class T>
struct StructParts {
  using Names = StructNames<T>;
  static_assert(Names::fault() != NameFault::Clash, "rondeau: two members of this struct have the same JSON name");
  static_assert(Names::fault() != NameFault::UnknownMember, "rondeau: rename names a member that this struct has not");
  static_assert(Names::fault() != NameFault::BadCharacter,
                "rondeau: a JSON name holds a character that would need escaping");
  static_assert(Names::fault() != NameFault::UnknownDoc, "rondeau: doc names a member that this struct has not");

  template <class... M>
  static constexpr auto make(std::type_identity<Members<M...>>) {
    std::array<Field, sizeof...(M) + 1> all{};
    if constexpr (check_members<T>(std::type_identity<Members<M...>>(), std::index_sequence_for<M...>())) {
      const Descriptor* types[] = {&Table<M>::value..., nullptr};
      for (std::size_t i = 0; i < sizeof...(M); ++i) all[i] = {Names::keys.name(i), Names::keys.key(i), types[i]};
    }
    return all;
  }
  static inline constinit const std::array<Field, Names::count + 1> fields = make(std::type_identity<MembersOf<T>>{});
  static inline constinit std::atomic<std::uint64_t> defaulted{0};
  static inline constinit std::atomic<bool> defaulted_known{false};

  static consteval auto make_docs() {
    std::array<Doc, Names::count + 1> all{};
    for (const Doc& one : T::doc) {
      std::size_t at = 0;
      while (at < Names::count && Names::members[at] != one.member) ++at;
      all[at] = one;
    }
    return all;
  }
  static void addresses(const void* object, const void** out) {
    const auto members = members_of<T>(ref<T>(object));
    for (std::size_t i = 0; i < Names::count; ++i) out[i] = members.at[i];
  }
};

template <class T>
struct DocsOf {
  static constexpr auto all = StructParts<T>::make_docs();
};

template <class T>
struct Table<T, Kind::Struct> {
  static constexpr Obstacle obstacle_ = obstacle<T>();
  static_assert(obstacle_ != Obstacle::Base,
                "rondeau: a struct with a base class cannot be decomposed; make the base a member");
  static_assert(obstacle_ != Obstacle::Reference,
                "rondeau: a reflected struct holds no references, and its members are default-constructible");
  static_assert(obstacle_ != Obstacle::Array, "rondeau: a reflected struct holds no C arrays; use std::array");
  static_assert(obstacle_ != Obstacle::TooManyMembers, "rondeau: a reflected struct has at most 64 members");

  static constexpr StructDescriptor make() {
    auto table = head<T, StructDescriptor>(Kind::Struct);
    if constexpr (obstacle_ == Obstacle::None) {
      using Parts = StructParts<T>;
      table.fields = std::span(Parts::fields).first(Parts::Names::count);
      table.addresses = Parts::addresses;
      table.construct = [](void* storage) { ::new (storage) T; };
      table.destroy = [](void* object) { static_cast<T*>(object)->~T(); };
      table.alignment = alignof(T);
      table.defaulted = &Parts::defaulted;
      table.defaulted_known = &Parts::defaulted_known;
      if constexpr (requires { bool{T::deny_unknown}; }) table.deny_unknown = T::deny_unknown;
      if constexpr (HasDoc<T>) table.docs = DocsOf<T>::all;
      static_assert(!(HasRule<T> && HasRules<T>), "rondeau: a struct has one validate(), with Violations or without");
      if constexpr (HasRules<T>) {
        table.validate = [](const void* object, Violations& wrong) { validate(ref<T>(object), wrong); };
      } else if constexpr (HasRule<T>) {
        table.validate = [](const void* object, Violations& wrong) {
          const auto valid = validate(ref<T>(object));
          if (valid) return;
          if constexpr (requires { valid.error(); }) {
            wrong.add_at("", reason_of(valid.error()));
          } else {
            wrong.add_at("", "is not valid");
          }
        };
      }
    }
    return table;
  }
  static inline constinit const StructDescriptor value = make();
};

}  // namespace rondeau::reflect
