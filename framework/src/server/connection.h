// Connection: what there is of a connection even while it is idle. Small: there may be very many.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/http/request.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/server/listener.h>
#include <rondeau/task/task.h>
#include <rondeau/time/alarm.h>

#include "server/connection_entry.h"
#include "server/shared.h"

namespace rondeau::server {

class Connection final : public ConnectionEntry {
 public:
  /// Not counted before enter().
  Connection(std::shared_ptr<Shared> server, Accepted accepted)
      : server_(std::move(server)), accepted_(std::move(accepted)), may_be_http2_(server_->http2_prior_knowledge && accepted_.tls == nullptr) {}
  ~Connection() { server_->connections.leave(*this, accepted_.peer, answered_); }

  /// False: its address has too many. Of a proxied connection the address is not known yet.
  bool enter() {
    const auto& limit = server_->limits.max_connections_per_address;
    return server_->connections.enter(*this, accepted_.peer, accepted_.proxied ? std::nullopt : limit);
  }
  /// First thing in its task. False: it has to end.
  bool settle(bool move_here);

  Shared& server() noexcept { return *server_; }
  io::Stream& stream() noexcept { return *accepted_.stream; }
  /// The socket, beneath TLS.
  io::Stream& carrier() noexcept { return *socket(); }
  /// The peer is a proxy whose word about its client comes first.
  bool is_proxied() const noexcept { return accepted_.proxied; }
  /// That word; nothing: it speaks for itself. False: the connection has to end.
  bool speaks_for(const std::optional<base::SocketAddress>& client);
  /// Null where it does not speak TLS.
  tls::Stream* tls() noexcept { return accepted_.tls; }
  /// The protocol that was agreed on in the handshake; empty: none was.
  std::string_view alpn() const noexcept;
  /// Whether the peer has verified that we may answer for this Host field, as far as we can know.
  bool answers_for(std::string_view authority) const;
  /// Writes what it knows of the connection into a request; describe_secure() what belongs to each request over TLS.
  void describe(http::RequestBlock& block) const {
    block.peer = peer();
    block.overrides = &server_->overrides;
    block.trusted_proxies = &server_->trusted_proxies;
    block.secure = accepted_.tls != nullptr;
  }
  /// What a request over TLS has beside it, and nobody else may be left with.
  void describe_secure(http::RequestBlock& block) const;
  /// After a handshake that failed: goes on in clear text.
  void drop_tls() noexcept;
  /// Tells a peer over TLS that nothing was cut.
  void say_goodbye() noexcept;
  const base::SocketAddress* peer() const noexcept { return peer_is_known_ ? &accepted_.peer : nullptr; }
  time::Alarm& alarm() noexcept { return alarm_; }
  Instant idle_until() const noexcept { return idle_until_; }
  void restart_first_byte() noexcept { idle_until_ = Instant::now() + server_->limits.first_byte; }
  void be_idle(Instant since) noexcept { idle_until_ = since + server_->limits.keep_alive; }
  void count_answers(std::uint64_t count = 1) noexcept { answered_ += count; }
  /// Nothing has come yet that says which version it is. Over TLS the handshake says it.
  bool may_be_http2() const noexcept { return may_be_http2_; }
  void speak_http1() noexcept { may_be_http2_ = false; }
  /// It learns by itself that the server drains, and comes to an end.
  void end_by_itself() noexcept { ends_by_itself_.store(true, std::memory_order_relaxed); }
  /// Bytes that have reached the peer, or 0 where nobody knows.
  std::uint64_t bytes_arrived();
  bool can_send_files() const noexcept {
    return accepted_.tls == nullptr && accepted_.kind != nullptr && accepted_.kind->send_file != nullptr;
  }
  /// Only where that can be.
  Result<std::size_t> send_file(int file, std::uint64_t offset, std::size_t count) {
    return accepted_.kind->send_file(stream(), file, offset, count);
  }
  /// Whatever is unsent is not worth keeping.
  void reset_on_close() noexcept;

 private:
  const base::SocketAddress* known_peer() const noexcept override { return peer(); }
  void stop_reading() noexcept override {
    if (!ends_by_itself_.load(std::memory_order_relaxed)) static_cast<void>(stream().try_shutdown(io::How::Read));
  }

  /// The stream whose kind `accepted_.kind` is.
  io::AnyStream& socket() noexcept;

  std::shared_ptr<Shared> server_;
  Accepted accepted_;
  time::Alarm alarm_;
  Instant idle_until_;
  std::uint64_t answered_ = 0;
  bool may_be_http2_;
  bool peer_is_known_ = accepted_.kind != nullptr;
  std::atomic<bool> ends_by_itself_{false};  ///< relaxed: who drains tries again and again
  bool cut_ = false;  ///< it must not look as if it ended well
};

/// Answers the requests of one connection until one side ends it.
///
/// Cancellation: closes it; a handler that runs is ended first.
task::Task<void> serve_connection(std::unique_ptr<Connection> owned, bool move_here);

}  // namespace rondeau::server
