// ReverseProxy: a handler whose answers come from another server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/client/client.h>
#include <rondeau/client/options.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/task/task.h>

namespace rondeau::client {

enum class ProxyHost : std::uint8_t {
  Upstream,  ///< the Host field names the server that is asked
  Original,  ///< it names what the client asked for
};

/// What is handed on in the place of what came.
struct Forwarding {
  std::string target = {};               ///< path and query behind the base, "/x?y"; empty: those of the request
  http::Headers set = {};                ///< fields instead of the request's of the same names
  std::vector<std::string> remove = {};  ///< names of fields that stay behind
};

/// The answer to an OPTIONS or TRACE that goes no further, by Max-Forwards (RFC 9110 §7.6.2): 204, and 501, since nothing is
/// reflected here; 400 for a Max-Forwards that is no number. Nothing: it is to be handed on, with one less.
std::optional<http::Response> ends_here(const http::Request& request);

/// Hands requests on, and answers back, both as they come: neither body is kept in memory.
///
///     router.any<"/api/{*rest}">(ReverseProxy::to("http://127.0.0.1:9000").value());
///
/// The request goes to the base's path with the path of the request behind it, as far as nesting has left it. Fields of the
/// connection stay with it (RFC 9110 §7.6.1), Via is added; X-Forwarded-For, -Proto and -Host are set from what is known of
/// the client, and what strangers wrote into them is dropped, and Forwarded with it; Max-Forwards is counted down. Redirections, codings and cookies pass
/// through, and so do upgrades: a WebSocket is bytes both ways until one end has closed, also where the client speaks HTTP/2
/// (RFC 8441); the other server is asked over HTTP/1.1 then. Where the other server cannot be reached the answer is 502, where it takes too long 504; an answer
/// that breaks off is cut. A request is sent again by the rules of the client. Copies share their connections.
class ReverseProxy {
 public:
  /// `base` is an URL without a query. Of `options`, redirects, decompress and cookies do not count.
  ///
  /// Errors: InvalidArgument for the base; those of Client::build().
  static Result<ReverseProxy> to(std::string_view base, ClientOptions options = {},
                                 ProxyHost host = ProxyHost::Upstream);
  /// The same by a client of one's own, as in a test: it follows no redirections by itself then, and decodes nothing.
  ReverseProxy(Client client, std::string base, ProxyHost host = ProxyHost::Upstream);

  task::Task<http::Response> operator()(http::Request request) const;
  /// One try: the answer as soon as its head is there, or why there is none. A request whose body is in memory may be
  /// handed on again, to another server for example. Lifetime: this and the request outlive the task, and the request
  /// outlives the body of the answer, if its own is still being sent.
  task::Task<Result<http::Response, Error>> forward(http::Request& request, Forwarding how = {}) const;

 private:
  Client client_;
  std::string base_;  ///< without a slash at its end
  ProxyHost host_;
};

}  // namespace rondeau::client

namespace rondeau {
using client::ReverseProxy;
}
