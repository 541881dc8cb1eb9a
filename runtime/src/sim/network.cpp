// Sockets as their owners see them. What happens between them: connections.cpp.
#include "sim/network.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "sim/poller.h"
#include "sim/world.h"

namespace rondeau::sim {
namespace {

constexpr std::uint16_t kFirstFreePort = 32768;
constexpr std::uint16_t kLastFreePort = 60999;

bool on(const Socket& socket, int level, int name) {
  const auto found = socket.options.find({level, name});
  if (found == socket.options.end()) return false;
  return std::ranges::any_of(found->second, [](std::byte byte) { return byte != std::byte{0}; });
}

}  // namespace

Socket* Network::find(int fd) const noexcept {
  const auto found = sockets_.find(fd);
  return found == sockets_.end() ? nullptr : found->second.get();
}

Result<Socket*> Network::mine(std::size_t host, int fd) const {
  Socket* const socket = find(fd);
  if (socket == nullptr || socket->host != host || socket->closed) return Error::from_os(EBADF);
  return socket;
}

Socket& Network::make(std::size_t host, int family) {
  auto made = std::make_unique<Socket>();
  made->fd = ++last_fd_;
  made->host = host;
  made->family = family;
  Socket& socket = *made;
  sockets_.emplace(socket.fd, std::move(made));
  return socket;
}

Result<int> Network::socket(std::size_t host, int family, int type) {
  if (!world_.is_up(host)) return Error::from_os(ENETDOWN);
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) return Error::from_os(EAFNOSUPPORT);
  type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (type != SOCK_STREAM && (type != SOCK_DGRAM || family == AF_UNIX)) return Errc::Unsupported;
  Socket& made = make(host, family);
  made.datagram = type == SOCK_DGRAM;
  return made.fd;
}

/// Somebody else on this host has the name, and will not share it.
bool Network::taken(const Socket& but, const base::SocketAddress& address) const {
  for (const auto& [fd, other] : sockets_) {
    if (other.get() == &but || other->host != but.host || other->closed || !other->local || other->other != 0) continue;
    if (other->datagram != but.datagram) continue;
    if (address.is_unix() ? *other->local == address
                          : other->local->is_ip() && other->local->port() == address.port() &&
                                (is_any_address(address) || is_any_address(*other->local) || other->local->ip() == address.ip())) {
      if (address.is_unix() || !on(*other, SOL_SOCKET, SO_REUSEPORT) || !on(but, SOL_SOCKET, SO_REUSEPORT)) return true;
    }
  }
  return false;
}

std::uint16_t Network::free_port(const Socket& socket, const base::SocketAddress& address) {
  std::uint16_t& last = last_port_.try_emplace(socket.host, std::uint16_t{kFirstFreePort - 1}).first->second;
  base::SocketAddress wanted = address;
  do {
    last = last >= kLastFreePort ? kFirstFreePort : static_cast<std::uint16_t>(last + 1);
    wanted.set_port(last);
  } while (taken(socket, wanted));
  return last;
}

Result<void> Network::bind(std::size_t host, int fd, const base::SocketAddress& address) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (socket->local || address.family() != socket->family) return Error::from_os(EINVAL);
  base::SocketAddress wanted = address;
  if (wanted.is_ip()) {
    if (!is_any_address(wanted) && !wanted.ip().is_loopback() && wanted.ip() != world_.address(host)) {
      return Error::from_os(EADDRNOTAVAIL);
    }
    if (wanted.port() == 0) wanted.set_port(free_port(*socket, wanted));
  }
  if (taken(*socket, wanted)) return Error::from_os(EADDRINUSE);
  world_.happens(What::Bind, host, static_cast<std::uint64_t>(fd), wanted.port());
  socket->local = std::move(wanted);
  return {};
}

Result<void> Network::listen(std::size_t host, int fd, int backlog) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (socket->datagram) return Error::from_os(EOPNOTSUPP);
  if (socket->state != Socket::State::Fresh && socket->state != Socket::State::Listening) return Error::from_os(EINVAL);
  if (!socket->local) {
    if (socket->family == AF_UNIX) return Error::from_os(EINVAL);
    base::SocketAddress any(socket->family == AF_INET6 ? base::IpAddress::any_v6() : base::IpAddress::any_v4(), 0);
    RONDEAU_TRY_VOID_PLAIN(bind(host, fd, any));
  }
  socket->state = Socket::State::Listening;
  socket->backlog = static_cast<std::size_t>(std::max(backlog, 0)) + 1;
  return {};
}

Socket* Network::listener_for(std::size_t host, const base::SocketAddress& address) {
  std::vector<Socket*> found;
  for (const auto& [fd, socket] : sockets_) {
    if (socket->host != host || socket->state != Socket::State::Listening || socket->closed) continue;
    const base::SocketAddress& local = *socket->local;
    if (address.is_unix() ? local == address
                          : local.is_ip() && local.port() == address.port() &&
                                (is_any_address(local) || local.ip() == address.ip())) {
      found.push_back(socket.get());
    }
  }
  if (found.empty()) return nullptr;
  return found[found.size() == 1 ? 0 : world_.random().below(found.size())];
}

Result<int> Network::accept(std::size_t host, int fd, std::optional<base::SocketAddress>& peer) {
  RONDEAU_TRY_PLAIN(Socket * listener, mine(host, fd));
  if (listener->state != Socket::State::Listening) return Error::from_os(EINVAL);
  if (listener->queue.empty()) return Errc::WouldBlock;
  if (world_.random().chance(world_.faults().accept_errors)) {
    const int error = world_.random().below(2) == 0 ? EMFILE : ECONNABORTED;
    world_.happens(What::AcceptFails, host, static_cast<std::uint64_t>(fd), static_cast<std::uint64_t>(error));
    if (error == ECONNABORTED) {
      const int gone = listener->queue.front();
      listener->queue.pop_front();
      if (Socket* socket = find(gone); socket != nullptr) {
        tell_reset(host, socket->other, Duration::zero());
        erase(gone);
      }
    }
    return Error::from_os(error);
  }
  Socket& accepted = *find(listener->queue.front());
  listener->queue.pop_front();
  world_.happens(What::Accept, host, static_cast<std::uint64_t>(accepted.fd), static_cast<std::uint64_t>(fd));
  peer = accepted.remote;
  return accepted.fd;
}

Result<std::size_t> Network::receive(std::size_t host, int fd, std::span<std::byte> out, int flags, std::size_t* rest) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (socket->state == Socket::State::Connecting) return Errc::WouldBlock;
  if (rest != nullptr) *rest = 1;
  if (socket->received.empty() || out.empty()) {
    if (socket->error != 0) return Error::from_os(std::exchange(socket->error, 0));
    if (socket->state != Socket::State::Connected) return Error::from_os(ENOTCONN);
    if (out.empty() || socket->read_end || socket->read_shut || socket->broken) return std::size_t{0};
    return Errc::WouldBlock;
  }
  std::size_t count = std::min(out.size(), socket->received.size());
  if (world_.random().chance(world_.faults().short_calls)) {
    changed_soon(fd);
    count = world_.random().below(count + 1);
    if (count == 0) return Errc::WouldBlock;
  }
  const auto end = socket->received.begin() + static_cast<std::ptrdiff_t>(count);
  std::copy(socket->received.begin(), end, out.begin());
  if ((flags & MSG_PEEK) != 0) return count;
  socket->received.erase(socket->received.begin(), end);
  if (rest != nullptr) *rest = socket->received.size() + ((socket->read_end || socket->broken) ? 1 : 0);
  world_.happens(What::Receive, host, static_cast<std::uint64_t>(fd), count);
  if (!socket->broken) give_room(socket->other, host, count, Duration::zero());
  return count;
}

Result<std::size_t> Network::send(std::size_t host, int fd, std::span<const base::ConstBuffer> buffers) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (socket->state == Socket::State::Connecting) return Errc::WouldBlock;
  if (socket->error != 0) return Error::from_os(std::exchange(socket->error, 0));
  if (socket->state != Socket::State::Connected || socket->broken || socket->write_shut) return Error::from_os(EPIPE);
  std::size_t size = 0;
  for (const base::ConstBuffer& buffer : buffers) size += buffer.size();
  if (size == 0) return std::size_t{0};
  std::size_t count = std::min(size, socket->window);
  if (count > 0 && world_.random().chance(world_.faults().short_calls)) {
    changed_soon(fd);
    count = world_.random().below(count + 1);
  }
  if (count < size) socket->out_of_room = true;
  if (count == 0) return Errc::WouldBlock;
  world_.happens(What::Send, host, static_cast<std::uint64_t>(fd), count);
  socket->window -= count;
  std::vector<std::byte> bytes;
  bytes.reserve(count);
  for (const base::ConstBuffer& buffer : buffers) {
    const std::span<const std::byte> all(static_cast<const std::byte*>(buffer.data()), buffer.size());
    const auto part = all.first(std::min(all.size(), count - bytes.size()));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  while (!bytes.empty()) {
    std::size_t part = bytes.size();
    if (world_.random().chance(world_.faults().cuts)) part = 1 + world_.random().below(part);
    const auto end = bytes.begin() + static_cast<std::ptrdiff_t>(part);
    put_on_the_way(*socket, {.kind = Segment::Kind::Bytes, .bytes = {bytes.begin(), end}, .arrives = {}});
    bytes.erase(bytes.begin(), end);
  }
  return count;
}

Result<void> Network::shutdown(std::size_t host, int fd, int how) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (socket->state != Socket::State::Connected || socket->broken) return Error::from_os(ENOTCONN);
  if (how != SHUT_WR) socket->read_shut = true;
  if (how != SHUT_RD && !std::exchange(socket->write_shut, true)) {
    put_on_the_way(*socket, {.kind = Segment::Kind::End, .bytes = {}, .arrives = {}});
  }
  changed(*socket);
  return {};
}

void Network::close(std::size_t host, int fd) noexcept {
  const auto found = mine(host, fd);
  if (!found) return;
  Socket& socket = **found;
  world_.happens(What::Close, host, static_cast<std::uint64_t>(fd));
  unwatch(fd);
  for (const int waiting : socket.queue) {
    if (Socket* unaccepted = find(waiting); unaccepted != nullptr) {
      tell_reset(host, unaccepted->other, Duration::zero());
      erase(waiting);
    }
  }
  if (socket.state != Socket::State::Connected || socket.broken) return erase(fd);
  const auto lingers = socket.options.find({SOL_SOCKET, SO_LINGER});
  linger told{};
  if (lingers != socket.options.end()) std::memcpy(&told, lingers->second.data(), std::min(sizeof told, lingers->second.size()));
  // What nobody has read, and who is told to linger for no time, resets the connection.
  if (!socket.received.empty() || (told.l_onoff != 0 && told.l_linger == 0)) {
    tell_reset(host, socket.other, Duration::zero());
    return erase(fd);
  }
  socket.closed = true;
  if (!std::exchange(socket.write_shut, true)) {
    put_on_the_way(socket, {.kind = Segment::Kind::End, .bytes = {}, .arrives = {}});
  }
  if (socket.on_the_way.empty()) erase(fd);
}

std::size_t Network::buffer_of(const Socket& socket) {
  if (const auto set = socket.options.find({SOL_SOCKET, SO_RCVBUF}); set != socket.options.end()) {
    int bytes = 0;
    std::memcpy(&bytes, set->second.data(), std::min(sizeof bytes, set->second.size()));
    return static_cast<std::size_t>(std::max(bytes, 1));
  }
  if (world_.random().chance(world_.faults().cuts)) return 1 + world_.random().below(8192);
  return std::size_t{128} * 1024;
}

Result<void> Network::set_option(std::size_t host, int fd, int level, int name, std::span<const std::byte> value) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  socket->options[{level, name}].assign(value.begin(), value.end());
  return {};
}

Result<std::size_t> Network::option(std::size_t host, int fd, int level, int name, std::span<std::byte> value) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  const auto give = [&value]<class T>(const T& what) {
    const std::size_t size = std::min(value.size(), sizeof what);
    std::memcpy(value.data(), &what, size);
    return size;
  };
  if (level == SOL_SOCKET && name == SO_ERROR) return give(std::exchange(socket->error, 0));
  if (level == SOL_SOCKET && name == SO_TYPE) return give(int{socket->datagram ? SOCK_DGRAM : SOCK_STREAM});
  if (level == SOL_SOCKET && name == SO_PEERCRED) return give(ucred{.pid = 1, .uid = 1000, .gid = 1000});
  if (const auto set = socket->options.find({level, name}); set != socket->options.end()) {
    const std::size_t size = std::min(value.size(), set->second.size());
    std::copy_n(set->second.begin(), size, value.begin());
    return size;
  }
  std::ranges::fill(value, std::byte{0});
  return value.size();
}

Result<base::SocketAddress> Network::local(std::size_t host, int fd) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (socket->local) return *socket->local;
  if (socket->family == AF_UNIX) return base::SocketAddress::unix_path("");
  return base::SocketAddress(socket->family == AF_INET6 ? base::IpAddress::any_v6() : base::IpAddress::any_v4(), 0);
}

Result<base::SocketAddress> Network::remote(std::size_t host, int fd) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  const bool connected = socket->datagram || (socket->state == Socket::State::Connected && !socket->broken);
  if (!connected || !socket->remote) return Error::from_os(ENOTCONN);
  return *socket->remote;
}

Result<std::array<int, 2>> Network::pair(std::size_t host) {
  if (!world_.is_up(host)) return Error::from_os(ENETDOWN);
  Socket& one = make(host, AF_UNIX);
  Socket& other = make(host, AF_UNIX);
  for (Socket* end : {&one, &other}) end->local = end->remote = base::SocketAddress::unix_path("").value();
  join(one, other);
  return std::array<int, 2>{one.fd, other.fd};
}

Result<void> Network::watch(std::size_t host, int fd, Poller* poller) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (socket->poller != nullptr) return Error::from_os(EEXIST);
  socket->poller = poller;
  changed(*socket);
  return {};
}

void Network::unwatch(int fd) noexcept {
  if (Socket* socket = find(fd); socket != nullptr) socket->poller = nullptr;
}

std::uint32_t Network::ready(int fd) const noexcept {
  using base::PollEvent;
  const Socket* socket = find(fd);
  if (socket == nullptr) return 0;
  if (socket->datagram) {
    return std::uint32_t{PollEvent::Writable} | (socket->inbox.empty() ? 0U : std::uint32_t{PollEvent::Readable}) |
           (socket->error == 0 ? 0U : std::uint32_t{PollEvent::Readable | PollEvent::Failed});
  }
  switch (socket->state) {
    case Socket::State::Fresh: return PollEvent::Writable | PollEvent::ReadClosed | PollEvent::WriteClosed;
    case Socket::State::Listening: return socket->queue.empty() ? 0 : std::uint32_t{PollEvent::Readable};
    case Socket::State::Connecting: return 0;
    case Socket::State::Failed:
    case Socket::State::Connected: break;
  }
  std::uint32_t bits = 0;
  const bool hung_up = socket->broken || socket->state == Socket::State::Failed || (socket->read_end && socket->write_shut);
  const bool ends = socket->read_end || socket->read_shut;
  if (!socket->received.empty() || ends || hung_up) bits |= PollEvent::Readable;
  if (ends || hung_up) bits |= PollEvent::ReadClosed;
  if (hung_up || (socket->window > 0 && !socket->write_shut)) bits |= PollEvent::Writable;
  if (hung_up) bits |= PollEvent::WriteClosed;
  if (socket->error != 0) bits |= PollEvent::WriteClosed | PollEvent::Failed;
  return bits;
}

void Network::changed(Socket& socket) noexcept {
  if (socket.poller != nullptr) socket.poller->mark(socket.fd);
}

/// Where a call took less than there is: as if the rest had come just after it.
void Network::changed_soon(int fd) {
  world_.at(world_.now() + world_.random().between(Duration(1), std::chrono::microseconds(50)), [this, fd] {
    if (Socket* socket = find(fd); socket != nullptr) changed(*socket);
  });
}

std::size_t Network::open(std::size_t host) const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(sockets_, [host](const auto& each) {
    const Socket& socket = *each.second;
    return socket.host == host && !socket.closed;
  }));
}

void Network::erase(int fd) noexcept {
  unwatch(fd);
  sockets_.erase(fd);
}

}  // namespace rondeau::sim
