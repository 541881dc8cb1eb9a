#include <rondeau/net/pipe.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include <rondeau/detail/scheduler.h>

namespace rondeau::net::pipe {
namespace {

using base::PollEvent;

// What is there when a pipe is registered is reported at once. Trying before that would take a FIFO that nobody has
// opened yet for one that ended.
constexpr std::uint32_t kReaderTries = 0;
constexpr std::uint32_t kWriterTries = PollEvent::Writable;

Result<void> check_fifo(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Error::from_os(errno);
  if (!S_ISFIFO(status.st_mode)) return Errc::InvalidArgument;
  return {};
}

/// `access`: O_RDONLY or O_WRONLY, which the descriptor has to allow.
Result<void> check_access(int fd, int access) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return Error::from_os(errno);
  const int mode = flags & O_ACCMODE;
  if (mode != access && mode != O_RDWR) return Errc::InvalidArgument;
  return {};
}

Result<detail::Socket> register_end(base::UniqueFd fd, std::uint32_t tries) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0) return Error::from_os(errno, "fcntl");
  return detail::Socket::make({detail::require_scheduler().driver(), fd.release()}, tries);
}

Result<base::UniqueFd> open_fifo(const std::filesystem::path& path, int access, const OpenOptions& options) {
  const int flags = (options.read_write ? O_RDWR : access) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  base::UniqueFd fd;
  do {
    fd.reset(::open(path.c_str(), flags));
  } while (!fd && errno == EINTR);
  if (!fd) return Error::from_os(errno);
  if (!options.unchecked) RONDEAU_TRY_VOID_PLAIN(check_fifo(fd.get()));
  return fd;
}

}  // namespace

Result<std::pair<Sender, Receiver>> pair() {
  base::Driver& driver = detail::require_scheduler().driver();
  RONDEAU_TRY_PLAIN(const auto ends, driver.pipe());
  detail::OwnedDescriptor reading(driver, ends[0]);
  detail::OwnedDescriptor writing(driver, ends[1]);
  RONDEAU_TRY_PLAIN(detail::Socket reader, detail::Socket::make(std::move(reading), kReaderTries));
  RONDEAU_TRY_PLAIN(detail::Socket writer, detail::Socket::make(std::move(writing), kWriterTries));
  return std::pair(Sender(std::move(writer)), Receiver(std::move(reader)));
}

Result<Receiver> OpenOptions::open_receiver(const std::filesystem::path& path) const {
  auto opened = open_fifo(path, O_RDONLY, *this);
  if (!opened) return opened.error().with("open " + path.native() + " to receive");
  return Receiver::from_fd_unchecked(*std::move(opened));
}

Result<Sender> OpenOptions::open_sender(const std::filesystem::path& path) const {
  auto opened = open_fifo(path, O_WRONLY, *this);
  if (!opened) return opened.error().with("open " + path.native() + " to send");
  return Sender::from_fd_unchecked(*std::move(opened));
}

Result<Sender> Sender::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_VOID_PLAIN(check_fifo(fd.get()));
  RONDEAU_TRY_VOID_PLAIN(check_access(fd.get(), O_WRONLY));
  return from_fd_unchecked(std::move(fd));
}

Result<Sender> Sender::from_fd_unchecked(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(detail::Socket end, register_end(std::move(fd), kWriterTries));
  return Sender(std::move(end));
}

Result<std::size_t> Sender::try_write(std::span<const std::byte> bytes) noexcept {
  const io::ConstBuffer buffer(bytes);
  return try_write_vectored({&buffer, 1});
}

Result<std::size_t> Sender::try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  buffers = buffers.first(std::min<std::size_t>(buffers.size(), IOV_MAX));
  std::size_t total = 0;
  for (const io::ConstBuffer& buffer : buffers) total += buffer.size();
  if (total == 0) return std::size_t{0};
  if (!end_) return Errc::BrokenPipe;  // shut down
  const detail::Registration& registration = end_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kWriteInterest)) return Errc::WouldBlock;
  auto count = registration.driver().write(end_.descriptor(), buffers);
  if (count && *count < total) registration.clear(PollEvent::Writable, seen);
  // A call that would wait shows that there are readers again.
  if (!count && count.error() == Errc::WouldBlock) registration.clear(detail::kWriteInterest, seen);
  return count;
}

Result<void> Sender::try_shutdown(io::How how) noexcept {
  if (how != io::How::Read) end_.close();
  return {};
}

bool Sender::start_wait(io::Waiter& waiter) noexcept {
  return end_ && end_.registration().start_wait(waiter);
}

void Sender::end_wait(io::Waiter& waiter) noexcept {
  if (end_) end_.registration().end_wait(waiter);
}

Result<Receiver> Receiver::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_VOID_PLAIN(check_fifo(fd.get()));
  RONDEAU_TRY_VOID_PLAIN(check_access(fd.get(), O_RDONLY));
  return from_fd_unchecked(std::move(fd));
}

Result<Receiver> Receiver::from_fd_unchecked(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(detail::Socket end, register_end(std::move(fd), kReaderTries));
  return Receiver(std::move(end));
}

Result<std::size_t> Receiver::try_read(std::span<std::byte> out) noexcept {
  const base::MutableBuffer buffer(out);
  return try_read_vectored({&buffer, 1});
}

Result<std::size_t> Receiver::try_read_vectored(std::span<const base::MutableBuffer> buffers) noexcept {
  if (std::ranges::all_of(buffers, &base::MutableBuffer::empty)) return std::size_t{0};
  const detail::Registration& registration = end_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kReadInterest)) return Errc::WouldBlock;
  auto count = registration.driver().read(end_.descriptor(), buffers);
  // The other side may have been closed and opened again: then the end is not the end.
  if (!count && count.error() == Errc::WouldBlock) registration.clear(detail::kReadInterest, seen);
  return count;
}

}  // namespace rondeau::net::pipe
