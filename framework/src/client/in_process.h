// InProcess: the transport whose other end is a handler in this process. No sockets, no parser, the same answers.
#pragma once

#include <functional>
#include <memory>

#include <rondeau/base/result.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/task/task.h>

#include "client/transport.h"

namespace rondeau::client {

class InProcess final : public Transport {
 public:
  /// Borrowed requests; their blocks outlive the answers and their bodies. Called from any thread.
  using Handler = std::function<task::Task<Result<http::Response>>(http::Request)>;

  explicit InProcess(Handler handler) : handler_(std::make_shared<const Handler>(std::move(handler))) {}

  task::Task<Result<std::unique_ptr<Answer>, Failure>> send(Attempt attempt) override;

 private:
  const std::shared_ptr<const Handler> handler_;
};

}  // namespace rondeau::client
