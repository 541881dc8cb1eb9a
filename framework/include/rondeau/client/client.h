// Client: asks other services, over HTTP.
//
//     client::Client client = client::Client::build().value();
//     RONDEAU_TRY(User user, co_await client.get("https://api.example/users/{}", id).send_json<User>());
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/client/error.h>
#include <rondeau/client/into_response.h>
#include <rondeau/client/options.h>
#include <rondeau/client/request_builder.h>
#include <rondeau/client/stats.h>
#include <rondeau/client/url_pattern.h>
#include <rondeau/http/method.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/task/task.h>

namespace rondeau::routing {
class Dispatcher;
struct NoState;
template <class App>
class Router;
}  // namespace rondeau::routing

namespace rondeau::client {

class EventSourceBuilder;
class WebSocketBuilder;

/// A copyable handle; copies share connections, cookies and limits. Keep one for as long as the service runs.
///
/// Thread safety: any thread of a runtime. When the last handle is gone idle connections are closed, and answers that are
/// being read go on.
class Client {
 public:
  /// Errors: what reading the certificates reports, or what is wrong with the options.
  static Result<Client> build(ClientOptions options = {});
  /// A client whose requests go to `service` in this process, whatever host they name: the same interface, redirections,
  /// decoding and limits, without a socket, so also under a clock that is paused. Connections, TLS, proxies and the
  /// timeouts that belong to them are not there.
  static Client in_process(std::shared_ptr<const routing::Dispatcher> service, ClientOptions options = {});
  /// The same with a function in the place of a service: what it answers, and an error as if the network had failed.
  static Client mock(std::function<task::Task<Result<http::Response>>(http::Request)> answer,
                     ClientOptions options = {});

  /// A request for a URL that is known when the program runs.
  RequestBuilder request(http::Method method, std::string_view url) const {
    return RequestBuilder(core_, method, std::string(url));
  }
  /// A URL that is a literal with `{}` in its path and query, one for each of the `pieces`, which are percent-encoded:
  /// whatever they hold, they are one segment, or one value.
  template <class... P>
    requires(sizeof...(P) > 0)
  RequestBuilder request(http::Method method, UrlPattern<P...> url, const P&... pieces) const {
    return RequestBuilder(core_, method, fill(url, pieces...));
  }
  RequestBuilder get(std::string_view url) const { return request(http::Method::Get, url); }
  template <class... P>
    requires(sizeof...(P) > 0)
  RequestBuilder get(UrlPattern<P...> url, const P&... pieces) const {
    return request<P...>(http::Method::Get, url, pieces...);
  }
  RequestBuilder head(std::string_view url) const { return request(http::Method::Head, url); }
  template <class... P>
    requires(sizeof...(P) > 0)
  RequestBuilder head(UrlPattern<P...> url, const P&... pieces) const {
    return request<P...>(http::Method::Head, url, pieces...);
  }
  RequestBuilder post(std::string_view url) const { return request(http::Method::Post, url); }
  template <class... P>
    requires(sizeof...(P) > 0)
  RequestBuilder post(UrlPattern<P...> url, const P&... pieces) const {
    return request<P...>(http::Method::Post, url, pieces...);
  }
  RequestBuilder put(std::string_view url) const { return request(http::Method::Put, url); }
  template <class... P>
    requires(sizeof...(P) > 0)
  RequestBuilder put(UrlPattern<P...> url, const P&... pieces) const {
    return request<P...>(http::Method::Put, url, pieces...);
  }
  RequestBuilder patch(std::string_view url) const { return request(http::Method::Patch, url); }
  template <class... P>
    requires(sizeof...(P) > 0)
  RequestBuilder patch(UrlPattern<P...> url, const P&... pieces) const {
    return request<P...>(http::Method::Patch, url, pieces...);
  }
  RequestBuilder del(std::string_view url) const { return request(http::Method::Delete, url); }
  template <class... P>
    requires(sizeof...(P) > 0)
  RequestBuilder del(UrlPattern<P...> url, const P&... pieces) const {
    return request<P...>(http::Method::Delete, url, pieces...);
  }

  /// A WebSocket: `co_await client.websocket("wss://api.example/feed").connect()`; see <rondeau/client/websocket.h>.
  WebSocketBuilder websocket(std::string_view url) const;
  template <class... P>
    requires(sizeof...(P) > 0)
  WebSocketBuilder websocket(UrlPattern<P...> url, const P&... pieces) const;
  /// The events of a server: `client.events("https://api.example/prices").open()`; see <rondeau/client/event_source.h>.
  EventSourceBuilder events(std::string_view url) const;
  template <class... P>
    requires(sizeof...(P) > 0)
  EventSourceBuilder events(UrlPattern<P...> url, const P&... pieces) const;

  /// From now on requests are refused, of all copies: ErrorKind::Closed. Waits until those under way have been answered and
  /// their connections are closed, at most `within`; what is in use then is closed when it is let go.
  /// Cancellation: the client stays closed.
  task::Task<void> close(Duration within) const;
  ClientStats stats() const;

 private:
  friend Result<Client> layered(const Client& client, routing::Router<routing::NoState> layers);
  WebSocketBuilder websocket_at(const Result<std::string>& url) const;
  static task::Task<void> close_core(std::shared_ptr<const ClientCore> core, Duration within);

  explicit Client(std::shared_ptr<const ClientCore> core) noexcept : core_(std::move(core)) {}

  std::shared_ptr<const ClientCore> core_;
};

}  // namespace rondeau::client

namespace rondeau {
using client::Client;
}
