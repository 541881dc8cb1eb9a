// Connections: all that a server has open, so that it can count them, wait for their end, and end them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/join_handle.h>
#include <rondeau/task/task.h>

#include "server/connection_entry.h"

namespace rondeau::server {

/// A connection as one look found it.
struct SeenConnection {
  std::optional<base::SocketAddress> peer;
  bool in_request;
  Instant opened;
};

/// Thread safety: any thread.
class Connections {
 public:
  /// Counts a connection; it counts until leave(). False where the peer's address has too many.
  bool enter(ConnectionEntry& entry, const base::SocketAddress& peer, std::optional<std::size_t> max_per_address);
  /// The same for one that was entered before its peer was known.
  bool count_address(ConnectionEntry& entry, const base::SocketAddress& peer, std::size_t max_per_address);
  /// May be the last thing that happens in the connections' lives: what waits for the end goes on.
  void leave(ConnectionEntry& entry, const base::SocketAddress& peer, std::uint64_t answered) noexcept;
  /// The task of an entered connection runs: from now on it can be ended. False: it has to end at once.
  bool started(ConnectionEntry& entry) noexcept;

  std::size_t count() const noexcept;
  /// So many at most, those that came last first.
  std::vector<SeenConnection> look(std::size_t most) const;
  /// Ends the reading of those that are between requests; they close.
  void close_idle() noexcept;
  /// Waits until none is left, or for the deadline; those that have become idle are ended again and again.
  task::Task<void> wait_until_none(Instant deadline);
  /// Runs `change`, which may touch what stop_reading() touches.
  template <class F>
  void exclusively(F change) {
    const std::lock_guard lock(mutex_);
    change();
  }
  /// Cancels all; returns how many were in a request.
  std::uint64_t cancel_all() noexcept;

  std::uint64_t entered() const noexcept;
  std::uint64_t answered() const noexcept;
  /// Notified when a connection leaves.
  sync::Notify& left() noexcept { return left_; }

 private:
  static std::string key_of(const base::SocketAddress& peer);
  bool count_locked(ConnectionEntry& entry, const base::SocketAddress& peer, std::size_t max_per_address);

  mutable std::mutex mutex_;  // guards all below
  ConnectionEntry* first_ = nullptr;
  std::size_t count_ = 0;
  std::uint64_t entered_ = 0;
  std::uint64_t answered_ = 0;
  bool cancelled_ = false;
  std::unordered_map<std::string, std::size_t> by_address_;
  sync::Notify left_;
};

}  // namespace rondeau::server
