// Datagrams: each finds its way alone, so they overtake each other, get lost and come twice.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sim/network.h"
#include "sim/poller.h"
#include "sim/world.h"

namespace rondeau::sim {
namespace {

constexpr std::size_t kLargest = 65'507;
/// Who reads more slowly loses what comes.
constexpr std::size_t kInbox = 256;

}  // namespace

Result<std::size_t> Network::send_datagrams(std::size_t host, int fd, std::span<base::OutgoingMessage> messages) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (!socket->datagram) return Errc::Unsupported;
  if (socket->error != 0) return Error::from_os(std::exchange(socket->error, 0));
  std::size_t sent = 0;
  for (base::OutgoingMessage& message : messages) {
    if (auto one = send_datagram(*socket, message); !one) {
      if (sent == 0) return std::move(one).error();
      break;
    }
    ++sent;
    if (world_.random().chance(world_.faults().short_calls)) break;
  }
  return sent;
}

Result<void> Network::send_datagram(Socket& from, base::OutgoingMessage& message) {
  std::optional<base::SocketAddress> to = from.remote;
  if (message.to != nullptr) {
    sockaddr_storage system{};
    std::memcpy(&system, message.to, std::min<std::size_t>(message.to_size, sizeof system));
    RONDEAU_TRY_PLAIN(to, base::SocketAddress::from_system(system, message.to_size));
  }
  if (!to) return Error::from_os(EDESTADDRREQ);
  if (to->family() != from.family) return Error::from_os(EAFNOSUPPORT);
  if (message.bytes.size() > kLargest) return Error::from_os(EMSGSIZE);
  const std::optional<std::size_t> host = world_.host_at(from.host, to->ip());
  if (!host) return Error::from_os(EHOSTUNREACH);
  world_.happens(What::Send, from.host, static_cast<std::uint64_t>(from.fd), message.bytes.size());
  message.sent = message.bytes.size();
  base::SocketAddress sender(to->ip().is_loopback() ? to->ip() : world_.address(from.host), 0);
  if (!from.local) from.local = base::SocketAddress(from.family == AF_INET6 ? IpAddress::any_v6() : IpAddress::any_v4(), free_port(from, sender));
  sender = is_any_address(*from.local) ? base::SocketAddress(sender.ip(), from.local->port()) : *from.local;
  const Datagram datagram{.bytes = {message.bytes.begin(), message.bytes.end()}, .from = std::move(sender)};
  const Link& link = world_.link(from.host, *host);
  const bool far = from.host != *host;
  if (far && world_.random().chance(link.loss)) return {};
  for (int copies = far && world_.random().chance(link.duplicates) ? 2 : 1; copies > 0; --copies) {
    world_.at(world_.now() + delay(from.host, *host), [this, fd = from.fd, sent_from = from.host, host = *host, to = *to, datagram] {
      if (gets_through(sent_from, host)) datagram_arrives(fd, host, to, datagram);
    });
  }
  return {};
}

void Network::datagram_arrives(int from, std::size_t host, const base::SocketAddress& to, const Datagram& datagram) {
  Socket* receiver = nullptr;
  for (const auto& [fd, socket] : sockets_) {
    if (socket->host != host || !socket->datagram || !socket->local || socket->local->port() != to.port()) continue;
    if (!is_any_address(*socket->local) && socket->local->ip() != to.ip()) continue;
    if (socket->remote && *socket->remote != datagram.from) continue;
    receiver = socket.get();
    if (socket->remote) break;  // who is connected with the sender comes first
  }
  if (receiver != nullptr) {
    world_.happens(What::Arrives, host, static_cast<std::uint64_t>(receiver->fd), datagram.bytes.size());
    if (receiver->inbox.size() < kInbox) receiver->inbox.push_back(datagram);
    return changed(*receiver);
  }
  // Only a socket that is connected is told that nobody is there.
  const Socket* const sender = find(from);
  if (sender == nullptr || !sender->remote || !gets_through(host, sender->host)) return;
  world_.at(world_.now() + delay(host, sender->host), [this, from] {
    if (Socket* told = find(from); told != nullptr) {
      told->error = ECONNREFUSED;
      changed(*told);
    }
  });
}

Result<std::size_t> Network::receive_datagrams(std::size_t host, int fd, std::span<base::IncomingMessage> messages, int flags) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (!socket->datagram) return Errc::Unsupported;
  if (socket->error != 0) return Error::from_os(std::exchange(socket->error, 0));
  const bool peeks = (flags & MSG_PEEK) != 0;
  std::size_t received = 0;
  for (base::IncomingMessage& message : messages) {
    if (socket->inbox.empty() || (peeks && received > 0)) break;
    const Datagram& next = socket->inbox.front();
    message.received = std::min(message.room.size(), next.bytes.size());
    message.truncated = message.received < next.bytes.size();
    std::copy_n(next.bytes.begin(), message.received, message.room.begin());
    if (message.from != nullptr) {
      sockaddr_storage system;
      const socklen_t size = next.from.to_system(system);
      std::memcpy(message.from, &system, std::min(size, message.from_size));
      message.from_size = size;
    }
    message.descriptors_received = 0;
    ++received;
    world_.happens(What::Receive, host, static_cast<std::uint64_t>(fd), message.received);
    if (!peeks) socket->inbox.pop_front();
  }
  if (received == 0 && !messages.empty()) return Errc::WouldBlock;
  return received;
}

}  // namespace rondeau::sim
