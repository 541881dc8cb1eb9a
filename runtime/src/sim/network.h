// The network of a world: sockets, what is on the way between them, and who listens where.
//
// A connection is two sockets, each with the segments that are on the way to the other: in order, each with the moment
// at which it arrives at the earliest. One pump for each direction takes the first one out when its time has come. Where
// the way is cut or the other host is down it comes again later, as a sender would, and gives up after a quarter of an
// hour. What a socket may send is bounded by the room in the other's buffer; a reader's news of room takes a delay too.
//
// Readiness is told as epoll does, edge-triggered: a change marks the socket in its poller, which reports what it is
// ready for when it is asked. A call that takes less than it could, where no kernel would, is followed by another report.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/driver.h>
#include <rondeau/base/socket_address.h>

namespace rondeau::sim {

class World;
class Poller;

inline bool is_any_address(const base::SocketAddress& address) noexcept {
  return address.is_ip() && address.ip().is_unspecified();
}

/// One direction between two sockets carries these.
struct Segment {
  enum class Kind : std::uint8_t { Accepted, Bytes, End };
  Kind kind = Kind::Bytes;
  std::vector<std::byte> bytes;
  Instant arrives;
};

struct Datagram {
  std::vector<std::byte> bytes;
  base::SocketAddress from;
};

struct Socket {
  enum class State : std::uint8_t { Fresh, Listening, Connecting, Connected, Failed };

  int fd = 0;
  std::size_t host = 0;
  int family = 0;
  bool datagram = false;
  State state = State::Fresh;
  std::optional<base::SocketAddress> local;
  std::optional<base::SocketAddress> remote;
  std::map<std::pair<int, int>, std::vector<std::byte>> options;
  int error = 0;  ///< SO_ERROR
  Poller* poller = nullptr;

  std::deque<Datagram> inbox;  ///< of a datagram socket, the only thing below that it has

  std::deque<int> queue;  ///< of a listener: connections nobody has accepted yet
  std::size_t backlog = 0;

  int other = 0;               ///< the connection's other socket; it may be gone
  std::size_t other_host = 0;
  std::deque<std::byte> received;
  std::size_t window = 0;      ///< bytes that may be sent now
  bool out_of_room = false;    ///< told WouldBlock, or less than was to be sent
  bool read_end = false;       ///< the other side's end has arrived
  bool read_shut = false;
  bool write_shut = false;
  bool broken = false;         ///< reset, or timed out
  bool closed = false;         ///< by its owner; it only waits for its segments to arrive

  std::deque<Segment> on_the_way;
  bool pumped = false;         ///< an event will look at them
  Instant line_free;           ///< when the last one will have left
  Duration again{0};           ///< after which delay it is tried again
  Instant first_try;
  bool unanswered = false;     ///< await_answer() looks after it
};

class Network {
 public:
  explicit Network(World& world) noexcept : world_(world) {}
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // ---- what base::Driver and base::Poller promise, for one host
  Result<int> socket(std::size_t host, int family, int type);
  Result<void> bind(std::size_t host, int fd, const base::SocketAddress& address);
  Result<void> listen(std::size_t host, int fd, int backlog);
  Result<int> accept(std::size_t host, int fd, std::optional<base::SocketAddress>& peer);
  Result<void> connect(std::size_t host, int fd, const base::SocketAddress& address);
  Result<std::size_t> receive(std::size_t host, int fd, std::span<std::byte> out, int flags, std::size_t* rest = nullptr);
  Result<std::size_t> send(std::size_t host, int fd, std::span<const base::ConstBuffer> buffers);
  Result<std::size_t> send_datagrams(std::size_t host, int fd, std::span<base::OutgoingMessage> messages);
  Result<std::size_t> receive_datagrams(std::size_t host, int fd, std::span<base::IncomingMessage> messages, int flags);
  Result<void> shutdown(std::size_t host, int fd, int how);
  void close(std::size_t host, int fd) noexcept;
  Result<void> set_option(std::size_t host, int fd, int level, int name, std::span<const std::byte> value);
  Result<std::size_t> option(std::size_t host, int fd, int level, int name, std::span<std::byte> value);
  Result<base::SocketAddress> local(std::size_t host, int fd);
  Result<base::SocketAddress> remote(std::size_t host, int fd);
  Result<std::array<int, 2>> pair(std::size_t host);
  Result<void> watch(std::size_t host, int fd, Poller* poller);
  void unwatch(int fd) noexcept;
  std::uint32_t ready(int fd) const noexcept;

  // ---- what befalls
  /// The host's sockets are gone; `told`: its kernel still says so to the other sides.
  void vanish(std::size_t host, bool told);
  void reset_between(std::size_t one, std::size_t other);
  /// Descriptors of a host that nobody has closed.
  std::size_t open(std::size_t host) const noexcept;

 private:
  Socket* find(int fd) const noexcept;
  Result<Socket*> mine(std::size_t host, int fd) const;
  Socket& make(std::size_t host, int family);
  bool taken(const Socket& but, const base::SocketAddress& address) const;
  std::uint16_t free_port(const Socket& socket, const base::SocketAddress& address);
  void bind_if_unbound(Socket& socket, const base::SocketAddress& to);
  Socket* listener_for(std::size_t host, const base::SocketAddress& address);

  Result<void> send_datagram(Socket& from, base::OutgoingMessage& message);
  void datagram_arrives(int from, std::size_t host, const base::SocketAddress& to, const Datagram& datagram);

  void try_connect(int fd, unsigned attempt);
  void establish(Socket& client, Socket& listener);
  void join(Socket& one, Socket& other);
  void fail_connect(int fd, int error);

  void put_on_the_way(Socket& from, Segment segment);
  void pump(int fd);
  void pump_later(Socket& from, Instant when);
  void await_answer(int fd, Duration waited);
  /// False: `from` is not what it was.
  bool arrive(Socket& from, Segment segment);
  bool gets_through(std::size_t from, std::size_t to) const noexcept;
  void give_room(int fd, std::size_t host, std::size_t bytes, Duration waited);
  void tell_reset(std::size_t from, int fd, Duration waited);
  void end_with(Socket& socket, int error);
  void erase(int fd) noexcept;
  void changed(Socket& socket) noexcept;
  void changed_soon(int fd);
  std::size_t buffer_of(const Socket& socket);
  Duration delay(std::size_t from, std::size_t to);

  World& world_;
  int last_fd_ = 1 << 20;
  std::map<int, std::unique_ptr<Socket>> sockets_;  // by number: the order is part of the run
  std::map<std::size_t, std::uint16_t> last_port_;
};

}  // namespace rondeau::sim
