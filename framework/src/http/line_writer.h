// LineWriter: writes the lines of a head into memory that is known to be large enough.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "http/wire_name.h"

namespace rondeau::http {

class LineWriter {
 public:
  /// What is written may be followed by so many bytes of rubbish.
  static constexpr std::size_t kBehind = sizeof(WireName::text);

  explicit LineWriter(char* at) noexcept : at_(at) {}

  // All inlined: the place stays in a register.

  template <std::size_t N>
  [[gnu::always_inline]] LineWriter& operator<<(const char (&literal)[N]) noexcept {  // NOLINT(modernize-avoid-c-arrays): what a literal is
    std::memcpy(at_, literal, N - 1);
    at_ += N - 1;
    return *this;
  }
  [[gnu::always_inline]] LineWriter& operator<<(const WireName& name) noexcept {
    std::memcpy(at_, name.text.data(), name.text.size());
    at_ += name.size;
    return *this;
  }
  [[gnu::always_inline]] LineWriter& operator<<(std::string_view text) noexcept {
    copy(text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  [[gnu::always_inline]] LineWriter& operator<<(std::uint64_t number) noexcept {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  char* at() const noexcept { return at_; }

 private:
  /// As memcpy, for texts of a few dozen bytes: done before a call has begun.
  [[gnu::always_inline]] void copy(const char* from, std::size_t size) noexcept {
    if (size > 32) {
      std::memcpy(at_, from, size);
    } else if (size >= 16) {
      copy_ends<16>(from, size);
    } else if (size >= 8) {
      copy_ends<8>(from, size);
    } else if (size >= 4) {
      copy_ends<4>(from, size);
    } else {
      for (std::size_t i = 0; i < size; ++i) at_[i] = from[i];
    }
  }
  /// Two moves that overlap, each of a size the compiler knows.
  template <std::size_t N>
  [[gnu::always_inline]] void copy_ends(const char* from, std::size_t size) noexcept {
    std::memcpy(at_, from, N);
    std::memcpy(at_ + size - N, from + size - N, N);
  }

  char* at_;
};

}  // namespace rondeau::http
