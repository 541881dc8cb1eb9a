// serve: answer HTTP on listening sockets until told to stop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/method.h>
#include <rondeau/http/request.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/server/listener.h>
#include <rondeau/server/overview.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/task.h>

namespace rondeau::routing {
template <class App>
class Router;
}

namespace rondeau::server {

/// An answer that the server gave by itself: what came was no request, or one it did not let through to the end.
struct Refused {
  http::StatusCode status;
  std::string_view reason;
  const http::Request* request;     ///< null where no head could be read
  const base::SocketAddress* peer;  ///< null where it came over no socket
  std::string_view request_id;      ///< also in the answer
};

/// An answer that was cut, since what makes its body failed, or gave fewer bytes than it had said. Where the peer left,
/// nothing is broken.
struct Broken {
  const http::Request& request;
  std::string_view why;
};

/// Whether this library was built with HTTP/2.
bool http2_is_built_in() noexcept;

struct ServeOptions {
  http::Limits limits = {};
  /// Cancelled: the server drains and serve() returns.
  sync::CancellationToken shutdown{};
  /// Cancelled before `shutdown`: another process listens on the same sockets. Then nothing is done to them but closing
  /// them here, and what waits in the backlog is left to it.
  sync::CancellationToken handed_over{};
  /// Answers may tell what went wrong inside: development only.
  bool show_details = false;
  /// Told of each Refused, on the connection's task; for a log.
  void (*on_refused)(const Refused&) = nullptr;
  /// Told of each Broken, likewise.
  void (*on_broken)(const Broken&) = nullptr;
  /// Connections that begin with the preface of HTTP/2 are served as such (RFC 9113 §3.3). serve() gives Unsupported
  /// unless http2_is_built_in().
  bool http2_prior_knowledge = false;
  /// The Server field of every answer that has none of its own, refusals too; empty: not sent.
  std::string server_name = {};
  /// The proxies in front, whose word about clients counts: networks such as "10.0.0.0/8", and "unix"; see client_of().
  std::vector<std::string> trusted_proxies = {};
  /// Which fields those proxies set.
  http::ForwardedFields forwarded_fields = http::ForwardedFields::Either;
  /// Shows what is open while the server serves. Null: nobody looks.
  std::shared_ptr<Overview> overview = nullptr;
};

/// A request that was still at work when Limits::shutdown was over, and was cancelled.
struct CutRequest {
  enum class Kind : std::uint8_t {
    Request,   ///< its handler waited, or its answer was being sent
    Upgraded,  ///< its connection, or its stream of HTTP/2, had been given to another protocol
    Detached,  ///< its client had left before; see middleware::Detach
  };
  Kind kind;
  http::Method method;
  std::string route;       ///< the pattern; empty: none matched
  std::string peer;        ///< empty: it came over no socket
  std::string request_id;  ///< empty: it was given none
  Duration age;            ///< since its handler began to wait, or, behind that, its answer to be sent
};

/// What a server did in its life.
struct ServeReport {
  /// So many of the cut requests are listed.
  static constexpr std::size_t kMostListed = 32;

  std::uint64_t connections = 0;
  std::uint64_t requests = 0;  ///< answered in full
  std::uint64_t cut = 0;       ///< in flight when Limits::shutdown was over, and cancelled
  std::vector<CutRequest> longest_cut = {};  ///< of those, the oldest first
};

/// Accepts connections and answers their requests, each connection in a task of its own, on all workers.
///
/// Drains when `shutdown` is cancelled: what waits in the backlog is accepted and served, answers carry
/// `Connection: close`, connections that stay idle for 250 ms are closed, and after Limits::shutdown the requests that
/// are left are cancelled; the report says which. Errors: InvalidArgument for a server_name that is no field value, or an
/// entry of trusted_proxies that is no network; what made accepting impossible for good; everything is drained then, too.
/// Cancellation: connections are ended at once.
task::Task<Result<ServeReport>> serve(std::vector<Listener> listeners,
                                      std::shared_ptr<const routing::Dispatcher> dispatcher, ServeOptions options = {});
task::Task<Result<ServeReport>> serve(Listener listener, std::shared_ptr<const routing::Dispatcher> dispatcher,
                                      ServeOptions options = {});

/// The same for a router that is built here; its mistakes are the error.
template <class App>
task::Task<Result<ServeReport>> serve(Listener listener, const routing::Router<App>& router,
                                      ServeOptions options = {}) {
  return serve_built(std::move(listener), router.build(), std::move(options));
}
task::Task<Result<ServeReport>> serve_built(Listener listener,
                                            Result<std::shared_ptr<const routing::Dispatcher>> dispatcher,
                                            ServeOptions options);

}  // namespace rondeau::server

namespace rondeau {
using server::CutRequest;
using server::Broken;
using server::Refused;
using server::serve;
using server::ServeOptions;
using server::ServeReport;
}  // namespace rondeau
