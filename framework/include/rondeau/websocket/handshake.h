// Handshake: judges a request for a WebSocket, and answers it (RFC 6455 §4.2).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <rondeau/handler/response_future.h>
#include <rondeau/http/request.h>
#include <rondeau/websocket/options.h>
#include <rondeau/websocket/served.h>

namespace rondeau::websocket {

/// The Sec-WebSocket-Accept that belongs to a key.
std::string accept_of(std::string_view key);

/// Whether a page of `origin` is of the host that was asked, by whatever scheme: a proxy may have ended TLS on the way.
bool is_same_origin(std::string_view origin, std::string_view authority);

class Handshake {
 public:
  /// False: `out` has the answer. 426 for what is no handshake or of another version, 400 for a bad one, 403 for a
  /// foreign origin.
  bool check(const http::Request& request, const Options& options, handler::ResponseFuture& out);
  /// Leaves the answer that makes the connection `served`'s.
  void accept(std::unique_ptr<Served> served, handler::ResponseFuture& out);

 private:
  void agree_on_deflate(const http::Request& request, const Compression& ours);

  std::string accept_;
  std::string extensions_;
  Terms terms_;
};

}  // namespace rondeau::websocket
