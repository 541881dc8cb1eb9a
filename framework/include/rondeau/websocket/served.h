// Served: a WebSocket behind its handshake, with the handler that is going to run.
#pragma once

#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/http/upgrade.h>
#include <rondeau/task/task.h>
#include <rondeau/websocket/handles.h>
#include <rondeau/websocket/terms.h>

namespace rondeau::websocket {

/// Runs a handler and the connection beside it. Implemented by Endpoint, which knows the handler's parameters.
class Served : public http::Upgrade {
 public:
  task::Task<void> run(http::UpgradedStream& stream) final;
  void set_terms(Terms terms) { terms_ = std::move(terms); }

 protected:
  /// Called once.
  virtual task::Task<Result<void>> call(SessionPtr session) = 0;

 private:
  task::Task<void> run_handler(SessionPtr session);

  Terms terms_;
};

}  // namespace rondeau::websocket
