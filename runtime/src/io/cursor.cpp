#include <rondeau/io/cursor.h>

#include <algorithm>
#include <cstring>

#include <rondeau/base/assert.h>

namespace rondeau::io {
namespace {

void refuse_to_consume_more_than(std::size_t there, std::size_t count) noexcept {
  if (count > there) base::fail("consume() of more bytes than fill_buf() gave");
}

}  // namespace

std::span<const std::byte> Cursor::rest() const noexcept {
  return bytes_.span().subspan(static_cast<std::size_t>(std::min<std::uint64_t>(position_, bytes_.size())));
}

void Cursor::consume(std::size_t count) noexcept {
  refuse_to_consume_more_than(rest().size(), count);
  position_ += count;
}

Result<std::size_t> Cursor::try_read(std::span<std::byte> out) noexcept {
  const std::span<const std::byte> there = rest();
  const std::size_t count = std::min(out.size(), there.size());
  if (count > 0) std::memcpy(out.data(), there.data(), count);
  position_ += count;
  return count;
}

Result<std::uint64_t> Cursor::move_to(SeekFrom from) noexcept {
  if (from.base() == SeekFrom::Base::Start) return position_ = static_cast<std::uint64_t>(from.offset());
  const std::uint64_t base = from.base() == SeekFrom::Base::Current ? position_ : bytes_.size();
  std::uint64_t target = 0;
  if (__builtin_add_overflow(base, from.offset(), &target)) return Errc::InvalidArgument;
  return position_ = target;
}

void Empty::consume(std::size_t count) noexcept {
  refuse_to_consume_more_than(0, count);
}

Result<std::size_t> Repeat::try_read(std::span<std::byte> out) noexcept {
  std::ranges::fill(out, byte_);
  return out.size();
}

Result<std::size_t> Sink::try_write_vectored(std::span<const ConstBuffer> buffers) noexcept {
  std::size_t total = 0;
  for (const ConstBuffer& buffer : buffers) total += buffer.size();
  return total;
}

}  // namespace rondeau::io
