// OutputBuffer: bytes on their way out. Appended at the back, taken off the front as the socket takes them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <rondeau/base/assert.h>

namespace rondeau::http {

/// Grows by doubling and keeps its memory until release(). Thread safety: none.
class OutputBuffer {
 public:
  /// Room for `size` more bytes; valid until the next call. commit() says how much was written there.
  char* prepare(std::size_t size) {
    if (capacity_ - end_ < size) make_room(size);
    return memory_.get() + end_;
  }
  void commit(std::size_t size) noexcept {
    RONDEAU_DEBUG_ASSERT(size <= capacity_ - end_);
    end_ += size;
  }
  void append(std::string_view text) {
    if (text.empty()) return;
    text.copy(prepare(text.size()), text.size());
    end_ += text.size();
  }

  /// What was appended and not consumed. Lifetime: until the next change.
  std::string_view view() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t size) noexcept {
    RONDEAU_DEBUG_ASSERT(size <= this->size());
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Takes back what was appended since the buffer had `size` bytes.
  void truncate(std::size_t size) noexcept {
    RONDEAU_DEBUG_ASSERT(size <= this->size());
    end_ = begin_ + size;
  }
  void clear() noexcept { begin_ = end_ = 0; }
  /// Bytes of memory it keeps.
  std::size_t capacity() const noexcept { return capacity_; }
  /// Gives the memory back: for an idle connection.
  void release() noexcept {
    memory_.reset();
    capacity_ = begin_ = end_ = 0;
  }

 private:
  void make_room(std::size_t size) {
    std::size_t held = end_ - begin_;
    if (begin_ > 0 && capacity_ - held >= size && begin_ >= held) {
      std::memcpy(memory_.get(), memory_.get() + begin_, held);
    } else {
      std::size_t capacity = std::max({std::size_t{1024}, capacity_ * 2, held + size});
      std::unique_ptr<char[]> memory(new char[capacity]);
      if (held > 0) std::memcpy(memory.get(), memory_.get() + begin_, held);
      memory_ = std::move(memory);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace rondeau::http
