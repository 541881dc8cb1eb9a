#include "io/blocking_io.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/task/spawn.h>

#include "base/no_sigpipe.h"
#include "blocking/launch.h"

namespace rondeau::io {

/// The call on the blocking thread. Destroyed before it ran: the transfer is over all the same.
class BlockingIo::Transfer {
 public:
  explicit Transfer(std::shared_ptr<BlockingIo> io) noexcept : io_(std::move(io)) {}
  Transfer(Transfer&&) noexcept = default;
  Transfer& operator=(Transfer&&) = delete;
  ~Transfer() {
    if (io_ != nullptr) finish(std::move(io_), Errc::ShuttingDown);
  }
  void operator()() noexcept {
    Result<std::size_t> outcome = io_->run();
    finish(std::move(io_), std::move(outcome));
  }

 private:
  std::shared_ptr<BlockingIo> io_;
};

Result<std::size_t> BlockingIo::read(std::span<std::byte> out) noexcept {
  if (out.empty()) return std::size_t{0};
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::Idle) return Errc::WouldBlock;
    if (in_.size() > 0 || read_) return take_read(out);
    phase_ = Phase::Reading;
    wanted_ = std::min(out.size(), max_buffer_);
    in_.make_room(wanted_);
  }
  launch(detail::Mandatory::No);
  return Errc::WouldBlock;
}

Result<std::size_t> BlockingIo::take_read(std::span<std::byte> out) noexcept {
  if (in_.size() == 0) {
    Result<std::size_t> told = *std::move(read_);
    read_.reset();
    return told;
  }
  const std::size_t count = std::min(out.size(), in_.size());
  std::memcpy(out.data(), in_.memory.get() + in_.begin, count);
  in_.begin += count;
  return count;
}

Result<std::size_t> BlockingIo::write(std::span<const base::ConstBuffer> buffers) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (written_) {
      Result<std::size_t> told = *std::move(written_);
      written_.reset();
      return told;
    }
    if (phase_ != Phase::Idle) return Errc::WouldBlock;
    std::size_t total = 0;
    for (const base::ConstBuffer& buffer : buffers) total += std::min(buffer.size(), max_buffer_ - total);
    if (total == 0) return std::size_t{0};
    phase_ = Phase::Writing;
    read_.reset();
    out_.make_room(total);
    for (const base::ConstBuffer& buffer : buffers) {
      const std::size_t count = std::min(buffer.size(), total - out_.end);
      if (count > 0) std::memcpy(out_.memory.get() + out_.end, buffer.data(), count);
      out_.end += count;
    }
  }
  launch(detail::Mandatory::Yes);
  return Errc::WouldBlock;
}

void BlockingIo::forget_write() noexcept {
  const std::lock_guard lock(mutex_);
  forgotten_ = phase_ == Phase::Writing;
  written_.reset();
}

void BlockingIo::launch(detail::Mandatory mandatory) {
  const detail::PoolChoice where(pool_, mandatory);
  Transfer transfer(shared_from_this());
  switch (detail::take_place(where)) {
    case detail::Permits::Take::Taken: {
      auto [call, result] = detail::make_blocking_cell(std::source_location::current(), std::move(transfer));
      task::JoinHandle<void> handle(call);
      if (detail::launch_in_place(call, where) == threads::Pool::Submitted::NoThread) overloaded();
      return handle.detach();
    }
    case detail::Permits::Take::Short:
      // Somebody must wait for room, in its turn.
      return task::spawn(
                 [where](Transfer waiting) -> Task<void> {
                   static_cast<void>(
                       co_await detail::blocking_on(std::source_location::current(), where, std::move(waiting)));
                 },
                 std::move(transfer))
          .detach();
    case detail::Permits::Take::Closed:
      return;
  }
}

/// Not the end of the runtime kept the transfer from running.
void BlockingIo::overloaded() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto* outcome : {&read_, &written_}) {
    if (*outcome) *outcome = Result<std::size_t>(Errc::Overloaded);
  }
}

Result<std::size_t> BlockingIo::run() noexcept {
  // Only the transfer under way changes the phase.
  return phase_ == Phase::Reading ? run_read() : run_write();
}

/// Only files are on a disk.
bool BlockingIo::fails(base::DiskCall call) const noexcept {
  return pool_ == task::BuiltInPool::Fs && base::disk_fails(call);
}

Result<std::size_t> BlockingIo::run_read() noexcept {
  ssize_t count = 0;
  do {
    count = fails(base::DiskCall::Reads) ? -1 : ::read(descriptor_.get(), in_.memory.get(), wanted_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return Error::from_os(errno);
  in_.end = static_cast<std::size_t>(count);
  return in_.end;
}

Result<std::size_t> BlockingIo::run_write() noexcept {
  std::unique_lock<std::mutex> turn;
  if (turn_ != nullptr) turn = std::unique_lock(*turn_);
  if (in_.size() > 0 && ::lseek(descriptor_.get(), -static_cast<off_t>(in_.size()), SEEK_CUR) >= 0) in_.begin = in_.end;
  base::NoSigpipe quiet;
  while (out_.size() > 0) {
    const ssize_t count = fails(base::DiskCall::Writes)
                              ? -1
                              : ::write(descriptor_.get(), out_.memory.get() + out_.begin, out_.size());
    if (count >= 0) {
      out_.begin += static_cast<std::size_t>(count);
    } else if (const int error = errno; error != EINTR) {
      if (error == EPIPE) quiet.broken();
      if (out_.begin > 0) break;  // the next write meets the error
      return Error::from_os(error);
    }
  }
  return out_.begin;
}

void BlockingIo::finish(std::shared_ptr<BlockingIo> io, Result<std::size_t> outcome) noexcept {
  bool first = true;
  for (bool more = true; more;) {
    detail::WakeBatch batch;
    {
      const std::lock_guard lock(io->mutex_);
      if (std::exchange(first, false)) io->settle(std::move(outcome));
      more = io->waiters_.take(~std::uint32_t{0}, batch);
    }
    // Let go before anybody is woken: who destroys the file then is the one who closes it.
    if (!more) io.reset();
    batch.wake_all();
  }
}

void BlockingIo::settle(Result<std::size_t> outcome) noexcept {
  if (phase_ == Phase::Reading) {
    if (in_.size() == 0) read_ = std::move(outcome);
  } else if (!std::exchange(forgotten_, false)) {
    written_ = std::move(outcome);
  }
  phase_ = Phase::Idle;
}

bool BlockingIo::idle() const noexcept {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::Idle;
}

bool BlockingIo::start_wait(detail::Waiter& waiter) noexcept {
  constexpr std::uint32_t kTransfers = base::PollEvent::Readable | base::PollEvent::Writable;
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::Idle || (waiter.interest & kTransfers) == 0) return false;
  waiters_.link(waiter);
  return true;
}

void BlockingIo::end_wait(detail::Waiter& waiter) noexcept {
  const std::lock_guard lock(mutex_);
  if (waiter.linked()) waiters_.unlink(waiter);
}

std::size_t BlockingIo::drop_read_ahead() noexcept {
  const std::lock_guard lock(mutex_);
  RONDEAU_DEBUG_ASSERT(phase_ == Phase::Idle);
  read_.reset();
  const std::size_t ahead = in_.size();
  in_.begin = in_.end;
  return ahead;
}

std::size_t BlockingIo::max_buffer() const noexcept {
  const std::lock_guard lock(mutex_);
  return max_buffer_;
}

void BlockingIo::set_max_buffer(std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  max_buffer_ = bytes;
}

void BlockingIo::Buffer::make_room(std::size_t bytes) {
  begin = end = 0;
  if (capacity >= bytes) return;
  memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
  capacity = bytes;
}

}  // namespace rondeau::io
