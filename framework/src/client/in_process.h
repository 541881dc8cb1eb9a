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

/// Gets borrowed requests; their blocks outlive the answers and their bodies. Called from any thread.
using RequestHandler = std::function<task::Task<Result<http::Response>>(http::Request)>;

/// Hands the attempt to the handler as a request, which `prepare` sees first.
task::Task<Result<std::unique_ptr<Answer>, Failure>> ask_handler(std::shared_ptr<const RequestHandler> handler,
                                                                 Attempt attempt,
                                                                 std::function<void(http::Request&)> prepare);

class InProcess final : public Transport {
 public:
  explicit InProcess(RequestHandler handler) : handler_(std::make_shared<const RequestHandler>(std::move(handler))) {}

  task::Task<Result<std::unique_ptr<Answer>, Failure>> send(Attempt attempt) override {
    return ask_handler(handler_, attempt, nullptr);
  }

 private:
  const std::shared_ptr<const RequestHandler> handler_;
};

}  // namespace rondeau::client
