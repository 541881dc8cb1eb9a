// Connections: those of HTTP/2 to one origin, and who waits for a place on one.
//
// The first request dials; others wait for what the server chooses by ALPN, and then share the connection or go on with
// HTTP/1.1. Where all streams are taken one more is dialled, one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/client/options.h>
#include <rondeau/client/stats.h>
#include <rondeau/connect/connector.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/join_handle.h>
#include <rondeau/task/task.h>

#include "client/attempt.h"
#include "client/http1/mailbox.h"
#include "client/http2/connection.h"
#include "client/http2/permit.h"
#include "client/room.h"

namespace rondeau::client::http2 {

struct ConnectionsSettings {
  connect::Endpoint endpoint;  ///< whose TLS, if any, offers the protocols
  bool prior_knowledge = false;
  ConnectionOptions connections;
  AnswerLimits limits;
  Duration write_stall;
  std::shared_ptr<Room> room;
};

/// Thread safety: any thread. Made on a thread of a runtime, where its tasks run.
class Connections : public std::enable_shared_from_this<Connections> {
 public:
  /// Nothing: the server speaks HTTP/1.1.
  using Granted = std::optional<Permit>;

  Connections(connect::Connector connector, ConnectionsSettings settings, std::shared_ptr<http1::Mailbox> http1);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// A place for one request. Cancellation: safe; a place handed over in that moment goes to the next who waits.
  task::Task<Result<Granted, Failure>> acquire(const Attempt& attempt);
  /// Who waits gets Closed; connections end when what they carry has been answered.
  void close() noexcept;
  /// Once it was closed and its last connection has ended.
  CancellationToken ended() const noexcept { return ended_; }
  void add_to(OriginStats& stats) const;

 private:
  using Outcome = Result<Granted, Failure>;
  struct Waiter {
    sync::OneshotSender<Outcome> sender;
    bool fresh;
    std::list<Waiter*>::iterator place = {};
    bool queued = false;
  };
  class InQueue;
  class Dialling;
  struct Told;
  struct Dialled {
    connect::Connected connected;
    Room::Place place;
  };

  enum class Speaks : std::uint8_t { Unknown, Http2, Http1 };

  Result<void, Failure> enqueue(Waiter& waiter, Granted& granted, bool& speaks_http1);
  bool leave(Waiter& waiter) noexcept;
  Failure too_late(Patience patience) const;
  /// Gives places to those who wait, in order, and dials for those who are left.
  void serve() noexcept;
  void serve_locked(Told& told);
  std::optional<Permit> try_permit(bool fresh);
  void look_through();
  bool may_have_more() const noexcept;
  template <class Whom, class What>
  void tell(Told& told, Whom whom, What outcome);
  template <class What>
  void tell_all(Told& told, What outcome);
  void start_dial(Duration pause);
  bool is_dialling() const noexcept;
  static task::Task<void> dial(Dialling dialling, Duration pause);
  void dialled(Result<Dialled, connect::ConnectError> made);
  bool believes_http1() const noexcept { return speaks_ == Speaks::Http1 && Instant::now() < http1_until_; }
  std::shared_ptr<Connection> start(io::AnyStream stream, Room::Place place);

  const connect::Connector connector_;
  const ConnectionsSettings settings_;
  const std::shared_ptr<http1::Mailbox> http1_;
  const runtime::Handle home_;
  const CancellationToken ended_;
  mutable std::mutex mutex_;  // guards what follows; taken before a connection's own
  Speaks speaks_ = Speaks::Unknown;
  Instant http1_until_;
  std::vector<std::shared_ptr<Connection>> connections_;  // that take requests
  std::list<Waiter*> waiters_;
  bool dialling_ = false;
  std::optional<task::AbortHandle> dial_;
  std::uint32_t allowed_ = 100;  // requests at once, as the last connection that knows says
  unsigned useless_ = 0;         // connections in a row that answered nothing
  unsigned failed_dials_ = 0;    // in a row
  bool closed_ = false;
  std::shared_ptr<void> open_;  // until it was closed; every connection has it, too, and with the last copy `ended_` is told
};

}  // namespace rondeau::client::http2
