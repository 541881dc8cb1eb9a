#include <rondeau/base/bytes.h>

#include <new>

namespace rondeau::base {

namespace {

/// The count and the content in one allocation.
class CopiedBytes final : public BytesOwner {
 public:
  static Bytes make(std::string_view memory) {
    void* storage = ::operator new(sizeof(CopiedBytes) + memory.size());
    auto* owner = new (storage) CopiedBytes;
    char* content = static_cast<char*>(storage) + sizeof(CopiedBytes);
    memory.copy(content, memory.size());
    return Bytes::adopt({content, memory.size()}, owner);
  }

 private:
  void destroy() noexcept override {
    this->~CopiedBytes();
    ::operator delete(static_cast<void*>(this));
  }
};

class StringBytes final : public BytesOwner {
 public:
  explicit StringBytes(std::string text) : text(std::move(text)) {}
  std::string text;
};

// Up to here one allocation for count and copy is cheaper than a second one beside the string's own.
constexpr std::size_t kCopiedBelow = 256;

}  // namespace

Bytes::Bytes(std::string text) {
  if (text.empty()) return;
  if (text.size() < kCopiedBelow) {
    *this = copy_of(text);
    return;
  }
  auto* owner = new StringBytes(std::move(text));
  *this = adopt(owner->text, owner);
}

Bytes Bytes::copy_of(std::string_view memory) {
  return memory.empty() ? Bytes() : CopiedBytes::make(memory);
}

Bytes Bytes::copy_of(std::span<const std::byte> memory) {
  return copy_of(std::string_view(reinterpret_cast<const char*>(memory.data()), memory.size()));
}

Bytes Bytes::slice(std::size_t offset, std::size_t length) const noexcept {
  RONDEAU_ASSERT(offset <= size_);
  std::size_t rest = size_ - offset;
  if (owner_) owner_->retain();
  return Bytes(data_ + offset, length < rest ? length : rest, owner_);
}

}  // namespace rondeau::base
