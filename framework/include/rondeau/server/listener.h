// Listener: where a server gets its connections from, of any kind.
#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/http/trusted_proxies.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/net/memory_listener.h>
#include <rondeau/net/socket_listener.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/unix_listener.h>

namespace rondeau::tls {
class ServerConfig;
class Stream;
}  // namespace rondeau::tls

namespace rondeau::server {

/// What a server asks of the sockets beneath its streams; a constant per kind. Members may be null.
struct StreamKind {
  /// Registers the socket with the worker that calls it.
  Result<io::AnyStream> (*move_here)(io::AnyStream stream) = nullptr;
  /// Makes the coming close a reset, which drops what is unsent.
  void (*reset_on_close)(io::Stream& stream) = nullptr;
  /// Bytes that have reached the peer's system.
  Result<std::uint64_t> (*bytes_arrived)(const io::Stream& stream) = nullptr;
  /// As SocketStream::try_send_file(). Null where bytes have to pass through this process, as under TLS.
  Result<std::size_t> (*send_file)(io::Stream& stream, int file, std::uint64_t offset, std::size_t count) = nullptr;
};

/// A connection that was just accepted.
struct Accepted {
  io::AnyStream stream;
  base::SocketAddress peer;
  const StreamKind* kind;      ///< of the socket, which lies beneath TLS
  tls::Stream* tls = nullptr;  ///< `stream`, where it speaks TLS; its handshake is still to come
  bool proxied = false;        ///< the peer tells first for whom it connects
};

template <class L>
Result<Accepted> accept_from(L& listener);
template <>
Result<Accepted> accept_from(net::TcpListener& listener);
template <>
Result<Accepted> accept_from(net::UnixListener& listener);
template <>
Result<Accepted> accept_from(net::MemoryListener& listener);

/// Owns a TcpListener, a UnixListener or a MemoryListener. Thread safety: that of what it owns.
class Listener {
 public:
  template <class L>
    requires net::Listener<L>
  Listener(L listener)  // NOLINT(google-explicit-constructor): any listener passes
      : owned_(std::make_unique<Owned<L>>(std::move(listener))) {}

  /// The same, but connections speak TLS: `serve(Listener(std::move(tcp)).with_tls(config), router)`.
  ///
  /// Handshakes run in the tasks of their connections, within Limits::tls_handshake, so many at once as
  /// Limits::max_tls_handshakes says. Plain HTTP is answered in clear text by a 400. Unless `config` names protocols
  /// (ALPN), those of this server are offered. A request for a host that the client has not verified us for is a 421.
  Listener with_tls(const tls::ServerConfig& config) &&;

  /// The same, but peers among `proxies` begin with a header of the PROXY protocol, version 1 or 2; it stands before TLS.
  ///
  /// The peer is then the one they name: in logs, for ClientIp and for Limits::max_connections_per_address. A
  /// connection of theirs without a header, or one that is not here within Limits::first_byte, is closed. What others
  /// send is never taken for one.
  Listener with_proxy_protocol(http::TrustedProxies proxies) &&;

  /// Takes over a listening socket, as inherited_sockets() gives them: TCP or a stream socket of the Unix kind. Makes it
  /// non-blocking and closes it on exec. Who else holds it goes on listening when this one is closed: nothing is changed
  /// about the socket itself. On a thread of a runtime. Errors: InvalidArgument for what is none.
  static Result<Listener> from_fd(base::UniqueFd fd);

  /// The next connection, made ready for HTTP. Errors: as TcpListener::accept; WouldBlock where that would wait.
  Result<Accepted> try_accept() { return owned_->try_accept(); }
  Result<base::SocketAddress> local_addr() const { return owned_->local_addr(); }

  /// Before closing: connections that are not made yet come to nothing, where the kind of listener can tell them apart.
  void drop_new_connections() noexcept { owned_->drop_new_connections(); }

  bool start_wait(io::Waiter& waiter) noexcept { return owned_->start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept { owned_->end_wait(waiter); }

 private:
  class Around;
  class Proxied;
  class Secured;
  template <class L>
  struct Shared;
  struct Interface {
    virtual ~Interface() = default;
    virtual Result<Accepted> try_accept() = 0;
    virtual Result<base::SocketAddress> local_addr() const = 0;
    virtual void drop_new_connections() noexcept = 0;
    virtual bool start_wait(io::Waiter& waiter) noexcept = 0;
    virtual void end_wait(io::Waiter& waiter) noexcept = 0;
  };
  template <class L>
  struct Owned : Interface {
    explicit Owned(L owned) : listener(std::move(owned)) {}
    Result<Accepted> try_accept() override { return accept_from(listener); }
    Result<base::SocketAddress> local_addr() const override { return listener.local_addr(); }
    void drop_new_connections() noexcept override {
      // Where the system refuses the filter, a connection made in the last moment may be reset.
      if constexpr (requires { listener.drop_new_connections(); }) {
        static_cast<void>(listener.drop_new_connections());
      }
    }
    bool start_wait(io::Waiter& waiter) noexcept override { return listener.start_wait(waiter); }
    void end_wait(io::Waiter& waiter) noexcept override { listener.end_wait(waiter); }
    L listener;
  };

  explicit Listener(std::unique_ptr<Interface> owned) noexcept : owned_(std::move(owned)) {}

  std::unique_ptr<Interface> owned_;
};

}  // namespace rondeau::server
