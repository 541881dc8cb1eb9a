#include <rondeau/net/unix_listener.h>

#include <sys/socket.h>

#include <rondeau/detail/scheduler.h>

#include "net/bind_socket.h"
#include "net/from_fd.h"

namespace rondeau::net {
namespace {

Result<UnixListener> try_bind(const SocketAddress& address, int backlog, std::source_location where) {
  if (!address.is_unix()) return Errc::InvalidArgument;
  detail::require_scheduler(where);
  RONDEAU_TRY_PLAIN(detail::OwnedDescriptor descriptor, make_socket(AF_UNIX, SOCK_STREAM));
  RONDEAU_TRY_VOID_PLAIN(bind_socket(descriptor, address));
  RONDEAU_TRY_VOID_PLAIN(descriptor.driver().listen(descriptor.get(), backlog));
  RONDEAU_TRY_PLAIN(detail::Socket socket, detail::Socket::make(std::move(descriptor), base::PollEvent::Readable));
  return UnixListener(std::move(socket));
}

}  // namespace

Result<UnixListener> UnixListener::bind(const SocketAddress& address, int backlog, std::source_location where) {
  auto listener = try_bind(address, backlog, where);
  if (!listener) return listener.error().with("listen on " + address.to_string());
  return listener;
}

Result<UnixListener> UnixListener::from_fd(base::UniqueFd fd) {
  RONDEAU_TRY_PLAIN(detail::Socket socket, register_fd(std::move(fd)));
  return UnixListener(std::move(socket));
}

Result<UnixStream> UnixListener::try_accept() noexcept {
  RONDEAU_TRY_PLAIN(detail::Socket socket, accept_socket());
  return UnixStream(std::move(socket));
}

}  // namespace rondeau::net
