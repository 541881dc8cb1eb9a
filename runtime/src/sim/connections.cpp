// What happens between sockets: connections are made, segments arrive, are lost or reset.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "sim/network.h"
#include "sim/poller.h"
#include "sim/world.h"

namespace rondeau::sim {
namespace {

/// As Linux does: seven attempts, which double their pause.
constexpr unsigned kConnectAttempts = 7;
constexpr std::chrono::seconds kFirstConnectPause{1};

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::seconds kLongestPause{120};
constexpr std::chrono::minutes kGivesUpAfter{15};

}  // namespace

Duration Network::delay(std::size_t from, std::size_t to) {
  if (from == to) return world_.random().between(std::chrono::microseconds(5), std::chrono::microseconds(50));
  const Link& link = world_.link(from, to);
  Duration delay = world_.random().between(link.latency, link.latency_max);
  if (world_.random().chance(link.slow)) delay += link.slow_latency;
  return delay;
}

bool Network::gets_through(std::size_t from, std::size_t to) const noexcept {
  return world_.connected(from, to) && world_.is_up(to) && world_.is_up(from);
}

Result<void> Network::connect(std::size_t host, int fd, const base::SocketAddress& address) {
  RONDEAU_TRY_PLAIN(Socket * socket, mine(host, fd));
  if (socket->state == Socket::State::Connecting) return Error::from_os(EALREADY);
  if (socket->state != Socket::State::Fresh) return Error::from_os(EISCONN);
  if (address.family() != socket->family) return Error::from_os(EAFNOSUPPORT);
  if (socket->datagram) {
    bind_if_unbound(*socket, address);
    socket->remote = address;
    return {};
  }
  world_.happens(What::Connect, host, static_cast<std::uint64_t>(fd), address.port());
  if (address.is_unix()) {
    Socket* const listener = listener_for(host, address);
    if (listener == nullptr) return Error::from_os(ECONNREFUSED);
    if (listener->queue.size() >= listener->backlog) return Errc::Overloaded;
    if (!socket->local) socket->local = base::SocketAddress::unix_path("").value();
    socket->remote = address;
    establish(*socket, *listener);
    return {};
  }
  const std::optional<std::size_t> to = world_.host_at(host, address.ip());
  if (!to) return Error::from_os(EHOSTUNREACH);
  bind_if_unbound(*socket, address);
  socket->remote = address;
  socket->other_host = *to;
  socket->state = Socket::State::Connecting;
  const unsigned first = world_.random().chance(world_.faults().black_holes) ? kConnectAttempts : 0;
  if (first == kConnectAttempts) {
    const Duration in_vain = kFirstConnectPause * ((1U << kConnectAttempts) - 1);
    world_.at(world_.now() + in_vain, [this, fd] { fail_connect(fd, ETIMEDOUT); });
  } else {
    world_.at(world_.now() + delay(host, *to), [this, fd] { try_connect(fd, 0); });
  }
  return Errc::WouldBlock;
}

/// The host's address on the way to `to`.
void Network::bind_if_unbound(Socket& socket, const base::SocketAddress& to) {
  if (socket.local && !is_any_address(*socket.local)) return;
  const bool to_itself = to.ip().is_loopback() || to.ip().is_unspecified();
  base::SocketAddress local(to_itself ? to.ip() : world_.address(socket.host), socket.local ? socket.local->port() : 0);
  if (local.port() == 0) local.set_port(free_port(socket, local));
  socket.local = std::move(local);
}

/// The request to connect arrives, or would.
void Network::try_connect(int fd, unsigned attempt) {
  Socket* const client = find(fd);
  if (client == nullptr || client->state != Socket::State::Connecting) return;
  const std::size_t from = client->host;
  const std::size_t to = client->other_host;
  Socket* const listener = gets_through(from, to) ? listener_for(to, *client->remote) : nullptr;
  const bool refused = gets_through(from, to) &&
                       (listener == nullptr || world_.random().chance(world_.faults().refusals));
  if (refused && gets_through(to, from)) {
    world_.at(world_.now() + delay(to, from), [this, fd] { fail_connect(fd, ECONNREFUSED); });
    return;
  }
  if (listener != nullptr && !refused && listener->queue.size() < listener->backlog) return establish(*client, *listener);
  world_.happens(What::Unanswered, from, static_cast<std::uint64_t>(fd), attempt);
  const Duration pause = kFirstConnectPause * (1U << attempt);
  if (attempt + 1 == kConnectAttempts) {
    world_.at(world_.now() + pause, [this, fd] { fail_connect(fd, ETIMEDOUT); });
  } else {
    world_.at(world_.now() + pause + delay(from, to), [this, fd, attempt] { try_connect(fd, attempt + 1); });
  }
}

void Network::fail_connect(int fd, int error) {
  Socket* const client = find(fd);
  if (client == nullptr || client->state != Socket::State::Connecting) return;
  world_.happens(What::Refused, client->host, static_cast<std::uint64_t>(fd), static_cast<std::uint64_t>(error));
  client->state = Socket::State::Failed;
  client->error = error;
  changed(*client);
}

/// The listener's side has the connection now; the client's learns of it by the first thing that arrives.
void Network::establish(Socket& client, Socket& listener) {
  Socket& server = make(listener.host, client.family);
  server.local = client.remote;
  server.remote = client.local;
  server.options = listener.options;
  world_.happens(What::Established, listener.host, static_cast<std::uint64_t>(server.fd),
                 static_cast<std::uint64_t>(client.fd));
  const bool at_once = client.family == AF_UNIX;
  join(client, server);
  if (!at_once) {
    client.state = Socket::State::Connecting;
    put_on_the_way(server, {.kind = Segment::Kind::Accepted, .bytes = {}, .arrives = {}});
  }
  listener.queue.push_back(server.fd);
  changed(listener);
}

void Network::join(Socket& one, Socket& other) {
  one.state = other.state = Socket::State::Connected;
  one.other = other.fd;
  other.other = one.fd;
  one.other_host = other.host;
  other.other_host = one.host;
  one.window = buffer_of(other);
  other.window = buffer_of(one);
}

void Network::put_on_the_way(Socket& from, Segment segment) {
  const Link& link = world_.link(from.host, from.other_host);
  Instant leaves = std::max(world_.now(), from.line_free);
  if (link.bytes_per_second != 0 && from.host != from.other_host) {
    leaves = leaves + Duration(static_cast<std::int64_t>(segment.bytes.size() * 1'000'000'000 / link.bytes_per_second));
  }
  from.line_free = leaves;
  segment.arrives = leaves + delay(from.host, from.other_host);
  if (!from.on_the_way.empty()) segment.arrives = std::max(segment.arrives, from.on_the_way.back().arrives);
  from.on_the_way.push_back(std::move(segment));
  if (!from.pumped) pump_later(from, from.on_the_way.front().arrives);
}

void Network::pump_later(Socket& from, Instant when) {
  from.pumped = true;
  world_.at(when, [this, fd = from.fd] { pump(fd); });
}

void Network::pump(int fd) {
  Socket* const from = find(fd);
  if (from == nullptr) return;
  from->pumped = false;
  if (from->on_the_way.empty()) return;
  if (!gets_through(from->host, from->other_host)) {
    if (from->again == Duration::zero()) from->first_try = world_.now();
    if (world_.now() - from->first_try >= kGivesUpAfter) return end_with(*from, ETIMEDOUT);
    from->again = std::clamp<Duration>(from->again * 2, kFirstPause, kLongestPause);
    world_.happens(What::Lost, from->host, static_cast<std::uint64_t>(fd));
    return pump_later(*from, world_.now() + from->again);
  }
  from->again = Duration::zero();
  Segment segment = std::move(from->on_the_way.front());
  from->on_the_way.pop_front();
  if (!arrive(*from, std::move(segment))) return;
  if (!gets_through(from->other_host, from->host) && !std::exchange(from->unanswered, true)) {
    await_answer(fd, Duration::zero());
  }
  if (!from->on_the_way.empty()) return pump_later(*from, std::max(world_.now(), from->on_the_way.front().arrives));
  if (from->closed) erase(fd);
}

/// What was sent arrived, but the other side can't say so.
void Network::await_answer(int fd, Duration waited) {
  Socket* const from = find(fd);
  if (from == nullptr || from->broken) return;
  if (gets_through(from->other_host, from->host)) {
    from->unanswered = false;
    return;
  }
  if (waited >= kGivesUpAfter) return end_with(*from, ETIMEDOUT);
  const Duration pause = std::clamp<Duration>(waited, kFirstPause, kLongestPause);
  world_.at(world_.now() + pause, [=, this] { await_answer(fd, waited + pause); });
}

bool Network::arrive(Socket& from, Segment segment) {
  Socket* const to = find(from.other);
  const bool resets = segment.kind == Segment::Kind::Bytes && from.host != from.other_host &&
                      world_.random().chance(world_.faults().resets);
  if (resets && to != nullptr) {
    const int fd = from.fd;
    end_with(*to, ECONNRESET);
    tell_reset(from.other_host, fd, Duration::zero());
    return false;
  }
  // Nobody is there any more, or nobody will ever read this.
  if (to == nullptr || to->broken || (to->closed && segment.kind == Segment::Kind::Bytes)) {
    // Both sides have said their end; otherwise the other one was cut off by a crash.
    if (segment.kind == Segment::Kind::End && to == nullptr && from.read_end) {
      from.on_the_way.clear();
      return true;
    }
    const int fd = from.fd;
    const std::size_t other_host = from.other_host;
    if (to != nullptr && to->closed) erase(to->fd);
    from.on_the_way.clear();
    tell_reset(other_host, fd, Duration::zero());
    return false;
  }
  switch (segment.kind) {
    case Segment::Kind::Accepted:
      to->state = Socket::State::Connected;
      break;
    case Segment::Kind::Bytes:
      world_.happens(What::Arrives, to->host, static_cast<std::uint64_t>(to->fd), segment.bytes.size());
      to->received.insert(to->received.end(), segment.bytes.begin(), segment.bytes.end());
      break;
    case Segment::Kind::End:
      world_.happens(What::EndArrives, to->host, static_cast<std::uint64_t>(to->fd));
      to->read_end = true;
      break;
  }
  changed(*to);
  return true;
}

/// A reader has taken bytes: the other side hears of it after a delay, once it can.
void Network::give_room(int fd, std::size_t host, std::size_t bytes, Duration waited) {
  Socket* const sender = find(fd);
  if (sender == nullptr || waited >= kGivesUpAfter) return;
  const std::size_t to = sender->host;
  if (!gets_through(host, to)) {
    const Duration pause = std::clamp<Duration>(waited, kFirstPause, kLongestPause);
    world_.at(world_.now() + pause, [=, this] { give_room(fd, host, bytes, waited + pause); });
    return;
  }
  world_.at(world_.now() + delay(host, to), [this, fd, bytes] {
    Socket* const told = find(fd);
    if (told == nullptr || told->broken) return;
    told->window += bytes;
    if (std::exchange(told->out_of_room, false)) changed(*told);
  });
}

void Network::tell_reset(std::size_t from, int fd, Duration waited) {
  const Socket* const told = find(fd);
  if (told == nullptr || waited >= kGivesUpAfter) return;
  const std::size_t to = told->host;
  if (world_.is_up(to) && !world_.connected(from, to)) {
    const Duration pause = std::clamp<Duration>(waited, kFirstPause, kLongestPause);
    world_.at(world_.now() + pause, [=, this] { tell_reset(from, fd, waited + pause); });
    return;
  }
  world_.at(world_.now() + delay(from, to), [this, fd] {
    Socket* const reset = find(fd);
    if (reset == nullptr) return;
    world_.happens(What::ResetArrives, reset->host, static_cast<std::uint64_t>(fd));
    end_with(*reset, ECONNRESET);
  });
}

void Network::end_with(Socket& socket, int error) {
  if (socket.closed) return erase(socket.fd);
  socket.on_the_way.clear();
  if (socket.state == Socket::State::Connecting) {
    socket.state = Socket::State::Failed;
    socket.error = error;
    return changed(socket);
  }
  if (std::exchange(socket.broken, true)) return;
  socket.error = error;
  changed(socket);
}

void Network::vanish(std::size_t host, bool told) {
  std::vector<int> gone;
  for (const auto& [fd, socket] : sockets_) {
    if (socket->host == host) gone.push_back(fd);
  }
  for (const int fd : gone) {
    Socket& socket = *find(fd);
    if (told && socket.other != 0 && socket.other_host != host) tell_reset(host, socket.other, Duration::zero());
    erase(fd);
  }
}

void Network::reset_between(std::size_t one, std::size_t other) {
  std::vector<int> concerned;
  for (const auto& [fd, socket] : sockets_) {
    if (socket->state == Socket::State::Connected && socket->host == one && socket->other_host == other) {
      concerned.push_back(fd);
    }
  }
  for (const int fd : concerned) {
    tell_reset(other, fd, Duration::zero());
    tell_reset(one, find(fd)->other, Duration::zero());
  }
}

}  // namespace rondeau::sim
