#include <rondeau/websocket/endpoint.h>

namespace rondeau {

void IntoResponse<websocket::Upgraded>::describe(schema::Operation& operation) {
  operation.response(http::StatusCode::SwitchingProtocols).description = "a WebSocket";
  operation.problem(http::StatusCode::BadRequest);
  operation.problem(http::StatusCode::Forbidden);
  operation.problem(http::StatusCode::UpgradeRequired);
}

}  // namespace rondeau
