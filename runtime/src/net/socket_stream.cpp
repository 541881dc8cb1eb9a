#include <rondeau/net/socket_stream.h>

#include <sys/socket.h>

#include <algorithm>
#include <climits>

#include <rondeau/base/buggify.h>
#include <rondeau/detail/scheduler.h>

namespace rondeau::net {

using base::PollEvent;

Result<std::size_t> SocketStream::try_peek(std::span<std::byte> out) noexcept {
  return receive(out, MSG_PEEK, Emptied::Unknown);
}

Result<std::size_t> SocketStream::receive(std::span<std::byte> out, int flags, Emptied emptied) noexcept {
  if (out.empty()) return std::size_t{0};
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kReadInterest)) return Errc::WouldBlock;
  if (emptied == Emptied::Told) [[unlikely]] return receive_telling_rest(out, seen);
  Result<std::size_t> count = registration.driver().receive(socket_.descriptor(), out, flags);
  // Urgent data cuts a read short as well.
  const bool empty = count ? emptied == Emptied::IfShort && *count > 0 && *count < out.size() &&
                                 !seen.any(PollEvent::Priority)
                           : count.error() == Errc::WouldBlock;
  if (empty) registration.clear(PollEvent::Readable, seen);
  return count;
}

Result<std::size_t> SocketStream::receive_telling_rest(std::span<std::byte> out, detail::Readiness seen) noexcept {
  const detail::Registration& registration = socket_.registration();
  auto received = registration.driver().receive_telling_rest(socket_.descriptor(), out);
  const bool empty = received ? received->count > 0 && received->rest == 0 : received.error() == Errc::WouldBlock;
  if (empty) registration.clear(PollEvent::Readable, seen);
  return std::move(received).transform([](const base::Received& it) { return it.count; });
}

Result<std::size_t> SocketStream::try_read_vectored(std::span<const base::MutableBuffer> buffers) noexcept {
  if (std::ranges::all_of(buffers, &base::MutableBuffer::empty)) return std::size_t{0};
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kReadInterest)) return Errc::WouldBlock;
  auto count = registration.driver().read(socket_.descriptor(), buffers);
  if (!count && count.error() == Errc::WouldBlock) registration.clear(PollEvent::Readable, seen);
  return count;
}

Result<std::size_t> SocketStream::try_write(std::span<const std::byte> bytes) noexcept {
  if (bytes.empty()) return std::size_t{0};
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kWriteInterest)) return Errc::WouldBlock;
  if (RONDEAU_BUGGIFY("net: a write is cut short")) bytes = bytes.first((bytes.size() + 1) / 2);
  auto count = registration.driver().send(socket_.descriptor(), bytes);
  if (count ? *count < bytes.size() : count.error() == Errc::WouldBlock) {
    registration.clear(PollEvent::Writable, seen);
  }
  return count;
}

Result<std::size_t> SocketStream::try_send_file(int file, std::uint64_t offset, std::size_t count) noexcept {
  if (count == 0) return std::size_t{0};
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kWriteInterest)) return Errc::WouldBlock;
  auto sent = registration.driver().send_file(socket_.descriptor(), file, offset, count);
  // A short count says nothing: the file may have ended.
  if (!sent && sent.error() == Errc::WouldBlock) registration.clear(PollEvent::Writable, seen);
  return sent;
}

Result<std::size_t> SocketStream::try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  if (buffers.size() > IOV_MAX) buffers = buffers.first(IOV_MAX);
  std::size_t total = 0;
  for (const io::ConstBuffer& buffer : buffers) total += buffer.size();
  if (total == 0) return std::size_t{0};
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kWriteInterest)) return Errc::WouldBlock;
  auto count = registration.driver().send_vectored(socket_.descriptor(), buffers);
  if (count ? *count < total : count.error() == Errc::WouldBlock) registration.clear(PollEvent::Writable, seen);
  return count;
}

Result<void> SocketStream::try_shutdown(io::How how) noexcept {
  if (socket_.registration().readiness().is_shutdown()) return Errc::ShuttingDown;
  const int system = how == io::How::Read ? SHUT_RD : how == io::How::Write ? SHUT_WR : SHUT_RDWR;
  return socket_.driver().shutdown(socket_.descriptor(), system);
}

bool SocketConnect::attempt() noexcept {
  if (!socket_) return begin();
  const detail::Readiness seen = socket_.registration().readiness();
  if (seen.is_shutdown()) return done(Errc::ShuttingDown);
  if (!seen.any(detail::kWriteInterest)) return false;
  return done(socket_.take_error());
}

bool SocketConnect::begin() noexcept {
  if (!unconnected_) {
    base::Driver& driver = strand->task->scheduler->driver();
    auto made = driver.socket(address_.family(), SOCK_STREAM, 0);
    if (!made) return done(std::move(made).error());
    unconnected_ = detail::OwnedDescriptor(driver, *made);
  }
  sockaddr_storage address;
  const socklen_t size = address_.to_system(address);
  auto connected = unconnected_.driver().connect(unconnected_.get(), reinterpret_cast<const sockaddr*>(&address), size);
  const bool under_way = !connected && connected.error() == Errc::WouldBlock;
  if (!connected && !under_way) {
    unconnected_.close();
    return done(std::move(connected));
  }
  // Registered after connect(2): before, the kernel would report the unconnected socket as hung up.
  auto socket = detail::Socket::make(std::move(unconnected_), under_way ? 0 : std::uint32_t{PollEvent::Writable});
  if (!socket) return done(std::move(socket).error());
  socket_ = *std::move(socket);
  return !under_way;
}

bool SocketConnect::done(Result<void> result) noexcept {
  result_ = std::move(result);
  return true;
}

Result<detail::Socket> SocketConnect::take() {
  if (!result_) return result_.error().with("connect " + address_.to_string());
  return std::move(socket_);
}

}  // namespace rondeau::net
