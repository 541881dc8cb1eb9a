#include <rondeau/client/websocket.h>

#include <memory>
#include <utility>

#include <rondeau/text/ascii.h>

#include "client/answer.h"
#include "client/call.h"
#include "client/core.h"
#include "client/upgrade.h"
#include "websocket/client_handshake.h"
#include "websocket/dialled.h"

namespace rondeau::client {
namespace {

/// `wss://host` is reached as `https://host` is (RFC 6455 §3).
std::string as_http(std::string_view url) {
  const std::string_view scheme = url.substr(0, url.find(':'));
  if (text::equals_ignoring_case(scheme, "ws")) return "http" + std::string(url.substr(scheme.size()));
  if (text::equals_ignoring_case(scheme, "wss")) return "https" + std::string(url.substr(scheme.size()));
  return std::string(url);
}

bool is_of_the_handshake(http::HeaderName name) noexcept {
  switch (name) {
    case http::HeaderName::SecWebSocketAccept:
    case http::HeaderName::SecWebSocketExtensions:
    case http::HeaderName::SecWebSocketKey:
    case http::HeaderName::SecWebSocketProtocol:
    case http::HeaderName::SecWebSocketVersion:
      return true;
    default:
      return false;
  }
}

using websocket::ClientHandshake;

}  // namespace

WebSocketBuilder Client::websocket(std::string_view url) const {
  return WebSocketBuilder(get(as_http(url)));
}

WebSocketBuilder Client::websocket_at(const Result<std::string>& url) const {
  return url ? websocket(*url) : WebSocketBuilder(RequestBuilder(core_, http::Method::Get, url));
}

WebSocketBuilder&& WebSocketBuilder::header(std::string_view name, std::string_view value) && {
  if (is_of_the_handshake(http::find_header_name(name))) {
    request_.refuse(ErrorKind::InvalidRequest, "the field " + std::string(name) + " is the handshake's own");
  } else {
    request_ = std::move(request_).header(name, value);
  }
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::header(std::string_view name, const crypto::Secret<std::string>& value) && {
  if (is_of_the_handshake(http::find_header_name(name))) {
    request_.refuse(ErrorKind::InvalidRequest, "the field " + std::string(name) + " is the handshake's own");
  } else {
    request_ = std::move(request_).header(name, value);
  }
  return std::move(*this);
}

task::Task<Result<WebSocketBuilder::Opened, Error>> WebSocketBuilder::open() && {
  auto handshake = std::make_shared<ClientHandshake>(std::move(subprotocols_), compression_, limits_);
  if (const Result<void> good = handshake->check(); !good) {
    request_.refuse(ErrorKind::InvalidRequest, good.error().message());
  }
  request_.call_->upgrade = UpgradeRequest{
      .protocol = "websocket",
      .prepare = [handshake](http::Headers& fields) { handshake->write(fields); },
      .judge = [handshake](const http::Headers& answer) { return handshake->judge(answer); }};
  auto asking = ask_for_upgrade(std::move(request_.core_), std::move(request_.call_));
  return open_behind(std::move(asking), std::move(handshake));
}

task::Task<Result<WebSocketBuilder::Opened, Error>> WebSocketBuilder::open_behind(
    task::Task<Result<Upgraded, Error>> asking, std::shared_ptr<const ClientHandshake> handshake) {
  Result<Upgraded, Error> upgraded = co_await std::move(asking);
  if (!upgraded) co_return std::move(upgraded).error();
  websocket::SessionPtr session =
      websocket::open_dialled(handshake->terms(), std::move(upgraded->stream), std::move(upgraded->read_ahead));
  websocket::WriterHandle hold(session);
  co_return Opened{std::move(session), std::move(hold)};
}

}  // namespace rondeau::client
