#include "sim/driver.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/poller.h"
#include "sim/world.h"

namespace rondeau::sim {
namespace {

Result<base::SocketAddress> from_system(const sockaddr* address, socklen_t size) {
  sockaddr_storage storage{};
  std::memcpy(&storage, address, std::min<std::size_t>(size, sizeof storage));
  return base::SocketAddress::from_system(storage, size);
}

void to_system(const base::SocketAddress& address, sockaddr* out, socklen_t* size) {
  if (out == nullptr || size == nullptr) return;
  sockaddr_storage storage;
  const socklen_t used = address.to_system(storage);
  std::memcpy(out, &storage, std::min(used, *size));
  *size = used;
}

}  // namespace

Instant HostDriver::now() noexcept { return world_.now(); }

std::int64_t HostDriver::wall_clock() noexcept { return world_.wall_clock(host_); }

void HostDriver::random(std::span<std::byte> out) noexcept {
  world_.happens(What::Random, host_, out.size());
  for (std::byte& byte : out) byte = static_cast<std::byte>(world_.random().next() & 0xff);
}

Result<std::unique_ptr<base::Poller>> HostDriver::make_poller(std::size_t batch) {
  auto poller = std::make_unique<Poller>(world_, host_, batch);
  world_.remember(host_, poller.get());
  return std::unique_ptr<base::Poller>(std::move(poller));
}

Result<int> HostDriver::socket(int family, int type, int) { return world_.network().socket(host_, family, type); }

Result<void> HostDriver::bind(int socket, const sockaddr* address, socklen_t size) {
  RONDEAU_TRY_PLAIN(const base::SocketAddress wanted, from_system(address, size));
  return world_.network().bind(host_, socket, wanted);
}

Result<void> HostDriver::listen(int socket, int backlog) { return world_.network().listen(host_, socket, backlog); }

Result<int> HostDriver::accept(int listener, sockaddr* peer, socklen_t* size) {
  std::optional<base::SocketAddress> from;
  RONDEAU_TRY_PLAIN(const int accepted, world_.network().accept(host_, listener, from));
  if (from) to_system(*from, peer, size);
  return accepted;
}

Result<void> HostDriver::connect(int socket, const sockaddr* address, socklen_t size) {
  RONDEAU_TRY_PLAIN(const base::SocketAddress to, from_system(address, size));
  return world_.network().connect(host_, socket, to);
}

Result<std::size_t> HostDriver::receive(int socket, std::span<std::byte> out, int flags) {
  return world_.network().receive(host_, socket, out, flags);
}

Result<base::Received> HostDriver::receive_telling_rest(int socket, std::span<std::byte> out) {
  std::size_t rest = 0;
  RONDEAU_TRY_PLAIN(const std::size_t count, world_.network().receive(host_, socket, out, 0, &rest));
  return base::Received{.count = count, .rest = rest};
}

Result<std::size_t> HostDriver::send(int socket, std::span<const std::byte> bytes) {
  const base::ConstBuffer buffer(bytes);
  return world_.network().send(host_, socket, {&buffer, 1});
}

Result<std::size_t> HostDriver::send_vectored(int socket, std::span<const base::ConstBuffer> buffers) {
  return world_.network().send(host_, socket, buffers);
}

Result<void> HostDriver::shutdown(int socket, int how) { return world_.network().shutdown(host_, socket, how); }

void HostDriver::close(int socket) noexcept { world_.network().close(host_, socket); }

Result<void> HostDriver::set_option(int socket, int level, int name, std::span<const std::byte> value) {
  return world_.network().set_option(host_, socket, level, name, value);
}

Result<std::size_t> HostDriver::option(int socket, int level, int name, std::span<std::byte> value) {
  return world_.network().option(host_, socket, level, name, value);
}

Result<void> HostDriver::local_address(int socket, sockaddr* address, socklen_t* size) {
  RONDEAU_TRY_PLAIN(const base::SocketAddress local, world_.network().local(host_, socket));
  to_system(local, address, size);
  return {};
}

Result<void> HostDriver::peer_address(int socket, sockaddr* address, socklen_t* size) {
  RONDEAU_TRY_PLAIN(const base::SocketAddress remote, world_.network().remote(host_, socket));
  to_system(remote, address, size);
  return {};
}

Result<std::size_t> HostDriver::send_messages(int socket, std::span<base::OutgoingMessage> messages) {
  return world_.network().send_datagrams(host_, socket, messages);
}

Result<std::size_t> HostDriver::receive_messages(int socket, std::span<base::IncomingMessage> messages, int flags) {
  return world_.network().receive_datagrams(host_, socket, messages, flags);
}

Result<std::array<int, 2>> HostDriver::socket_pair(int family, int type, int) {
  if (family != AF_UNIX || (type & SOCK_STREAM) == 0) return Errc::Unsupported;
  return world_.network().pair(host_);
}

Result<std::vector<base::SocketAddress>> HostDriver::look_up(const std::string& host, std::uint16_t port) {
  return world_.look_up(host_, host, port);
}

}  // namespace rondeau::sim
