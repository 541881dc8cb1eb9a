// Replies as C++ types.
//
//   void                     any reply that is no error and not nil
//   bool                     a boolean, 0 or 1, "OK"; nil is false: what was to be done was not (SET … NX)
//   integers, floating       a number, or text that is one; out of range is an error
//   std::string, Bytes, std::vector<std::byte>, enum class (by name)    text
//   std::optional<T>         nil is empty
//   vector, deque, list, set, unordered_set, std::array, pair, tuple   an array, a set; of pairs: flat or nested
//   map, unordered_map       a map, or an array of keys and values (RESP2)
//   aggregates               a map, by the names of the members; what is missing must be optional or have a default
//   std::variant<T…>         the first that fits
//   Value                    the reply as it is
//   Result<T>                what it is, or the error it is, as an element of an aggregate
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <rondeau/base/bytes.h>
#include <rondeau/redis/error.h>
#include <rondeau/redis/value.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/reflect/enums.h>

namespace rondeau::redis {

/// "a bulk string where an integer is expected".
Error mismatch(const Value& value, std::string_view expected);
Error mismatch(std::string what);

Result<bool> decode_bool(const Value& value);
/// Integers of any size, from numbers and from text.
Result<std::int64_t> decode_signed(const Value& value, std::int64_t least, std::int64_t most);
Result<std::uint64_t> decode_unsigned(const Value& value, std::uint64_t most);
Result<double> decode_double(const Value& value);
Result<std::string> decode_text(Value&& value);
/// The elements of an array, set or push; of a map its keys and values.
Result<std::vector<Value>> decode_items(Value&& value);
/// Keys and values, alternating, of a map or an array.
Result<std::vector<Value>> decode_entries(Value&& value);

template <class T>
Result<T> decode(Value&& value);

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;
template <class T>
inline constexpr bool is_std_optional = false;
template <class T>
inline constexpr bool is_std_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;
template <class T, std::size_t N>
inline constexpr bool is_tuple<std::array<T, N>> = true;
template <class T>
concept MapReply = requires(T& map, typename T::key_type key, typename T::mapped_type mapped) {
  map.insert_or_assign(std::move(key), std::move(mapped));
};
template <class T>
concept SetReply = !MapReply<T> && requires(T& set, typename T::key_type key) { set.insert(std::move(key)); };
template <class T>
concept ListReply = !SetReply<T> && !MapReply<T> && !std::same_as<T, std::string> &&
                    requires(T& list, typename T::value_type one) { list.push_back(std::move(one)); };

template <class T>
inline constexpr bool never = false;

template <class Tuple, std::size_t... I>
Result<Tuple> decode_tuple(std::vector<Value> items, std::index_sequence<I...>) {
  std::optional<Error> failed;
  const auto one = [&]<std::size_t At>() {
    using Element = std::tuple_element_t<At, Tuple>;
    std::optional<Element> element;
    if (failed) return element;
    if (auto decoded = decode<Element>(std::move(items[At]))) {
      element.emplace(*std::move(decoded));
    } else {
      failed = decoded.error().with("element " + std::to_string(At));
    }
    return element;
  };
  // In the order of the elements.
  std::tuple<std::optional<std::tuple_element_t<I, Tuple>>...> elements{one.template operator()<I>()...};
  if (failed) return *std::move(failed);
  return Tuple{*std::move(std::get<I>(elements))...};
}

template <class Tuple>
Result<Tuple> decode_tuple_of(std::vector<Value> items) {
  constexpr std::size_t size = std::tuple_size_v<Tuple>;
  if (items.size() != size) {
    return mismatch(std::to_string(items.size()) + " elements where " + std::to_string(size) + " are expected");
  }
  return decode_tuple<Tuple>(std::move(items), std::make_index_sequence<size>());
}

/// Pairs as they come: each an array of its own, or all of them flat.
template <class List>
Result<List> decode_list(Value&& value) {
  using Element = typename List::value_type;
  const bool is_map = value.kind() == ValueKind::Map;
  auto decoded = decode_items(std::move(value));
  if (!decoded) return std::move(decoded).error();
  std::vector<Value> items = *std::move(decoded);
  List list;
  const auto put = [&](Result<Element> element, std::size_t at) -> std::optional<Error> {
    if (!element) return element.error().with("element " + std::to_string(at));
    if constexpr (SetReply<List>) {
      list.insert(*std::move(element));
    } else {
      list.push_back(*std::move(element));
    }
    return std::nullopt;
  };
  if constexpr (is_tuple<Element>) {
    constexpr std::size_t size = std::tuple_size_v<Element>;
    if (size > 0 && !items.empty() && (is_map || !items.front().is_aggregate())) {
      for (std::size_t at = 0; at < items.size(); at += size) {
        const auto begin = items.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = begin + static_cast<std::ptrdiff_t>(std::min(size, items.size() - at));
        std::vector<Value> some(std::make_move_iterator(begin), std::make_move_iterator(end));
        if (auto failed = put(decode_tuple_of<Element>(std::move(some)), at / size)) return *std::move(failed);
      }
      return list;
    }
  }
  for (std::size_t at = 0; at < items.size(); ++at) {
    if (auto failed = put(decode<Element>(std::move(items[at])), at)) return *std::move(failed);
  }
  return list;
}

template <class Map>
Result<Map> decode_map(Value&& value) {
  auto entries = decode_entries(std::move(value));
  if (!entries) return std::move(entries).error();
  Map map;
  for (std::size_t at = 0; at < entries->size(); at += 2) {
    auto key = decode<typename Map::key_type>(std::move((*entries)[at]));
    if (!key) return key.error().with("key " + std::to_string(at / 2));
    auto mapped = decode<typename Map::mapped_type>(std::move((*entries)[at + 1]));
    if (!mapped) return mapped.error().with("value " + std::to_string(at / 2));
    map.insert_or_assign(*std::move(key), *std::move(mapped));
  }
  return map;
}

template <class... T>
Result<std::variant<T...>> decode_variant(Value&& value) {
  using Variant = std::variant<T...>;
  std::optional<Variant> found;
  const auto attempt = [&]<class One>(std::type_identity<One>) {
    if (auto decoded = decode<One>(Value(value))) found.emplace(*std::move(decoded));
    return found.has_value();
  };
  if ((attempt(std::type_identity<T>()) || ...)) return *std::move(found);
  return mismatch(value, "one of the alternatives");
}

/// A member keeps its default where the map has no such key; one without a default has to be there.
template <class T, class... M, std::size_t... I>
Result<T> decode_struct(std::vector<Value> entries, std::type_identity<reflect::Members<M...>>,
                        std::index_sequence<I...>) {
  using Names = reflect::StructNames<T>;
  T object{};
  std::uint64_t met = 0;
  std::optional<Error> failed;
  const auto members = reflect::members_of(object);
  const auto put = [&]<std::size_t At, class Member>(std::type_identity<Member>, std::string_view key, Value& from) {
    if (Names::keys.name(At) != key) return false;
    met |= std::uint64_t{1} << At;
    if (auto decoded = decode<Member>(std::move(from))) {
      *static_cast<Member*>(const_cast<void*>(members.at[At])) = *std::move(decoded);
    } else {
      failed = decoded.error().with(Names::keys.name(At));
    }
    return true;
  };
  for (std::size_t at = 0; at + 1 < entries.size() && !failed; at += 2) {
    const Value& key = entries[at];
    static_cast<void>((put.template operator()<I>(std::type_identity<M>(), key.text(), entries[at + 1]) || ...));
  }
  if (failed) return *std::move(failed);
  const auto& type = reflect::as<reflect::StructDescriptor>(reflect::describe<T>());
  for (std::size_t at = 0; at < sizeof...(M); ++at) {
    if ((met >> at & 1) == 0 && !reflect::may_be_absent(type, at)) {
      return mismatch(std::string(Names::keys.name(at)) + ": missing");
    }
  }
  return object;
}

/// The reply as a T; see the table above. What an error reply says is the error.
template <class T>
Result<T> decode(Value&& value) {
  if constexpr (std::same_as<T, Value>) {
    return std::move(value);
  } else if constexpr (base::is_result<T>) {
    static_assert(std::same_as<typename T::error_type, Error>, "rondeau: an element's Result is a redis::Result");
    return Result<T>(T(decode<typename T::value_type>(std::move(value))));
  } else {
    if (value.is_error()) return Error::from_server(value.text());
    if constexpr (std::is_void_v<T>) {
      if (value.is_nil()) return mismatch(value, "a reply");
      return {};
    } else if constexpr (is_std_optional<T>) {
      if (value.is_nil()) return T(std::nullopt);
      auto decoded = decode<typename T::value_type>(std::move(value));
      if (!decoded) return std::move(decoded).error();
      return T(*std::move(decoded));
    } else if constexpr (std::same_as<T, bool>) {
      return decode_bool(value);
    } else if constexpr (std::signed_integral<T>) {
      auto number = decode_signed(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
      if (!number) return std::move(number).error();
      return static_cast<T>(*number);
    } else if constexpr (std::unsigned_integral<T>) {
      auto number = decode_unsigned(value, std::numeric_limits<T>::max());
      if (!number) return std::move(number).error();
      return static_cast<T>(*number);
    } else if constexpr (std::floating_point<T>) {
      auto number = decode_double(value);
      if (!number) return std::move(number).error();
      return static_cast<T>(*number);
    } else if constexpr (std::same_as<T, std::string>) {
      return decode_text(std::move(value));
    } else if constexpr (std::same_as<T, base::Bytes>) {
      auto text = decode_text(std::move(value));
      if (!text) return std::move(text).error();
      return base::Bytes(*std::move(text));
    } else if constexpr (std::same_as<T, std::vector<std::byte>>) {
      auto text = decode_text(std::move(value));
      if (!text) return std::move(text).error();
      const auto bytes = std::as_bytes(std::span(*text));
      return T(bytes.begin(), bytes.end());
    } else if constexpr (std::is_enum_v<T>) {
      auto text = decode_text(std::move(value));
      if (!text) return std::move(text).error();
      for (const reflect::Enumerator& one : reflect::EnumTable<T>::enumerators) {
        if (one.name == *text) return static_cast<T>(one.value);
      }
      return mismatch("text that names no enumerator");
    } else if constexpr (is_variant<T>) {
      return [&]<class... A>(std::type_identity<std::variant<A...>>) {
        return decode_variant<A...>(std::move(value));
      }(std::type_identity<T>());
    } else if constexpr (is_tuple<T>) {
      auto items = decode_items(std::move(value));
      if (!items) return std::move(items).error();
      return decode_tuple_of<T>(*std::move(items));
    } else if constexpr (MapReply<T>) {
      return decode_map<T>(std::move(value));
    } else if constexpr (SetReply<T> || ListReply<T>) {
      return decode_list<T>(std::move(value));
    } else if constexpr (std::is_aggregate_v<T>) {
      auto entries = decode_entries(std::move(value));
      if (!entries) return std::move(entries).error();
      using Members = reflect::MembersOf<T>;
      return decode_struct<T>(*std::move(entries), std::type_identity<Members>(),
                              std::make_index_sequence<Members::count>());
    } else {
      static_assert(never<T>, "rondeau: no Redis reply can be of this type; see redis/decode.h for those that can");
    }
  }
}

}  // namespace rondeau::redis
