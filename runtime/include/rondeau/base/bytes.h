// Bytes: an immutable piece of memory that knows who keeps it alive. Copying and slicing never copy the content.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/assert.h>

namespace rondeau::base {

/// What keeps the memory behind a Bytes alive: counted, destroyed with its last reference.
///
/// Derive from it to lend out memory of another kind (a mapped file, a pooled buffer).
/// Thread safety: the count may be changed from any thread; the destructor runs on the thread that dropped the last
/// reference.
class BytesOwner {
 public:
  BytesOwner() = default;
  BytesOwner(const BytesOwner&) = delete;
  BytesOwner& operator=(const BytesOwner&) = delete;

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    // acq_rel: the destructor must see what other holders did before they let go.
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }
  /// Asked by a holder: is there no other one?
  ///
  /// Acquire: pairs with release(); what other holders read, they have read before the memory is written again.
  bool is_unique() const noexcept { return references_.load(std::memory_order_acquire) == 1; }

 protected:
  virtual ~BytesOwner() = default;
  virtual void destroy() noexcept { delete this; }

 private:
  std::atomic<std::uint32_t> references_{1};
};

/// An immutable, reference-counted slice of bytes; three words.
///
/// Static memory is referred to without counting. The content is never changed, so copies may be read by any thread
/// at once. Thread safety: a single Bytes object as for an int.
class Bytes {
 public:
  Bytes() noexcept = default;
  /// Takes the text over without copying it (short strings are copied).
  explicit Bytes(std::string text);

  /// Refers to memory that lives as long as the program, such as a string literal. Allocates nothing.
  static Bytes from_static(std::string_view memory) noexcept { return Bytes(memory.data(), memory.size(), nullptr); }
  static Bytes copy_of(std::string_view memory);
  static Bytes copy_of(std::span<const std::byte> memory);
  /// Refers to `memory`, which `owner` keeps alive; takes over one reference of the owner's count.
  static Bytes adopt(std::string_view memory, BytesOwner* owner) noexcept {
    return Bytes(memory.data(), memory.size(), owner);
  }

  Bytes(const Bytes& other) noexcept : data_(other.data_), size_(other.size_), owner_(other.owner_) {
    if (owner_) owner_->retain();
  }
  Bytes(Bytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        owner_(std::exchange(other.owner_, nullptr)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(owner_, other.owner_);
    return *this;
  }
  ~Bytes() {
    if (owner_) owner_->release();
  }

  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// The content as text. Lifetime: as long as this Bytes or a copy of it.
  std::string_view view() const noexcept { return {data_, size_}; }
  /// The content as bytes. Lifetime: as view().
  std::span<const std::byte> span() const noexcept { return std::as_bytes(std::span(data_, size_)); }

  /// The part from `offset` on, of `length` bytes or to the end; shares the memory. `offset` is at most size().
  Bytes slice(std::size_t offset, std::size_t length = std::string_view::npos) const noexcept;

  friend bool operator==(const Bytes& left, const Bytes& right) noexcept { return left.view() == right.view(); }

 private:
  Bytes(const char* data, std::size_t size, BytesOwner* owner) noexcept : data_(data), size_(size), owner_(owner) {}

  const char* data_ = nullptr;
  std::size_t size_ = 0;
  BytesOwner* owner_ = nullptr;
};

}  // namespace rondeau::base

namespace rondeau {
using base::Bytes;
}  // namespace rondeau
