#include "io/pipe.h"

#include <algorithm>
#include <cstring>

#include <rondeau/base/driver.h>

namespace rondeau::io {
namespace {

using base::PollEvent;

}  // namespace

Pipe::Pipe(const DuplexOptions& options)
    : ring_(options.max), read_limit_(options.read_limit), write_limit_(options.write_limit) {
  RONDEAU_ASSERT(options.max > 0 && options.read_limit > 0 && options.write_limit > 0);
}

Result<std::size_t> Pipe::read(std::span<std::byte> out) noexcept {
  if (out.empty()) return std::size_t{0};
  std::size_t count = 0;
  {
    const std::lock_guard lock(lock_);
    if (size_ == 0) {
      if (writing_closed_ || reading_closed_) return std::size_t{0};
      return Errc::WouldBlock;
    }
    count = std::min({out.size(), size_, read_limit_});
    const std::size_t straight = std::min(count, ring_.size() - first_);
    std::memcpy(out.data(), ring_.data() + first_, straight);
    std::memcpy(out.data() + straight, ring_.data(), count - straight);
    first_ = (first_ + count) % ring_.size();
    size_ -= count;
  }
  wake(PollEvent::Writable);
  return count;
}

Result<std::size_t> Pipe::write(std::span<const ConstBuffer> buffers) noexcept {
  std::size_t count = 0;
  {
    const std::lock_guard lock(lock_);
    if (reading_closed_ || writing_closed_) return Errc::BrokenPipe;
    std::size_t room = std::min(ring_.size() - size_, write_limit_);
    bool any = false;
    for (const ConstBuffer& buffer : buffers) {
      any = any || !buffer.empty();
      const std::size_t part = std::min(buffer.size(), room);
      put(buffer.span().first(part));
      room -= part;
      count += part;
    }
    if (count == 0 && any) return Errc::WouldBlock;
  }
  if (count > 0) wake(PollEvent::Readable);
  return count;
}

void Pipe::put(std::span<const std::byte> bytes) noexcept {
  if (bytes.empty()) return;
  const std::size_t end = (first_ + size_) % ring_.size();
  const std::size_t straight = std::min(bytes.size(), ring_.size() - end);
  std::memcpy(ring_.data() + end, bytes.data(), straight);
  std::memcpy(ring_.data(), bytes.data() + straight, bytes.size() - straight);
  size_ += bytes.size();
}

void Pipe::close_writing() noexcept {
  {
    const std::lock_guard lock(lock_);
    writing_closed_ = true;
  }
  wake(PollEvent::ReadClosed | PollEvent::Writable);
}

void Pipe::close_reading() noexcept {
  {
    const std::lock_guard lock(lock_);
    reading_closed_ = true;
    size_ = 0;
  }
  wake(PollEvent::WriteClosed | PollEvent::Readable);
}

std::uint32_t Pipe::ready() const noexcept {
  std::uint32_t bits = 0;
  if (size_ > 0 || reading_closed_) bits |= PollEvent::Readable;
  if (size_ < ring_.size() || writing_closed_) bits |= PollEvent::Writable;
  if (writing_closed_) bits |= PollEvent::ReadClosed;
  if (reading_closed_) bits |= PollEvent::WriteClosed;
  return bits;
}

bool Pipe::start_wait(Waiter& waiter) noexcept {
  const std::lock_guard lock(lock_);
  if ((ready() & waiter.interest) != 0) return false;
  waiters_.link(waiter);
  return true;
}

void Pipe::end_wait(Waiter& waiter) noexcept {
  const std::lock_guard lock(lock_);
  if (waiter.linked()) waiters_.unlink(waiter);
}

void Pipe::wake(std::uint32_t what) noexcept {
  for (bool more = true; more;) {
    detail::WakeBatch batch;
    {
      const std::lock_guard lock(lock_);
      more = waiters_.take(what, batch);
    }
    batch.wake_all();
  }
}

}  // namespace rondeau::io
