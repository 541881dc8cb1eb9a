// ConnectionEntry: a connection as the list of all sees it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include <rondeau/base/instant.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/io/stream.h>
#include <rondeau/task/join_handle.h>

namespace rondeau::server {

class Connections;

class ConnectionEntry {
 public:
  ConnectionEntry(const ConnectionEntry&) = delete;
  ConnectionEntry& operator=(const ConnectionEntry&) = delete;

  /// Relaxed: who reads it may come a moment too late in any case.
  bool in_request() const noexcept { return in_request_.load(std::memory_order_relaxed); }
  void set_in_request(bool yes) noexcept { in_request_.store(yes, std::memory_order_relaxed); }

 protected:
  ConnectionEntry() = default;
  ~ConnectionEntry() = default;
  /// Any thread, while the entry is on the list.
  virtual void stop_reading() noexcept = 0;
  /// The same; null where it is not known.
  virtual const base::SocketAddress* known_peer() const noexcept = 0;

 private:
  friend class Connections;
  // Under the list's lock:
  ConnectionEntry* previous_ = nullptr;
  ConnectionEntry* next_ = nullptr;
  std::optional<task::AbortHandle> task_;
  Instant opened_;
  bool listed_ = false;
  bool counted_by_address_ = false;
  std::atomic<bool> in_request_{false};  ///< written by the connection, read by who drains
};

}  // namespace rondeau::server
