#include <rondeau/net/socket_listener.h>

#include <cerrno>

namespace rondeau::net {
namespace {

/// Of one connection that died before it was accepted; accept(2) counts the network's own errors among them.
bool concerns_one_connection(const Error& error) noexcept {
  switch (error.os_error()) {
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EOPNOTSUPP:
      return true;
    default:
      return false;
  }
}

/// So many in a row are no accident: the socket cannot accept, and that is told.
constexpr int kSkippedInARow = 16;

}  // namespace

Result<detail::Socket> SocketListener::accept_socket() noexcept {
  const detail::Registration& registration = socket_.registration();
  for (int skipped = 0;; ++skipped) {
    const detail::Readiness seen = registration.readiness();
    if (seen.is_shutdown()) return Errc::ShuttingDown;
    if (!seen.any(detail::kReadInterest)) return Errc::WouldBlock;
    auto accepted = registration.driver().accept(socket_.descriptor(), nullptr, nullptr);
    if (accepted) {
      // To be tried at once: the first bytes often are there already.
      return detail::Socket::make(detail::OwnedDescriptor(registration.driver(), *accepted),
                                  base::PollEvent::Readable | base::PollEvent::Writable);
    }
    if (concerns_one_connection(accepted.error()) && skipped < kSkippedInARow) continue;
    // Out of descriptors or memory: the connection is still queued and brings no new edge, so readiness stays.
    if (accepted.error() == Errc::WouldBlock) registration.clear(base::PollEvent::Readable, seen);
    return std::move(accepted).error();
  }
}

}  // namespace rondeau::net
