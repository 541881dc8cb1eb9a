// WebSocketBuilder: a WebSocket to a server, put together and opened (RFC 6455). What Client::websocket() gives.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/client/client.h>
#include <rondeau/client/error.h>
#include <rondeau/client/request_builder.h>
#include <rondeau/client/upgraded.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/http/limits.h>
#include <rondeau/task/task.h>
#include <rondeau/websocket/options.h>
#include <rondeau/websocket/websocket.h>

namespace rondeau::websocket {
class ClientHandshake;
}

namespace rondeau::client {

/// `RONDEAU_TRY(WebSocket<> socket, co_await client.websocket("wss://api.example/feed").bearer(token).connect());`
///
/// Everything is put into bytes of its own when it is called; what was wrong is the result of connect(). The task that
/// gives does nothing until it is awaited, and may be destroyed anywhere: then the connection is closed. Thread safety: as
/// for a std::string.
class [[nodiscard("a WebSocket is opened by connect()")]] WebSocketBuilder {
 public:
  explicit WebSocketBuilder(RequestBuilder request) noexcept : request_(std::move(request)) {}

  /// Sets a field of the handshake, such as Origin. Those that make it one are the client's own: an error.
  WebSocketBuilder&& header(std::string_view name, std::string_view value) &&;
  /// A field that goes to this origin alone: a redirection to another one drops it.
  WebSocketBuilder&& header(std::string_view name, const crypto::Secret<std::string>& value) &&;
  WebSocketBuilder&& bearer(std::string_view token) && {
    request_ = std::move(request_).bearer(token);
    return std::move(*this);
  }
  WebSocketBuilder&& bearer(const crypto::Secret<std::string>& token) && {
    request_ = std::move(request_).bearer(token);
    return std::move(*this);
  }
  WebSocketBuilder&& basic(std::string_view user, std::string_view password) && {
    request_ = std::move(request_).basic(user, password);
    return std::move(*this);
  }
  /// Adds to the query, as RequestBuilder does.
  template <class... A>
  WebSocketBuilder&& query(const A&... what) && {
    request_ = std::move(request_).query(what...);
    return std::move(*this);
  }
  /// What the Host field says, where that is not the host to connect to.
  WebSocketBuilder&& authority(std::string_view host) && {
    request_ = std::move(request_).authority(host);
    return std::move(*this);
  }

  /// The protocols that are spoken here, the preferred first. A server that speaks none of them is an error.
  WebSocketBuilder&& subprotocols(std::vector<std::string> names) && {
    subprotocols_ = std::move(names);
    return std::move(*this);
  }
  /// What is offered of permessage-deflate, by builds with zlib; nullopt: nothing.
  WebSocketBuilder&& compression(std::optional<websocket::Compression> offered) && {
    compression_ = offered;
    return std::move(*this);
  }
  /// Of a message that comes, in bytes; more closes with 1009.
  WebSocketBuilder&& max_message(std::size_t bytes) && {
    limits_.max_message = bytes;
    return std::move(*this);
  }
  /// All of them, also how often is pinged, and what is unsent before who sends waits.
  WebSocketBuilder&& limits(const http::WebSocketLimits& limits) && {
    limits_ = limits;
    return std::move(*this);
  }
  /// Of the handshake, connection and redirections included; nullopt: none but the deadline of the context.
  WebSocketBuilder&& timeout(std::optional<Duration> total) && {
    request_ = std::move(request_).timeout(total);
    return std::move(*this);
  }
  WebSocketBuilder&& redirects(RedirectPolicy policy) && {
    request_ = std::move(request_).redirects(std::move(policy));
    return std::move(*this);
  }

  /// Opens it. Messages are websocket::Message, or structs as JSON text: `connect<Quote, Order>()`.
  ///
  /// It is closed when all its halves are gone, with 1000. Errors: Status where the answer is no 101; Protocol where the
  /// 101 does not belong to this handshake, or agrees to what was not offered.
  template <class In = websocket::Message, class Out = In>
  task::Task<Result<websocket::WebSocket<In, Out>, Error>> connect() && {
    static_assert(websocket::is_message<In> && websocket::is_message<Out>,
                  "rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>");
    return socket_of<In, Out>(std::move(*this).open());
  }

 private:
  struct Opened {
    websocket::SessionPtr session;
    websocket::WriterHandle hold;  ///< who does not take it closes it
  };
  task::Task<Result<Opened, Error>> open() &&;
  static task::Task<Result<Opened, Error>> open_behind(task::Task<Result<Upgraded, Error>> asking,
                                                       std::shared_ptr<const websocket::ClientHandshake> handshake);

  template <class In, class Out>
  static task::Task<Result<websocket::WebSocket<In, Out>, Error>> socket_of(
      task::Task<Result<Opened, Error>> opening) {
    Result<Opened, Error> opened = co_await std::move(opening);
    if (!opened) co_return std::move(opened).error();
    co_return websocket::WebSocket<In, Out>(opened->session);
  }

  RequestBuilder request_;
  std::vector<std::string> subprotocols_;
  std::optional<websocket::Compression> compression_ = websocket::Compression{};
  http::WebSocketLimits limits_;
};

template <class... P>
  requires(sizeof...(P) > 0)
WebSocketBuilder Client::websocket(UrlPattern<P...> url, const P&... pieces) const {
  return websocket_at(fill(url, pieces...));
}

}  // namespace rondeau::client
