// The driver: everything the runtime asks of the world goes through it. The production driver is the kernel
// (epoll); tests wrap it or replace it, and the code above runs unchanged.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <rondeau/base/const_buffer.h>
#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>

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

/// Clock, randomness and sockets. Descriptors are ints; those of another driver than the kernel's mean nothing to it.
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
};

/// The kernel. Lives as long as the process.
Driver& kernel_driver() noexcept;

}  // namespace rondeau::base
