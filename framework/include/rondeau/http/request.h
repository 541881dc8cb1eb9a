// Request: a handle to one request's block; and the block, which those who serve connections fill and reuse.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/bytes.h>
#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/http/body.h>
#include <rondeau/http/extensions.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/method.h>
#include <rondeau/http/request_head.h>
#include <rondeau/http/trusted_proxies.h>
#include <rondeau/http/version.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/context.h>

namespace rondeau::tls {
struct PeerCertificate;
}

namespace rondeau::http {

class Host;

/// What routing found: written by the router, read by extractors.
struct RouteMatch {
  static constexpr std::size_t kMaxParameters = 16;

  std::string_view pattern;                           ///< the full pattern, a label; empty when nothing matched
  const void* route = nullptr;                        ///< the router's own
  const std::string_view* parameter_names = nullptr;  ///< as many as `parameter_count`
  std::size_t parameter_count = 0;
  std::array<Slice, kMaxParameters> parameters;  ///< positions within original_path(), not decoded
  std::uint32_t stripped = 0;                    ///< bytes of the path that nesting took off its front
  bool secret = false;                           ///< its answers are never compressed
  std::optional<base::Duration> handler_limit;   ///< until the head of the answer is there, not Limits::handler

  void clear() noexcept {
    pattern = {};
    route = nullptr;
    parameter_names = nullptr;
    parameter_count = 0;
    stripped = 0;
    secret = false;
    handler_limit.reset();
  }
};

/// Tells a peer something before the answer; implemented by those who serve connections.
class Informer {
 public:
  /// Sends a 103 with these fields, which are valid.
  virtual void early_hints(const Headers& fields) = 0;

 protected:
  ~Informer() = default;
};

/// All that belongs to one request. The connection loop has one, lends it out as a Request, and reuses it.
struct RequestBlock {
  RequestHead head;
  Body body;
  RouteMatch route;
  Extensions extensions;
  const base::SocketAddress* peer = nullptr;  ///< lifetime: the connection's; nullptr where there is none
  const TrustedProxies* trusted_proxies = nullptr;  ///< of the server, as are limits; nullptr: none
  bool secure = false;                        ///< arrived over TLS
  bool show_details = false;                  ///< answers may tell what went wrong inside: development only
  const Extensions* overrides = nullptr;      ///< what a test puts in the place of dependencies
  const Limits* limits = nullptr;             ///< of the listener; nullptr stands for the defaults
  Informer* informer = nullptr;               ///< until the head of the answer is made, where the peer takes 1xx
  Host* host = nullptr;  ///< the server, where there is one: reset() keeps it, a copy that own() makes has none
  /// Cancelled when the server begins to drain. Of the server: reset() keeps it.
  std::optional<sync::CancellationToken> drain;
  std::string request_id;
  task::TraceContext trace;  ///< the span of this request; none without the layer Trace
  std::string storage;                             ///< the head's bytes, for a request that owns them
  std::unique_ptr<base::SocketAddress> peer_copy;  ///< what `peer` points to, for the same
  std::unique_ptr<TrustedProxies> trusted_copy;    ///< what `trusted_proxies` points to, for the same
  std::shared_ptr<const tls::PeerCertificate> peer_certificate;  ///< that the client showed over TLS, or nullptr

  RequestBlock() = default;
  RequestBlock(const RequestBlock&) = delete;
  RequestBlock& operator=(const RequestBlock&) = delete;
  /// Forgets the request but keeps the memory.
  void reset() noexcept;
};

/// One request. Move-only; views it gives out live until the handler's answer is complete.
///
/// A handler that needs longer copies what it needs, or takes own(). Thread safety: one task at a time.
class Request {
 public:
  /// A handle to a block that somebody else keeps and that outlives it.
  explicit Request(RequestBlock& borrowed) noexcept : block_(&borrowed) {}
  /// A request of its own, as a test or a proxy makes it: checked as if it had come over the wire.
  /// A missing Host is "localhost"; the body gets its Content-Length.
  ///
  /// Errors: InvalidArgument naming the rule that was broken.
  static Result<Request> make(Method method, std::string_view target, const Headers& headers = {}, Bytes body = {});

  Request(Request&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), owned_(std::exchange(other.owned_, false)) {}
  Request& operator=(Request&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~Request() {
    if (owned_) delete block_;
  }

  Method method() const noexcept { return block_->head.method; }
  Version version() const noexcept { return block_->head.version; }
  /// The target exactly as it was sent.
  std::string_view target() const noexcept { return block_->head.text(block_->head.target_text); }
  /// The path as sent, not decoded, without what nesting stripped; never empty. "*" in the asterisk form.
  std::string_view path() const noexcept;
  /// The path as sent, whole.
  std::string_view original_path() const noexcept;
  /// What stands behind the `?`, not decoded; empty also when there is none.
  std::string_view query() const noexcept;
  /// Host and port the peer asked for: of an absolute target, else the Host field. May be empty. The peer may be a proxy:
  /// see client_of().
  std::string_view authority() const noexcept;
  /// "http" or "https", between us and the peer.
  std::string_view scheme() const noexcept { return block_->secure ? "https" : "http"; }

  RequestHeaders headers() const noexcept { return RequestHeaders(block_->head); }
  /// The value of the first field of that name.
  std::optional<std::string_view> header(HeaderName name) const noexcept { return headers().get(name); }
  std::optional<std::string_view> header(std::string_view name) const noexcept { return headers().get(name); }

  Body& body() noexcept { return block_->body; }
  const Body& body() const noexcept { return block_->body; }

  Extensions& extensions() noexcept { return block_->extensions; }
  const Extensions& extensions() const noexcept { return block_->extensions; }
  RouteMatch& route() noexcept { return block_->route; }
  const RouteMatch& route() const noexcept { return block_->route; }
  /// The path parameter of that name, not decoded.
  std::optional<std::string_view> raw_path_parameter(std::string_view name) const noexcept;

  std::string_view request_id() const noexcept { return block_->request_id; }
  void set_request_id(std::string_view id) { block_->request_id.assign(id); }
  /// The span that was begun for it; all zero where there is none.
  const task::TraceContext& trace() const noexcept { return block_->trace; }
  /// What this request may use.
  const Limits& limits() const noexcept {
    static constexpr Limits kDefaults;
    return block_->limits != nullptr ? *block_->limits : kDefaults;
  }
  /// Whether an answer may tell what went wrong inside: in development, to a peer on this machine that came straight
  /// from there – asked for it by a local name, through no proxy.
  bool show_details() const noexcept;
  /// Tells the peer what the answer will refer to, so that it may fetch that now: each of `links` becomes a Link field
  /// of a 103 (RFC 8297). `request.early_hints({"</app.css>; rel=preload; as=style"});`
  ///
  /// It goes out when the handler waits. Nothing is sent to HTTP/1.0, nor once the head of the answer is made.
  /// Errors: InvalidArgument for a value that cannot stand in a field; then nothing is sent.
  Result<void> early_hints(std::initializer_list<std::string_view> links) const;
  /// Cancelled when the server begins to drain: answers that would go on for long come to an end then. A request that
  /// came from no server has one that never is.
  sync::CancellationToken drain_token() const;
  /// The other end, or nullptr in a request that came over no socket.
  const base::SocketAddress* peer() const noexcept { return block_->peer; }

  /// A copy that outlives the answer. Extensions are shared; a body that is not in memory is left out, so buffer it
  /// first; the route's names stay those of the router.
  Request own() const;

  /// True when the block ends with this handle.
  bool is_owned() const noexcept { return owned_; }
  /// For those who serve: the block behind this handle.
  RequestBlock& block() noexcept { return *block_; }
  const RequestBlock& block() const noexcept { return *block_; }

 private:
  explicit Request(std::unique_ptr<RequestBlock> owned) noexcept : block_(owned.release()), owned_(true) {}

  RequestBlock* block_;
  bool owned_ = false;
};

}  // namespace rondeau::http

namespace rondeau {
using http::Request;
}  // namespace rondeau
