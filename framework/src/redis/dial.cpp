#include "redis/dial.h"

#include <utility>

#include <rondeau/connect/connector.h>

namespace rondeau::redis {

task::Task<Result<io::AnyStream>> dial(std::shared_ptr<const Options> options) {
  if (options->dial) {
    auto stream = co_await options->dial();
    if (!stream) co_return Error(ErrorKind::Io, Phase::Connect, stream.error().message());
    co_return *std::move(stream);
  }
  auto connected = co_await options->connector.connect({.address = options->address, .tls = options->tls});
  if (connected) co_return std::move(connected->stream);
  const connect::ConnectError& error = connected.error();
  const bool wrong = error.kind == connect::ConnectErrorKind::InvalidEndpoint;
  const bool late = error.kind == connect::ConnectErrorKind::Timeout;
  co_return Error(wrong ? ErrorKind::Config : late ? ErrorKind::Timeout : ErrorKind::Io, Phase::Connect, error.message());
}

}  // namespace rondeau::redis
