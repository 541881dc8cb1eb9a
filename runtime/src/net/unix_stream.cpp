#include <rondeau/net/unix_stream.h>

#include <sys/socket.h>

#include <cerrno>

#include <rondeau/detail/scheduler.h>

#include "net/from_fd.h"

namespace rondeau::net {

UnixStream::Connect UnixStream::connect(SocketAddress address) {
  return Connect(std::move(address), {});
}

Result<UnixStream> UnixStream::Connect::await_resume() {
  RONDEAU_TRY_PLAIN(detail::Socket socket, take());
  return UnixStream(std::move(socket));
}

Result<std::pair<UnixStream, UnixStream>> UnixStream::pair(std::source_location where) {
  detail::require_scheduler(where);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return Error::from_os(errno);
  base::UniqueFd first(ends[0]);
  base::UniqueFd second(ends[1]);
  RONDEAU_TRY_PLAIN(UnixStream one, from_fd(std::move(first)));
  RONDEAU_TRY_PLAIN(UnixStream other, from_fd(std::move(second)));
  return std::pair(std::move(one), std::move(other));
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

}  // namespace rondeau::net
