// BodyMemory: bytes of a body that are collected and then given away as Bytes, without a copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include <rondeau/base/bytes.h>

namespace rondeau::server {

class BodyMemory final : public base::BytesOwner {
 public:
  /// So much is taken before anything has come.
  static constexpr std::size_t kFirst = 64 * 1024;

  /// `expected`: the length that was announced. It bounds the memory, but is not believed.
  explicit BodyMemory(std::size_t expected) : expected_(expected) { grow(std::min(expected, kFirst)); }

  std::size_t size() const noexcept { return size_; }
  void append(std::string_view bytes) {
    if (capacity_ - size_ < bytes.size()) grow(std::max(size_ + bytes.size(), capacity_ * 2));
    size_ += bytes.copy(memory_.get() + size_, bytes.size());  // may be empty, which memcpy may not
  }
  /// Room behind what is there, at most `most` bytes and at least one.
  std::span<char> room(std::size_t most) {
    if (size_ == capacity_) grow(std::min(std::max(capacity_ * 2, kFirst), std::max(expected_, size_ + 1)));
    return {memory_.get() + size_, std::min(most, capacity_ - size_)};
  }
  void commit(std::size_t count) noexcept { size_ += count; }
  std::string_view view() const noexcept { return {memory_.get(), size_}; }

 private:
  void grow(std::size_t capacity) {
    std::unique_ptr<char[]> memory(new char[capacity]);
    if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
    memory_ = std::move(memory);
    capacity_ = capacity;
  }

  const std::size_t expected_;
  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Holds one until it is given away.
class BodyMemoryHolder {
 public:
  explicit BodyMemoryHolder(std::size_t expected) : memory_(new BodyMemory(expected)) {}
  BodyMemoryHolder(const BodyMemoryHolder&) = delete;
  BodyMemoryHolder& operator=(const BodyMemoryHolder&) = delete;
  ~BodyMemoryHolder() { memory_->release(); }
  BodyMemory& operator*() const noexcept { return *memory_; }
  BodyMemory* operator->() const noexcept { return memory_; }
  Bytes bytes() const noexcept {
    memory_->retain();
    return Bytes::adopt(memory_->view(), memory_);
  }

 private:
  BodyMemory* memory_;
};

}  // namespace rondeau::server
