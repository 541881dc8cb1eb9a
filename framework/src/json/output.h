// Text on its way to a string: gathered in a block of its own, so that short pieces cost a copy and nothing more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace rondeau::json {

class Output {
 public:
  explicit Output(std::string& out) : out_(out) {}

  void put(char c) {
    if (used_ == sizeof block_) flush();
    block_[used_++] = c;
  }
  [[gnu::always_inline]] void put(std::string_view text) {
    if (text.size() > sizeof block_ - used_) return put_long(text);
    copy(block_ + used_, text);
    used_ += text.size();
  }
  /// `text`, but for its first character, which is `first`.
  [[gnu::always_inline]] void put_instead(char first, std::string_view text) {
    if (text.size() > sizeof block_ - used_) {
      put(first);
      return put(text.substr(1));
    }
    copy(block_ + used_, text);
    block_[used_] = first;
    used_ += text.size();
  }
  /// `before`, `text` and `after` behind each other.
  [[gnu::always_inline]] void put_between(char before, std::string_view text, char after) {
    if (text.size() + 2 > sizeof block_ - used_) {
      put(before);
      put(text);
      put(after);
      return;
    }
    block_[used_] = before;
    copy(block_ + used_ + 1, text);
    block_[used_ + 1 + text.size()] = after;
    used_ += text.size() + 2;
  }
  /// Room for `size` characters, at most 64; advance() says how many were written.
  char* room(std::size_t size) {
    if (size > sizeof block_ - used_) flush();
    return block_ + used_;
  }
  void advance(std::size_t size) { used_ += size; }
  void flush() {
    out_.append(block_, used_);
    used_ = 0;
  }

 private:
  // Most pieces are keys and short texts: two overlapping words are quicker than a call.
  static void copy(char* to, std::string_view text) {
    const std::size_t size = text.size();
    if (size >= 8 && size <= 16) {
      std::uint64_t first = 0;
      std::uint64_t last = 0;
      std::memcpy(&first, text.data(), 8);
      std::memcpy(&last, text.data() + size - 8, 8);
      std::memcpy(to, &first, 8);
      std::memcpy(to + size - 8, &last, 8);
    } else {
      text.copy(to, size);
    }
  }
  [[gnu::noinline]] void put_long(std::string_view text) {
    flush();
    if (text.size() > sizeof block_) {
      out_.append(text);
    } else {
      put(text);
    }
  }

  std::string& out_;
  std::size_t used_ = 0;
  char block_[504];  // indeterminate behind used_
};

/// Writes `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
void put_string(Output& out, std::string_view text);

}  // namespace rondeau::json
