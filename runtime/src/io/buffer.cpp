#include <rondeau/io/buffer.h>

#include <algorithm>
#include <cstring>
#include <new>

#include <rondeau/base/assert.h>

namespace rondeau::io {
namespace {

constexpr std::size_t kSmallestBlock = 64;
constexpr std::size_t kLargest = static_cast<std::size_t>(-1) / 4;
// Up to here a copy costs less than what the piece would keep alive: a block is seldom less than 8 KiB.
constexpr std::size_t kCopiedBelow = 1024;

}  // namespace

/// Count and memory in one allocation.
class Buffer::Block final : public base::BytesOwner {
 public:
  static Block* make(std::size_t capacity) {
    void* storage = ::operator new(sizeof(Block) + capacity);
    return new (storage) Block(capacity);
  }

  std::size_t capacity() const noexcept { return capacity_; }
  std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this) + sizeof(Block); }

 private:
  explicit Block(std::size_t capacity) noexcept : capacity_(capacity) {}
  void destroy() noexcept override {
    this->~Block();
    ::operator delete(static_cast<void*>(this));
  }

  const std::size_t capacity_;
};

Buffer::~Buffer() {
  if (block_ != nullptr) block_->release();
}

std::span<const std::byte> Buffer::bytes() const noexcept {
  if (block_ == nullptr) return {};
  return {block_->data() + begin_, size()};
}

std::string_view Buffer::view() const noexcept {
  const std::span<const std::byte> content = bytes();
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

void Buffer::reserve(std::size_t additional) {
  if (additional == 0 || spare().size() >= additional) return;
  if (additional > kLargest - size()) throw std::bad_alloc();
  const std::size_t needed = size() + additional;
  // Sliding is paid for by what was consumed since the last time.
  const bool slides = block_ != nullptr && block_->capacity() >= needed && begin_ >= size() / 2 && block_->is_unique();
  if (slides) return slide();
  move_to_block_of(std::max(needed + size(), block_ == nullptr ? kSmallestBlock : block_->capacity()));
}

void Buffer::slide() noexcept {
  std::memmove(block_->data(), block_->data() + begin_, size());
  end_ -= begin_;
  begin_ = 0;
}

void Buffer::move_to_block_of(std::size_t capacity) {
  Block* larger = Block::make(capacity);
  const std::span<const std::byte> content = bytes();
  if (!content.empty()) std::memcpy(larger->data(), content.data(), content.size());
  if (block_ != nullptr) block_->release();
  block_ = larger;
  end_ -= begin_;
  begin_ = 0;
}

std::span<std::byte> Buffer::spare() noexcept {
  if (block_ == nullptr) return {};
  return {block_->data() + end_, block_->capacity() - end_};
}

void Buffer::commit(std::size_t count) noexcept {
  RONDEAU_ASSERT(count <= spare().size());
  end_ += count;
}

void Buffer::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  reserve(bytes.size());
  std::memcpy(spare().data(), bytes.data(), bytes.size());
  end_ += bytes.size();
}

void Buffer::consume(std::size_t count) noexcept {
  RONDEAU_ASSERT(count <= size());
  begin_ += count;
}

void Buffer::truncate(std::size_t size) noexcept {
  RONDEAU_ASSERT(size <= this->size());
  end_ = begin_ + size;
}

Bytes Buffer::split_to(std::size_t count) {
  RONDEAU_ASSERT(count <= size());
  const std::string_view piece = view().substr(0, count);
  Bytes cut;
  if (count < kCopiedBelow) {
    cut = Bytes::copy_of(piece);
  } else {
    block_->retain();
    cut = Bytes::adopt(piece, block_);
  }
  begin_ += count;
  return cut;
}

}  // namespace rondeau::io
