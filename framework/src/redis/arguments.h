// The arguments of a command that we encoded ourselves.
#pragma once

#include <charconv>
#include <cstddef>
#include <string_view>

namespace rondeau::redis {

/// `while (arguments.next(argument)) …`: the word's parts first. Lifetime: the bytes'.
class Arguments {
 public:
  explicit Arguments(std::string_view command) noexcept : rest_(command), left_(number()) {}

  bool next(std::string_view& argument) noexcept {
    if (left_ == 0) return false;
    --left_;
    const std::size_t size = number();
    argument = rest_.substr(0, size);
    rest_.remove_prefix(size + 2);
    return true;
  }

 private:
  std::size_t number() noexcept {
    std::size_t value = 0;
    const auto end = std::from_chars(rest_.data() + 1, rest_.data() + rest_.size(), value).ptr;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 2);
    return value;
  }

  std::string_view rest_;
  std::size_t left_;
};

}  // namespace rondeau::redis
