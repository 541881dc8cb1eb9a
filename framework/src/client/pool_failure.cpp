#include "client/pool_failure.h"

#include "client/words.h"

namespace rondeau::client {
namespace {

constexpr std::size_t kAnswer = 4 * 1024;

Phase phase_of(connect::ConnectPhase phase) noexcept {
  switch (phase) {
    case connect::ConnectPhase::Resolve:
      return Phase::Resolve;
    case connect::ConnectPhase::Connect:
      return Phase::Connect;
    case connect::ConnectPhase::Proxy:
      return Phase::Proxy;
    case connect::ConnectPhase::Tls:
      return Phase::Tls;
  }
  return Phase::Connect;
}

ErrorKind kind_of(connect::ConnectErrorKind kind) noexcept {
  switch (kind) {
    case connect::ConnectErrorKind::InvalidEndpoint:
      return ErrorKind::InvalidUrl;
    case connect::ConnectErrorKind::Dns:
      return ErrorKind::Dns;
    case connect::ConnectErrorKind::AddressDenied:
      return ErrorKind::AddressDenied;
    case connect::ConnectErrorKind::Connect:
      return ErrorKind::Connect;
    case connect::ConnectErrorKind::Proxy:
      return ErrorKind::Proxy;
    case connect::ConnectErrorKind::Tls:
      return ErrorKind::Tls;
    case connect::ConnectErrorKind::Timeout:
      return ErrorKind::ConnectTimeout;
  }
  return ErrorKind::Connect;
}

}  // namespace

Failure failure_of(const connect::ConnectError& error) {
  Failure failure{.kind = kind_of(error.kind), .phase = phase_of(error.phase), .cause = error.message()};
  // One address that was tried says all there is.
  if (error.kind == connect::ConnectErrorKind::Connect && error.attempts.size() == 1) {
    failure.cause = error.cause.message();
  }
  if (error.kind == connect::ConnectErrorKind::Timeout && error.cause == Errc::Overloaded) {
    failure.kind = ErrorKind::PoolTimeout;  // it had not begun: there was no room for it
    failure.phase = Phase::Pool;
  }
  if (error.proxy_status) failure.status = static_cast<http::StatusCode>(*error.proxy_status);
  if (!error.proxy_answer.empty()) failure.cause += ": \"" + excerpt(error.proxy_answer, kAnswer) + '"';
  return failure;
}

Failure failure_of(const http1::Pool::Failure& failure, Patience patience) {
  Failure own{.phase = Phase::Pool, .cause = failure.message()};
  switch (failure.kind) {
    case connect::PoolErrorKind::Connect:
      if (failure.connect_error) return failure_of(*failure.connect_error);
      own.kind = ErrorKind::Connect;
      break;
    case connect::PoolErrorKind::Timeout:
      own.kind = patience.is_total           ? ErrorKind::TotalTimeout
                 : failure.was_connecting ? ErrorKind::ConnectTimeout
                                          : ErrorKind::PoolTimeout;
      if (failure.was_connecting) own.phase = Phase::Connect;
      break;
    case connect::PoolErrorKind::Exhausted:
      own.kind = ErrorKind::PoolExhausted;
      break;
    case connect::PoolErrorKind::Closed:
      own.kind = ErrorKind::Closed;
      break;
  }
  return own;
}

}  // namespace rondeau::client
