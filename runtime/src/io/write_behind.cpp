#include <rondeau/io/write_behind.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <rondeau/base/assert.h>

#include "io/loss.h"

namespace rondeau::io {

WriteBehind::WriteBehind(std::size_t capacity) : capacity_(capacity) {
  if (capacity == 0) base::fail("a buffer of no bytes; leave the capacity out for 8 KiB");
  memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
}

WriteBehind::WriteBehind(WriteBehind&& other) noexcept
    : memory_(std::move(other.memory_)),
      capacity_(other.capacity_),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)),
      under_way_(std::exchange(other.under_way_, UnderWay::Nothing)),
      failed_(other.failed_) {}

WriteBehind& WriteBehind::operator=(WriteBehind&& other) noexcept {
  if (this != &other) {
    report_loss();
    memory_ = std::move(other.memory_);
    capacity_ = other.capacity_;
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    under_way_ = std::exchange(other.under_way_, UnderWay::Nothing);
    failed_ = other.failed_;
  }
  return *this;
}

WriteBehind::~WriteBehind() {
  report_loss();
}

void WriteBehind::report_loss() const noexcept {
  if (!failed_) io::report_loss(end_ - begin_);
}

std::size_t WriteBehind::put(std::span<const std::byte> bytes) noexcept {
  const std::size_t count = std::min(bytes.size(), room());
  if (count == 0) return 0;
  if (count > capacity_ - end_) {
    std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  std::memcpy(memory_.get() + end_, bytes.data(), count);
  end_ += count;
  return count;
}

std::size_t WriteBehind::put(std::span<const ConstBuffer> buffers) noexcept {
  std::size_t total = 0;
  for (const ConstBuffer& buffer : buffers) total += put(buffer.span());
  return total;
}

Result<void> WriteBehind::handed_on(Result<std::size_t> count) noexcept {
  if (count && *count > 0) {
    begin_ += *count;
    if (begin_ == end_) begin_ = end_ = 0;
    return {};
  }
  Error error = count ? Error(Errc::WriteZero) : std::move(count).error();
  failed_ = error != Errc::WouldBlock;
  return error;
}

Result<void> WriteBehind::try_push(Writer& sink) noexcept {
  while (!bytes().empty()) RONDEAU_TRY_VOID_PLAIN(handed_on(noting(UnderWay::Ours, sink.try_write(bytes()))));
  return {};
}

Result<std::size_t> WriteBehind::noting(UnderWay whose, Result<std::size_t> count) noexcept {
  under_way_ = !count && count.error() == Errc::WouldBlock ? whose : UnderWay::Nothing;
  return count;
}

void WriteBehind::forget_write(Writer& sink) noexcept {
  if (under_way_ == UnderWay::Callers) let_go(sink);
}

void WriteBehind::let_go(Writer& sink) noexcept {
  if (std::exchange(under_way_, UnderWay::Nothing) != UnderWay::Nothing) sink.forget_write();
}

Result<std::size_t> WriteBehind::try_write(Writer& sink, std::span<const std::byte> bytes) noexcept {
  const ConstBuffer buffer(bytes);
  return try_write_vectored(sink, {&buffer, 1});
}

Result<std::size_t> WriteBehind::try_write_vectored(Writer& sink, std::span<const ConstBuffer> buffers) noexcept {
  std::size_t total = 0;
  for (const ConstBuffer& buffer : buffers) total += buffer.size();
  if (total > room()) {
    const Result<void> pushed = try_push(sink);
    if (!pushed && pushed.error() != Errc::WouldBlock) return pushed.error();
    if (pushed && total >= capacity_) return noting(UnderWay::Callers, sink.try_write_vectored(buffers));
    if (room() == 0) return Errc::WouldBlock;
  }
  return put(buffers);
}

Result<void> WriteBehind::try_flush(Writer& sink) noexcept {
  RONDEAU_TRY_VOID_PLAIN(try_push(sink));
  return sink.try_flush();
}

Result<void> WriteBehind::try_shutdown(Writer& sink, How how) noexcept {
  if (how != How::Read) RONDEAU_TRY_VOID_PLAIN(try_push(sink));
  return sink.try_shutdown(how);
}

}  // namespace rondeau::io
