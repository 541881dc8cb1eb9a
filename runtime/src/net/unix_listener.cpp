#include <rondeau/net/unix_listener.h>

#include <sys/socket.h>

#include <rondeau/detail/scheduler.h>

#include "net/from_fd.h"

namespace rondeau::net {
namespace {

Result<UnixListener> try_bind(const SocketAddress& address, int backlog, std::source_location where) {
  if (!address.is_unix()) return Errc::InvalidArgument;
  base::Driver& driver = detail::require_scheduler(where).driver();
  RONDEAU_TRY_PLAIN(const int made, driver.socket(AF_UNIX, SOCK_STREAM, 0));
  detail::OwnedDescriptor descriptor(driver, made);
  sockaddr_storage system;
  const socklen_t size = address.to_system(system);
  RONDEAU_TRY_VOID_PLAIN(driver.bind(made, reinterpret_cast<const sockaddr*>(&system), size));
  RONDEAU_TRY_VOID_PLAIN(driver.listen(made, backlog));
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
