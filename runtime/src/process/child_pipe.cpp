#include <rondeau/process/child_pipe.h>

#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <rondeau/detail/scheduler.h>

#include "base/no_sigpipe.h"

namespace rondeau::process {
namespace {

using base::PollEvent;

Result<void> set_blocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) < 0) {
    return Error::from_os(errno, "fcntl");
  }
  return {};
}

/// Writes as far as it goes at once, and forgets the readiness that it met the end of.
Result<std::size_t> write_to(const detail::Registration& registration,
                             std::span<const io::ConstBuffer> buffers) noexcept {
  std::size_t total = 0;
  for (const io::ConstBuffer& buffer : buffers) total += buffer.size();
  if (total == 0) return std::size_t{0};
  if (!registration) return Errc::BrokenPipe;  // shut down
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kWriteInterest)) return Errc::WouldBlock;
  base::NoSigpipe quiet;
  ssize_t count = 0;
  do {
    count = ::writev(registration.descriptor(), reinterpret_cast<const iovec*>(buffers.data()),
                     static_cast<int>(buffers.size()));
  } while (count < 0 && errno == EINTR);
  const int error = count < 0 ? errno : 0;
  if (error == EPIPE) quiet.broken();
  if (error == EAGAIN || (error == 0 && static_cast<std::size_t>(count) < total)) {
    registration.clear(PollEvent::Writable, seen);
  }
  if (error != 0) return Error::from_os(error);
  return static_cast<std::size_t>(count);
}

}  // namespace

Result<PipeEnd> PipeEnd::make(base::UniqueFd fd) {
  RONDEAU_TRY_VOID_PLAIN(set_blocking(fd.get(), false));
  RONDEAU_TRY_PLAIN(auto registration, detail::Registration::make(detail::require_scheduler().reactor(), fd.get(),
                                                                  PollEvent::Readable | PollEvent::Writable));
  return PipeEnd(std::move(fd), std::move(registration));
}

PipeEnd& PipeEnd::operator=(PipeEnd&& other) noexcept {
  registration_ = std::move(other.registration_);  // first: deregistered, then closed
  fd_ = std::move(other.fd_);
  return *this;
}

void PipeEnd::close() noexcept {
  registration_.reset();
  fd_.reset();
}

Result<base::UniqueFd> PipeEnd::release() {
  registration_.reset();
  RONDEAU_TRY_VOID_PLAIN(set_blocking(fd_.get(), true));
  return std::move(fd_);
}

Result<ChildStdin> ChildStdin::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(PipeEnd end, make(std::move(fd)));
  return ChildStdin(std::move(end));
}

Result<std::size_t> ChildStdin::try_write(std::span<const std::byte> bytes) noexcept {
  const io::ConstBuffer buffer(bytes);
  return write_to(registration_, {&buffer, 1});
}

Result<std::size_t> ChildStdin::try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  return write_to(registration_, buffers.first(std::min<std::size_t>(buffers.size(), IOV_MAX)));
}

Result<void> ChildStdin::try_shutdown(io::How how) noexcept {
  if (how != io::How::Read) close();
  return {};
}

bool ChildStdin::start_wait(io::Waiter& waiter) noexcept {
  return registration_ && registration_.start_wait(waiter);
}

void ChildStdin::end_wait(io::Waiter& waiter) noexcept {
  if (registration_) registration_.end_wait(waiter);
}

Result<ChildStdout> ChildStdout::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(PipeEnd end, make(std::move(fd)));
  return ChildStdout(std::move(end));
}

Result<std::size_t> ChildStdout::try_read(std::span<std::byte> out) noexcept {
  if (out.empty()) return std::size_t{0};
  const detail::Readiness seen = registration_.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kReadInterest)) return Errc::WouldBlock;
  ssize_t count = 0;
  do {
    count = ::read(registration_.descriptor(), out.data(), out.size());
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN) registration_.clear(PollEvent::Readable, seen);
  return Error::from_os(errno);
}

}  // namespace rondeau::process
