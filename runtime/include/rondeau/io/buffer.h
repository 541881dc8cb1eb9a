// Buffer: bytes on their way. Appended at the end, consumed from the front, cut off in pieces without copying.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <rondeau/base/bytes.h>

namespace rondeau::io {

/// A queue of bytes in one contiguous piece of memory.
///
/// To read into it: reserve(), fill (a part of) spare(), commit(). Growing is amortised; memory that pieces cut off by
/// split_to() still refer to is never written again. Thread safety: as for an int. Lifetime: views of the content are
/// good until the next call that is not const.
class Buffer {
 public:
  /// Allocates nothing.
  Buffer() noexcept = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    return *this;
  }
  ~Buffer();

  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  std::span<const std::byte> bytes() const noexcept;
  std::string_view view() const noexcept;

  /// Makes room for at least so many bytes behind the content.
  void reserve(std::size_t additional);
  /// The room behind the content.
  std::span<std::byte> spare() noexcept;
  /// The first `count` bytes of spare() become content.
  void commit(std::size_t count) noexcept;

  void append(std::span<const std::byte> bytes);
  void append(std::string_view text) { append(std::as_bytes(std::span(text))); }

  /// Drops `count` bytes from the front; at most size().
  void consume(std::size_t count) noexcept;
  void clear() noexcept { consume(size()); }
  /// Drops what is behind the first `size` bytes; at most size().
  void truncate(std::size_t size) noexcept;
  /// Cuts off the first `count` bytes, at most size(). Short pieces are copied, long ones share the memory.
  Bytes split_to(std::size_t count);

 private:
  class Block;

  void slide() noexcept;
  void move_to_block_of(std::size_t capacity);

  Block* block_ = nullptr;  // one reference is ours
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace rondeau::io
