// MemoryListener: a listener without sockets, for tests and for servers inside one program.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <rondeau/io/duplex.h>
#include <rondeau/net/socket_listener.h>

namespace rondeau::net {

class MemoryQueue;

/// Accepts connections that a MemoryConnector makes: streams in memory. Destroyed: connecting is refused from then on,
/// and connections that were not accepted end. Thread safety: any number of tasks may accept.
class MemoryListener {
 public:
  using Accept = AcceptFrom<MemoryListener>;

  explicit MemoryListener(std::shared_ptr<MemoryQueue> queue) noexcept : queue_(std::move(queue)) {}
  MemoryListener(MemoryListener&&) noexcept = default;
  MemoryListener& operator=(MemoryListener&& other) noexcept {
    std::swap(queue_, other.queue_);
    return *this;
  }
  ~MemoryListener();

  /// The next connection. Errors: Closed once all connectors are gone and none is left. Cancellation: safe.
  Accept accept() noexcept { return Accept(*this); }
  /// As accept; Errc::WouldBlock where that would wait.
  Result<io::DuplexStream> try_accept() noexcept;
  /// Of a Unix socket without a name.
  Result<SocketAddress> local_addr() const;

  bool start_wait(io::Waiter& waiter) noexcept;
  void end_wait(io::Waiter& waiter) noexcept;

 private:
  std::shared_ptr<MemoryQueue> queue_;
};

/// Connects to its MemoryListener. Copies share it. Thread safety: any thread.
class MemoryConnector {
 public:
  explicit MemoryConnector(std::shared_ptr<MemoryQueue> queue) noexcept;

  /// Never waits. Errors: ConnectionRefused where the listener is gone, Overloaded where its queue is full.
  Result<io::DuplexStream> connect() const;

 private:
  std::shared_ptr<MemoryQueue> queue_;
  std::shared_ptr<void> open_;  // the last copy tells that there will be no more
};

struct MemoryOptions {
  std::size_t backlog = 1024;   ///< connections that may wait to be accepted
  io::DuplexOptions streams{};  ///< of every connection
};

std::pair<MemoryListener, MemoryConnector> memory_listener(const MemoryOptions& options = {});

}  // namespace rondeau::net
