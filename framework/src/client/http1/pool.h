// The pool of connections to one origin.
#pragma once

#include <memory>

#include <rondeau/client/limits.h>
#include <rondeau/client/options.h>
#include <rondeau/connect/connector.h>
#include <rondeau/connect/pool.h>

#include "client/http1/connection.h"
#include "client/http1/mailbox.h"

namespace rondeau::client::http1 {

using Pool = connect::Pool<ConnectionPtr, connect::ConnectError>;

/// Makes, watches and drains them.
class Manager final : public connect::Manager<ConnectionPtr, connect::ConnectError> {
 public:
  Manager(connect::Connector connector, connect::Endpoint endpoint, const AnswerLimits& limits,
          std::shared_ptr<Room> room, std::shared_ptr<Mailbox> made)
      : connector_(std::move(connector)),
        endpoint_(std::move(endpoint)),
        limits_(limits),
        room_(std::move(room)),
        made_(std::move(made)) {}

  task::Task<Result<ConnectionPtr, connect::ConnectError>> connect() override;
  /// Who asks decides about that.
  bool is_worth_retrying(const connect::ConnectError&) const noexcept override { return false; }
  connect::Recycle on_release(ConnectionPtr& connection) noexcept override;
  task::Task<bool> recycle(ConnectionPtr& connection) override;
  io::Reader* reader(ConnectionPtr& connection) noexcept override { return &*connection->stream; }
  bool on_idle_readable(ConnectionPtr& connection) noexcept override;

 private:
  const connect::Connector connector_;
  const connect::Endpoint endpoint_;
  const AnswerLimits limits_;
  const std::shared_ptr<Room> room_;
  const std::shared_ptr<Mailbox> made_;
};

/// Connections in `made` are used before others are dialled; it may be null.
Pool make_pool(connect::Connector connector, connect::Endpoint endpoint, const ConnectionOptions& connections,
               const AnswerLimits& limits, std::shared_ptr<Room> room, std::shared_ptr<Mailbox> made);

}  // namespace rondeau::client::http1
