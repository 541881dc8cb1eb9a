// Layered: a transport with middleware around it.
#pragma once

#include <memory>

#include <rondeau/handler/layer.h>
#include <rondeau/routing/dispatcher.h>

#include "client/in_process.h"
#include "client/transport.h"

namespace rondeau::client {

class Layered final : public Transport {
 public:
  /// `layers` ends with forward_request().
  Layered(std::shared_ptr<Transport> inner, std::shared_ptr<const routing::Dispatcher> layers);

  task::Task<Result<std::unique_ptr<Answer>, Failure>> send(Attempt attempt) override;
  task::Task<void> close(Instant deadline) override { return inner_->close(deadline); }
  ClientStats stats() const override { return inner_->stats(); }

 private:
  const std::shared_ptr<Transport> inner_;
  const std::shared_ptr<const RequestHandler> handler_;
};

/// The innermost layer: sends what has come through the others.
task::Task<http::Response> forward_request(http::Request request, handler::Next next);

}  // namespace rondeau::client
