#include <rondeau/client/into_response.h>

#include <utility>

#include <rondeau/http/status.h>

#include "client/relayed_answer.h"

namespace rondeau {
namespace {

using client::ErrorKind;
using http::StatusCode;

StatusCode status_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::ConnectTimeout:
    case ErrorKind::WriteTimeout:
    case ErrorKind::ReadTimeout:
    case ErrorKind::TotalTimeout:
      return StatusCode::GatewayTimeout;
    case ErrorKind::PoolTimeout:
    case ErrorKind::PoolExhausted:
    case ErrorKind::CircuitOpen:
    case ErrorKind::Closed:
      return StatusCode::ServiceUnavailable;
    case ErrorKind::InvalidUrl:
    case ErrorKind::InvalidRequest:
      return StatusCode::InternalServerError;
    default:
      return StatusCode::BadGateway;
  }
}

}  // namespace

Problem IntoProblem<client::Error>::into(const client::Error& error) {
  return Problem(status_of(error.kind()), error.message());
}

void IntoProblem<client::Error>::describe(schema::Operation& operation) {
  operation.problem(StatusCode::BadGateway);
  operation.problem(StatusCode::ServiceUnavailable);
  operation.problem(StatusCode::GatewayTimeout);
}

Response IntoResponse<client::Response>::into(client::Response answer, const Request& request) {
  return client::relay(std::move(answer), request.method());
}

}  // namespace rondeau
