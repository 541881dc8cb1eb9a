#include <rondeau/io/read_ahead.h>

#include <algorithm>
#include <cstring>

#include <rondeau/base/assert.h>

namespace rondeau::io {

ReadAhead::ReadAhead(std::size_t capacity) {
  if (capacity == 0) base::fail("a buffer of no bytes; leave the capacity out for 8 KiB");
  usual_ = Piece{std::make_unique_for_overwrite<std::byte[]>(capacity), capacity};
}

void ReadAhead::consume(std::size_t count) noexcept {
  Piece& piece = current();
  if (count > piece.end - piece.begin) base::fail("consume() of more bytes than fill_buf() gave");
  piece.begin += count;
  if (piece.begin != piece.end) return;
  piece.begin = piece.end = 0;
  large_ = Piece();
}

std::size_t ReadAhead::take(std::span<std::byte> out) noexcept {
  const std::span<const std::byte> there = bytes();
  const std::size_t count = std::min(out.size(), there.size());
  if (count == 0) return 0;
  std::memcpy(out.data(), there.data(), count);
  consume(count);
  return count;
}

std::span<std::byte> ReadAhead::space() noexcept {
  Piece& piece = current();
  if (piece.begin > 0 && piece.capacity - piece.end < piece.capacity / 2) {
    const std::span<const std::byte> there = piece.bytes();
    std::memmove(piece.memory.get(), there.data(), there.size());
    piece.begin = 0;
    piece.end = there.size();
  }
  return {piece.memory.get() + piece.end, piece.capacity - piece.end};
}

void ReadAhead::commit(std::size_t count) noexcept {
  Piece& piece = current();
  RONDEAU_DEBUG_ASSERT(count <= piece.capacity - piece.end);
  piece.end += count;
}

void ReadAhead::reserve(std::size_t count) {
  Piece& from = current();
  if (count <= from.capacity) return;
  Piece larger{std::make_unique_for_overwrite<std::byte[]>(count), count};
  const std::span<const std::byte> there = from.bytes();
  std::memcpy(larger.memory.get(), there.data(), there.size());
  larger.end = there.size();
  from.begin = from.end = 0;
  large_ = std::move(larger);
}

Result<std::span<const std::byte>> ReadAhead::try_fill(Reader& source) noexcept {
  if (empty()) {
    RONDEAU_TRY_PLAIN(const std::size_t count, source.try_read(space()));
    commit(count);
  }
  return bytes();
}

Result<std::size_t> ReadAhead::try_read(Reader& source, std::span<std::byte> out) noexcept {
  if (out.empty()) return std::size_t{0};
  if (is_bypassed_by(out.size())) return source.try_read(out);
  if (auto filled = try_fill(source); !filled) return std::move(filled).error();
  return take(out);
}

bool ReadAhead::Exact::attempt() noexcept {
  while (ahead_.bytes().size() < out_.size()) {
    auto count = source_.try_read(ahead_.space());
    if (!count && count.error() == Errc::WouldBlock) return false;
    if (!count || *count == 0) {
      result_ = count ? Error(Errc::UnexpectedEof) : std::move(count).error();
      return true;
    }
    ahead_.commit(*count);
  }
  ahead_.take(out_);
  return true;
}

}  // namespace rondeau::io
