// The driver: everything the runtime asks of the world goes through it. The production driver is the kernel
// (epoll); tests wrap it or replace it, and the code above runs unchanged.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rondeau/base/const_buffer.h>
#include <rondeau/base/instant.h>
#include <rondeau/base/mutable_buffer.h>
#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>

namespace rondeau::base {

/// One readiness report of a Poller: the token given at add(), and what became possible.
struct PollEvent {
  enum Bits : std::uint32_t { Readable = 1, Writable = 2, ReadClosed = 4, WriteClosed = 8, Priority = 16, Failed = 32 };
  std::uint64_t token;
  std::uint32_t ready;
};

/// What a receive took, and what it left behind; bytes.
struct Received {
  std::size_t count;
  std::size_t rest;
};

/// A message to send: a datagram, or bytes of a stream that carry descriptors.
struct OutgoingMessage {
  std::span<const std::byte> bytes;
  const sockaddr* to = nullptr;  ///< null: whom the socket is connected with
  socklen_t to_size = 0;
  std::span<const int> descriptors = {};  ///< a Unix socket duplicates them into the receiver
  std::size_t sent = 0;                   ///< filled: bytes; all of them where it is a datagram
};

/// Room for a message to receive, and what was received.
struct IncomingMessage {
  std::span<std::byte> room;
  sockaddr* from = nullptr;              ///< null: the sender does not matter
  socklen_t from_size = 0;               ///< room at `from`; filled: what the address takes, 0 for a sender without one
  std::span<int> descriptors = {};       ///< room for those that a Unix socket brings along
  std::size_t received = 0;              ///< filled: bytes
  std::size_t descriptors_received = 0;  ///< filled: they are the caller's now, close-on-exec
  bool truncated = false;                ///< filled: a datagram was longer than the room, its rest is gone
};

/// Waits for many descriptors; one per shard of the reactor. Reports are edge-triggered: a change is told once.
class Poller {
 public:
  virtual ~Poller() = default;
  /// Watches both directions. Any thread.
  virtual Result<void> add(int descriptor, std::uint64_t token) = 0;
  /// No event fetched afterwards names the descriptor's token. Called before the descriptor is closed. Any thread.
  virtual void remove(int descriptor) noexcept = 0;
  /// Waits at most `timeout` (nullopt: until an event or wake()). Returns the events, valid until the next call.
  /// One thread at a time.
  virtual std::span<const PollEvent> wait(std::optional<Duration> timeout) noexcept = 0;
  /// Ends a wait on another thread, or the next one. Any thread.
  virtual void wake() noexcept = 0;
};

/// Clock, randomness, sockets and names of hosts. Descriptors are ints; those of another driver than the kernel's mean
/// nothing to it.
/// Socket calls never wait (Errc::WouldBlock), never raise SIGPIPE and never report EINTR.
/// Thread safety: any thread.
class Driver {
 public:
  virtual ~Driver() = default;

  virtual Instant now() noexcept = 0;
  /// Nanoseconds since 1970-01-01 UTC.
  virtual std::int64_t wall_clock() noexcept = 0;
  /// Bytes fit for secrets.
  virtual void random(std::span<std::byte> out) noexcept = 0;
  /// `batch`: at most so many events per wait.
  virtual Result<std::unique_ptr<Poller>> make_poller(std::size_t batch) = 0;

  /// Non-blocking and close-on-exec from birth, as is what accept returns.
  virtual Result<int> socket(int family, int type, int protocol) = 0;
  virtual Result<void> bind(int socket, const sockaddr* address, socklen_t size) = 0;
  virtual Result<void> listen(int socket, int backlog) = 0;
  /// `peer` and `size` may be null.
  virtual Result<int> accept(int listener, sockaddr* peer, socklen_t* size) = 0;
  /// Errc::WouldBlock while the connection is being made: wait for writability, then read SO_ERROR.
  virtual Result<void> connect(int socket, const sockaddr* address, socklen_t size) = 0;
  /// `flags` as for recv(2).
  virtual Result<std::size_t> receive(int socket, std::span<std::byte> out, int flags) = 0;
  /// As receive() without flags, for a socket that was told to tell the rest (TCP_INQ). The rest is 0 only where
  /// nothing is left, the peer's end included; a change after that is an event.
  virtual Result<Received> receive_telling_rest(int socket, std::span<std::byte> out) = 0;
  virtual Result<std::size_t> send(int socket, std::span<const std::byte> bytes) = 0;
  /// More buffers than the system takes in one call are cut, not refused.
  virtual Result<std::size_t> send_vectored(int socket, std::span<const ConstBuffer> buffers) = 0;
  /// `how` as for shutdown(2).
  virtual Result<void> shutdown(int socket, int how) = 0;
  virtual void close(int socket) noexcept = 0;
  virtual Result<void> set_option(int socket, int level, int name, std::span<const std::byte> value) = 0;
  /// Returns how many bytes of `value` were filled.
  virtual Result<std::size_t> option(int socket, int level, int name, std::span<std::byte> value) = 0;
  virtual Result<void> local_address(int socket, sockaddr* address, socklen_t* size) = 0;
  virtual Result<void> peer_address(int socket, sockaddr* address, socklen_t* size) = 0;

  // What a driver may do without: these give Errc::Unsupported unless they are overridden.

  /// Sends messages in order, each as one datagram where the socket has datagrams. Returns how many were taken, at
  /// least one of a span that is not empty; an error is the first message's. May take fewer than it could.
  virtual Result<std::size_t> send_messages(int socket, std::span<OutgoingMessage> messages);
  /// Receives what is there, at most one message for each element, and returns how many; never waits for more than
  /// the first. `flags` as for recv(2). At the end of a stream one message of 0 bytes.
  ///
  /// Errors: TooLarge where more descriptors came than a room that is not empty takes: the message is gone, and all it
  /// brought is closed. Without room for descriptors they are closed and nothing is said.
  virtual Result<std::size_t> receive_messages(int socket, std::span<IncomingMessage> messages, int flags);
  /// Two sockets connected with each other, as socketpair(2); otherwise as socket().
  virtual Result<std::array<int, 2>> socket_pair(int family, int type, int protocol);
  /// The reading and the writing end of a pipe, non-blocking and close-on-exec; close() closes them.
  virtual Result<std::array<int, 2>> pipe();
  /// Reads from a pipe or a connected socket, filling one buffer after the other; 0 is the end.
  virtual Result<std::size_t> read(int descriptor, std::span<const MutableBuffer> buffers);
  /// Writes to a pipe; BrokenPipe where nobody reads, never SIGPIPE. Buffers as in send_vectored().
  virtual Result<std::size_t> write(int descriptor, std::span<const ConstBuffer> buffers);
  /// Sends what a file of the system holds from `offset` on, at most `count` bytes, without a copy of ours; 0 where the
  /// file ends there. May wait for the disk. Errors: as send(); InvalidArgument or Unsupported where this kind of file
  /// cannot be sent so.
  virtual Result<std::size_t> send_file(int socket, int file, std::uint64_t offset, std::size_t count);
  /// The addresses of a host by its name, best first, each with `port`; for stream and datagram sockets alike.
  ///
  /// The one call here that blocks: it is made on a thread of the pool "resolver", or where a simulation runs such
  /// calls. Errors: NotFound for a name without addresses; TimedOut where that could not be found out for now.
  virtual Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint16_t port);
};

/// The kernel. Lives as long as the process.
Driver& kernel_driver() noexcept;

}  // namespace rondeau::base
