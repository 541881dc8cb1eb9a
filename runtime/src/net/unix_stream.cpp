#include <rondeau/net/unix_stream.h>

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include <rondeau/detail/scheduler.h>

#include "net/bind_socket.h"
#include "net/from_fd.h"

namespace rondeau::net {
namespace {

/// The system takes no more with one message.
constexpr std::size_t kMostFds = 253;

}  // namespace

UnixStream::Connect UnixStream::connect(SocketAddress address) {
  return Connect(std::move(address), {});
}

Result<UnixStream> UnixStream::Connect::await_resume() {
  RONDEAU_TRY_PLAIN(detail::Socket socket, take());
  return UnixStream(std::move(socket));
}

Result<std::pair<UnixStream, UnixStream>> UnixStream::pair(std::source_location where) {
  detail::require_scheduler(where);
  RONDEAU_TRY_PLAIN(auto ends, make_pair(SOCK_STREAM));
  return std::pair(UnixStream(std::move(ends.first)), UnixStream(std::move(ends.second)));
}

Result<UnixStream> UnixStream::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(detail::Socket socket, register_fd(std::move(fd)));
  return UnixStream(std::move(socket));
}

Result<std::size_t> UnixStream::try_read(std::span<std::byte> out) noexcept {
  // A read ends before a message that carries descriptors or other credentials, although more may follow.
  return receive(out, 0, Emptied::Unknown);
}

Result<PeerCredentials> UnixStream::peer_cred() const {
  RONDEAU_TRY_PLAIN(const ucred peer, socket_.option<ucred>(SOL_SOCKET, SO_PEERCRED));
  return PeerCredentials{.uid = peer.uid, .gid = peer.gid, .pid = peer.pid};
}

Result<std::size_t> UnixStream::try_send_with_fds(std::span<const std::byte> bytes, std::span<const int> fds) noexcept {
  if (fds.empty()) return try_write(bytes);
  if (bytes.empty() || fds.size() > kMostFds) return Errc::InvalidArgument;
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kWriteInterest)) return Errc::WouldBlock;
  base::OutgoingMessage message{.bytes = bytes, .descriptors = fds};
  auto sent = registration.driver().send_messages(socket_.descriptor(), {&message, 1});
  if (sent ? message.sent < bytes.size() : sent.error() == Errc::WouldBlock) {
    registration.clear(base::PollEvent::Writable, seen);
  }
  if (!sent) return sent;
  return message.sent;
}

Result<ReceivedWithFds> UnixStream::try_receive_with_fds(std::span<std::byte> room, std::size_t max_fds) noexcept {
  RONDEAU_ASSERT(max_fds > 0);
  if (room.empty()) return ReceivedWithFds{.size = 0, .fds = {}};
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kReadInterest)) return Errc::WouldBlock;
  std::array<int, kMostFds> fds;
  base::IncomingMessage message{.room = room, .descriptors = std::span(fds).first(std::min(max_fds, kMostFds))};
  auto received = registration.driver().receive_messages(socket_.descriptor(), {&message, 1}, 0);
  if (!received && received.error() == Errc::WouldBlock) registration.clear(base::PollEvent::Readable, seen);
  if (!received) return std::move(received).error();
  ReceivedWithFds result{.size = message.received, .fds = {}};
  for (int fd : std::span(fds).first(message.descriptors_received)) result.fds.emplace_back(fd);
  return result;
}

}  // namespace rondeau::net
