// The names of enumerators, spelled out by the compiler.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/reflect/descriptor.h>
#include <rondeau/reflect/members.h>

namespace rondeau::reflect {

template <class E, E... V>
constexpr std::string_view spelled_out_values() {
  return __PRETTY_FUNCTION__;
}

/// An enum without a fixed underlying type holds only as many bits as its enumerators need, and a constant beyond them
/// does not compile; so the range has to be told.
template <class E>
concept HasKnownRange = requires { E{0}; } || !requires { typename enum_range<E>::NotSpecialised; };

template <class E>
struct EnumTable {
  static_assert(HasKnownRange<E>,
                "rondeau: a reflected enum is an enum class or names its underlying type, as in enum E : int");
  static constexpr int first = enum_range<E>::min;
  static constexpr std::size_t candidates =
      HasKnownRange<E> ? static_cast<std::size_t>(enum_range<E>::max - first + 1) : 1;
  static_assert(candidates <= 1024, "rondeau: enum_range<E> spans at most 1,024 values");

  template <std::size_t... I>
  static consteval auto spelled(std::index_sequence<I...>) {
    return split_addresses<candidates>(spelled_out_values<E, static_cast<E>(first + static_cast<int>(I))...>());
  }
  static constexpr auto names = spelled(std::make_index_sequence<candidates>{});

  static constexpr bool is_enumerator(std::string_view name) { return name[0] < '0' || name[0] > '9'; }
  static constexpr std::size_t count = [] {
    std::size_t found = 0;
    for (std::string_view name : names) found += is_enumerator(name) ? 1 : 0;
    return found;
  }();
  static constexpr std::size_t text_size = [] {
    std::size_t size = 1;
    for (std::string_view name : names) size += is_enumerator(name) ? rename_by(enum_naming<E>, name, nullptr) : 0;
    return size;
  }();
  static constexpr auto text = [] {
    std::array<char, text_size> all{};
    std::size_t at = 0;
    for (std::string_view name : names) {
      if (is_enumerator(name)) at += rename_by(enum_naming<E>, name, all.data() + at);
    }
    return all;
  }();
  static constexpr auto enumerators = [] {
    std::array<Enumerator, count == 0 ? 1 : count> all{};
    std::size_t filled = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < candidates; ++i) {
      if (!is_enumerator(names[i])) continue;
      const std::size_t length = rename_by(enum_naming<E>, names[i], nullptr);
      all[filled++] = {first + static_cast<std::int64_t>(i), std::string_view(text.data() + at, length)};
      at += length;
    }
    return all;
  }();
};

}  // namespace rondeau::reflect
