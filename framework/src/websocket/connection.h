// The task of an open WebSocket's connection, which alone touches its stream.
#pragma once

#include <rondeau/http/upgrade.h>
#include <rondeau/task/task.h>
#include <rondeau/websocket/handles.h>

#include "websocket/session.h"

namespace rondeau::websocket {

/// The stream goes away with the connection's task; whoever holds a half has to know.
class EndsSession {
 public:
  explicit EndsSession(Session& session) noexcept : session_(session) {}
  EndsSession(const EndsSession&) = delete;
  EndsSession& operator=(const EndsSession&) = delete;
  ~EndsSession() { session_.end(); }

 private:
  Session& session_;
};

/// Reads, writes and keeps the time until the WebSocket is over. Something may be unsent then: nothing takes it.
///
/// Cancellation: what was read and not taken is lost. Lifetime: `upgraded` outlives the task.
task::Task<void> run_connection(http::UpgradedStream& upgraded, SessionPtr session);

}  // namespace rondeau::websocket
