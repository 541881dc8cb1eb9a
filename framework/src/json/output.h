// Text on its way to a string: gathered in a block of its own, so that short pieces cost a copy and nothing more.
#pragma once

#include <cstddef>
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
  void put(std::string_view text) {
    if (text.size() > sizeof block_ - used_) {
      flush();
      if (text.size() > sizeof block_) {
        out_.append(text);
        return;
      }
    }
    std::memcpy(block_ + used_, text.data(), text.size());
    used_ += text.size();
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
  std::string& out_;
  std::size_t used_ = 0;
  char block_[504];  // indeterminate behind used_
};

/// Writes `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
void put_string(Output& out, std::string_view text);

}  // namespace rondeau::json
