#include <rondeau/net/datagram_socket.h>

#include <algorithm>
#include <array>

namespace rondeau::net {
namespace {

/// So many at once: their addresses are on the stack.
constexpr std::size_t kDatagramsAtOnce = 64;

sockaddr* plain(sockaddr_storage& address) noexcept {
  return reinterpret_cast<sockaddr*>(&address);
}

Result<SocketAddress> sender(const sockaddr_storage& address, socklen_t size) {
  // A Unix socket that is bound to no name.
  if (size == 0) return SocketAddress::unix_path("");
  return SocketAddress::from_system(address, size);
}

}  // namespace

Result<void> DatagramSocket::connect_socket(const SocketAddress& address) const {
  sockaddr_storage system;
  const socklen_t size = address.to_system(system);
  auto connected = socket_.driver().connect(socket_.descriptor(), plain(system), size);
  if (!connected) return connected.error().with("connect " + address.to_string());
  return connected;
}

Result<std::size_t> DatagramSocket::send_messages(std::span<base::OutgoingMessage> messages) const noexcept {
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(detail::kWriteInterest)) return Errc::WouldBlock;
  auto sent = registration.driver().send_messages(socket_.descriptor(), messages);
  if (!sent && sent.error() == Errc::WouldBlock) registration.clear(detail::kWriteInterest, seen);
  return sent;
}

// Nothing tells that a receive took the last datagram but the next one, which finds nothing. Errors are over then, too.
Result<std::size_t> DatagramSocket::receive_messages(std::span<base::IncomingMessage> messages,
                                                     int flags) const noexcept {
  const detail::Registration& registration = socket_.registration();
  const detail::Readiness seen = registration.readiness();
  if (seen.is_shutdown()) return Errc::ShuttingDown;
  if (!seen.any(kReadInterest)) return Errc::WouldBlock;
  auto received = registration.driver().receive_messages(socket_.descriptor(), messages, flags);
  if (!received && received.error() == Errc::WouldBlock) registration.clear(kReadInterest, seen);
  return received;
}

Result<std::size_t> DatagramSocket::try_send(std::span<const std::byte> bytes) const noexcept {
  base::OutgoingMessage message{.bytes = bytes};
  RONDEAU_TRY_VOID_PLAIN(send_messages({&message, 1}));
  return message.sent;
}

Result<std::size_t> DatagramSocket::try_send_to(std::span<const std::byte> bytes,
                                                const SocketAddress& to) const noexcept {
  sockaddr_storage system;
  const socklen_t size = to.to_system(system);
  base::OutgoingMessage message{.bytes = bytes, .to = plain(system), .to_size = size};
  RONDEAU_TRY_VOID_PLAIN(send_messages({&message, 1}));
  return message.sent;
}

Result<Datagram> DatagramSocket::receive(std::span<std::byte> room, int flags) const noexcept {
  base::IncomingMessage message{.room = room};
  RONDEAU_TRY_VOID_PLAIN(receive_messages({&message, 1}, flags));
  return Datagram{.size = message.received, .truncated = message.truncated};
}

Result<DatagramFrom> DatagramSocket::receive_from(std::span<std::byte> room, int flags) const noexcept {
  sockaddr_storage system;
  base::IncomingMessage message{.room = room, .from = plain(system), .from_size = sizeof(system)};
  RONDEAU_TRY_VOID_PLAIN(receive_messages({&message, 1}, flags));
  RONDEAU_TRY_PLAIN(SocketAddress from, sender(system, message.from_size));
  return DatagramFrom{.size = message.received, .truncated = message.truncated, .from = std::move(from)};
}

Result<std::size_t> DatagramSocket::try_recv_many(std::span<DatagramRoom> rooms) const noexcept {
  if (rooms.empty()) return std::size_t{0};
  rooms = rooms.first(std::min(rooms.size(), kDatagramsAtOnce));
  std::array<sockaddr_storage, kDatagramsAtOnce> senders;
  std::array<base::IncomingMessage, kDatagramsAtOnce> messages;
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    messages[i] = {.room = rooms[i].room, .from = plain(senders[i]), .from_size = sizeof(sockaddr_storage)};
  }
  RONDEAU_TRY_PLAIN(const std::size_t count, receive_messages(std::span(messages).first(rooms.size()), 0));
  for (std::size_t i = 0; i < count; ++i) {
    RONDEAU_TRY_PLAIN(rooms[i].from, sender(senders[i], messages[i].from_size));
    rooms[i].size = messages[i].received;
    rooms[i].truncated = messages[i].truncated;
  }
  return count;
}

Result<std::size_t> DatagramSocket::try_send_many(std::span<const DatagramTo> datagrams) const noexcept {
  if (datagrams.empty()) return std::size_t{0};
  datagrams = datagrams.first(std::min(datagrams.size(), kDatagramsAtOnce));
  std::array<sockaddr_storage, kDatagramsAtOnce> receivers;
  std::array<base::OutgoingMessage, kDatagramsAtOnce> messages;
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    messages[i] = {.bytes = datagrams[i].bytes};
    if (!datagrams[i].to) continue;
    messages[i].to_size = datagrams[i].to->to_system(receivers[i]);
    messages[i].to = plain(receivers[i]);
  }
  return send_messages(std::span(messages).first(datagrams.size()));
}

}  // namespace rondeau::net
