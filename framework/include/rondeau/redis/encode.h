// Arguments of commands as bytes: RESP arrays of bulk strings.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/redis/error.h>

namespace rondeau::redis {

/// Bytes of one or more commands on their way. Some fit without an allocation: most commands are short.
///
/// `begin()` once per command, `add()` for each argument. The word counts as arguments: one for each of its parts.
class CommandBytes {
 public:
  CommandBytes() noexcept = default;
  CommandBytes(const CommandBytes&) = default;
  CommandBytes& operator=(const CommandBytes&) = default;
  CommandBytes(CommandBytes&& other) noexcept : rest_(std::move(other.rest_)), size_(std::exchange(other.size_, 0)) {
    std::memcpy(near_, other.near_, kNear);
  }
  CommandBytes& operator=(CommandBytes&& other) noexcept {
    rest_ = std::exchange(other.rest_, {});
    size_ = std::exchange(other.size_, 0);
    std::memcpy(near_, other.near_, kNear);
    return *this;
  }

  /// Begins a command of `arguments` arguments, its word's parts included.
  void begin(std::size_t arguments);
  void add(std::string_view argument);
  /// Adds each part of "CONFIG GET".
  void add_word(std::string_view word);
  /// Bytes that are whole commands.
  void append(std::string_view commands);

  std::string_view view() const noexcept { return rest_.empty() ? std::string_view(near_, size_) : rest_; }
  std::size_t size() const noexcept { return view().size(); }

 private:
  static constexpr std::size_t kNear = 104;

  /// Room for `count` more at the end, to be filled.
  char* extend(std::size_t count);

  std::string rest_;  ///< everything, once it does not fit into near_
  std::uint8_t size_ = 0;
  char near_[kNear];
};

/// How many parts a word has.
constexpr std::size_t parts_of(std::string_view word) noexcept {
  std::size_t parts = 1;
  for (const char c : word) parts += c == ' ';
  return parts;
}

template <class T>
concept TextArgument = std::convertible_to<const T&, std::string_view>;
template <class T>
concept NumberArgument = (std::integral<T> || std::floating_point<T>) && !std::same_as<T, bool> &&
                         !std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                         !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;
template <class T>
concept BytesArgument = std::same_as<T, base::Bytes> || std::convertible_to<const T&, std::span<const std::byte>>;
template <class T>
concept PairArgument = requires(const T& pair) {
  pair.first;
  pair.second;
};
template <class T>
concept ListArgument = std::ranges::forward_range<const T&> && !TextArgument<T> && !BytesArgument<T>;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// What may stand behind a command's word: texts, numbers (not bool: Redis has none; not a duration: say its unit),
/// bytes; pairs, lists and maps of those, which are as many arguments as they hold; an empty optional is none at all.
template <class T>
consteval bool is_argument() {
  if constexpr (TextArgument<T> || BytesArgument<T> || NumberArgument<T>) {
    return true;
  } else if constexpr (is_optional<T>) {
    return is_argument<typename T::value_type>();
  } else if constexpr (PairArgument<T>) {
    return is_argument<std::remove_cvref_t<decltype(std::declval<T>().first)>>() &&
           is_argument<std::remove_cvref_t<decltype(std::declval<T>().second)>>();
  } else if constexpr (ListArgument<T>) {
    return is_argument<std::remove_cvref_t<std::ranges::range_reference_t<const T&>>>();
  } else {
    return false;
  }
}

template <class T>
std::size_t count_arguments(const T& argument) {
  if constexpr (TextArgument<T> || BytesArgument<T> || NumberArgument<T>) {
    return 1;
  } else if constexpr (is_optional<T>) {
    return argument ? count_arguments(*argument) : 0;
  } else if constexpr (PairArgument<T>) {
    return count_arguments(argument.first) + count_arguments(argument.second);
  } else {
    std::size_t count = 0;
    for (const auto& one : argument) count += count_arguments(one);
    return count;
  }
}

template <class T>
void add_argument(CommandBytes& bytes, const T& argument) {
  if constexpr (TextArgument<T>) {
    bytes.add(std::string_view(argument));
  } else if constexpr (std::same_as<T, base::Bytes>) {
    bytes.add(argument.view());
  } else if constexpr (BytesArgument<T>) {
    const std::span<const std::byte> span = argument;
    bytes.add({reinterpret_cast<const char*>(span.data()), span.size()});
  } else if constexpr (NumberArgument<T>) {
    char digits[64];  // the shortest text that reads back as the same number; "inf", "nan"
    const auto end = std::to_chars(digits, digits + sizeof(digits), argument).ptr;
    bytes.add({digits, static_cast<std::size_t>(end - digits)});
  } else if constexpr (is_optional<T>) {
    if (argument) add_argument(bytes, *argument);
  } else if constexpr (PairArgument<T>) {
    add_argument(bytes, argument.first);
    add_argument(bytes, argument.second);
  } else {
    for (const auto& one : argument) add_argument(bytes, one);
  }
}

/// `word` with `arguments` behind it, as bytes.
template <class... Arguments>
void encode_command(CommandBytes& bytes, std::string_view word, const Arguments&... arguments) {
  constexpr bool all_are_arguments = (is_argument<Arguments>() && ...);
  static_assert(all_are_arguments,
                "rondeau: an argument of a Redis command is text, a number, bytes, or a pair, list, map or optional of "
                "those");
  if constexpr (all_are_arguments) {
    bytes.begin((parts_of(word) + ... + count_arguments(arguments)));
    bytes.add_word(word);
    (add_argument(bytes, arguments), ...);
  }
}

}  // namespace rondeau::redis
