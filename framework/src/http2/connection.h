// Connection: HTTP/2 on a socket – its session, the tasks that answer, and the lock they share.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>

#include <rondeau/handler/response_future.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task.h>
#include <rondeau/task/task_scope.h>

#include "http/output_buffer.h"
#include "http2/session.h"
#include "server/connection.h"

namespace rondeau::http2 {

/// Answers the requests of one connection until one side ends it; each that has to wait in a task of its own, all of
/// them children of this one. `early`: bytes that were read already.
///
/// Cancellation: the tasks are ended, then the connection is closed. Lifetime: `owner` outlives it.
task::Task<void> serve_connection(server::Connection& owner, std::string early);

/// The stream is used by the connection's own task alone; the session by all, one at a time.
class Connection {
 public:
  explicit Connection(server::Connection& owner);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  task::Task<void> run(std::string early);

  // For the tasks that answer.

  const server::Connection& owner() const noexcept { return owner_; }
  server::Shared& server() noexcept { return owner_.server(); }
  const http::Limits& limits() noexcept { return owner_.server().limits; }
  const base::SocketAddress* peer() noexcept { return owner_.peer(); }

  /// Runs `change(session)` under the lock, and has sent what there is to send.
  template <class F>
  auto change(F&& function) {
    const WakesAfter wakes{wake_};
    const std::lock_guard lock(mutex_);
    session_.set_now(Instant::now());
    return function(session_);
  }
  /// The same where nothing will have to be sent, or the connection's task does it anyhow.
  template <class F>
  auto look(F&& function) {
    const std::lock_guard lock(mutex_);
    return function(session_);
  }

 private:
  enum class Received : std::uint8_t { Bytes, Nothing, End, Broken };
  struct WakesAfter {
    sync::Notify& wake;
    ~WakesAfter() { wake.notify_one(); }
  };

  task::Task<void> talk(task::TaskScope& scope);
  task::Task<void> watch_drain();
  task::Task<void> linger();
  Received receive() noexcept;
  void begin_requests(task::TaskScope& scope);
  /// Sends what there is. False: it has had its turn, and there is more.
  bool push() noexcept;
  bool push_bytes() noexcept;
  /// What is due by the clock; returns when to look again.
  Instant check_time();
  /// When a peer that takes nothing, or too little, is given up.
  Instant patience_ends();
  bool is_over() noexcept;

  server::Connection& owner_;
  http::OutputBuffer output_;
  bool blocked_ = false;  // the socket does not take everything
  bool broken_ = false;   // it will never take anything again
  // Since it has not been able to take everything:
  Instant blocked_since_;
  Instant progressed_;         // when it last took something, or something reached the peer
  std::uint64_t taken_ = 0;    // bytes
  std::uint64_t arrived_ = 0;  // what had reached the peer at the last look
  sync::Notify wake_;  // there is something to send
  std::mutex mutex_;   // guards the session and its streams
  Session session_;
};

}  // namespace rondeau::http2
