// Input: the bytes that came in and are not used up, in one piece of memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace rondeau::http {

/// What lies in front of a mark stays where it is: the request that is being answered refers to it.
class Input {
 public:
  static constexpr std::size_t kUsual = 16 * 1024;

  std::span<char> unread() noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  std::string_view view() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  void consume(std::size_t count) noexcept { begin_ += count; }

  /// All that was consumed so far stays until release().
  void keep() noexcept { kept_ = begin_; }
  void release() noexcept {
    kept_ = 0;
    older_.reset();
    if (begin_ == end_) begin_ = end_ = 0;
  }

  /// Room to read into, at least `least` bytes. Unread bytes may move; kept ones do not.
  std::span<char> room(std::size_t least = 1) {
    if (capacity_ - end_ < least) make_room(least);
    return {memory_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t count) noexcept { end_ += count; }

  /// Forgets everything; keeps the memory if it has the usual size.
  void reset() noexcept {
    begin_ = end_ = 0;
    release();
    if (capacity_ > kUsual) {
      memory_.reset();
      capacity_ = 0;
    }
  }

 private:
  void make_room(std::size_t least) {
    const std::size_t held = size();
    if (capacity_ - kept_ >= held + least && capacity_ > 0) {
      std::memmove(memory_.get() + kept_, memory_.get() + begin_, held);
      begin_ = kept_;
      end_ = kept_ + held;
      return;
    }
    // Kept bytes stay in the memory they are in.
    std::size_t size = std::max(kUsual, kept_ > 0 ? kUsual : capacity_ * 2);
    while (size < held + least) size *= 2;
    std::unique_ptr<char[]> memory(new char[size]);
    if (held > 0) std::memcpy(memory.get(), memory_.get() + begin_, held);
    if (kept_ > 0 && older_ == nullptr) older_ = std::move(memory_);
    memory_ = std::move(memory);
    capacity_ = size;
    begin_ = kept_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> memory_;
  std::unique_ptr<char[]> older_;  // where kept bytes lie that no longer fit
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t kept_ = 0;
};

}  // namespace rondeau::http
