// Connection: what there is of a connection even while it is idle. Small: there may be very many.
#pragma once

#include <cstdint>
#include <memory>
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
      : server_(std::move(server)), accepted_(std::move(accepted)) {}
  ~Connection() { server_->connections.leave(*this, accepted_.peer, answered_); }

  bool enter() {
    return server_->connections.enter(*this, accepted_.peer, server_->limits.max_connections_per_address);
  }
  /// First thing in its task. False: it has to end.
  bool settle(bool move_here);

  Shared& server() noexcept { return *server_; }
  io::Stream& stream() noexcept { return *accepted_.stream; }
  /// Null where it does not speak TLS.
  tls::Stream* tls() noexcept { return accepted_.tls; }
  /// The protocol that was agreed on in the handshake; empty: none was.
  std::string_view alpn() const noexcept;
  /// Whether the peer has verified that we may answer for this Host field, as far as we can know.
  bool answers_for(std::string_view authority) const;
  /// Writes what it knows of the connection into a request.
  void describe(http::RequestBlock& block) const;
  /// After a handshake that failed: goes on in clear text.
  void drop_tls() noexcept;
  /// Tells a peer over TLS that nothing was cut.
  void say_goodbye() noexcept;
  const base::SocketAddress* peer() const noexcept { return accepted_.kind != nullptr ? &accepted_.peer : nullptr; }
  time::Alarm& alarm() noexcept { return alarm_; }
  Instant idle_until() const noexcept { return idle_until_; }
  void restart_first_byte() noexcept { idle_until_ = Instant::now() + server_->limits.first_byte; }
  void be_idle() noexcept { idle_until_ = Instant::now() + server_->limits.keep_alive; }
  void count_answer() noexcept { ++answered_; }
  /// Bytes that have reached the peer, or 0 where nobody knows.
  std::uint64_t bytes_arrived();
  /// Whatever is unsent is not worth keeping.
  void reset_on_close() noexcept;

 private:
  void stop_reading() noexcept override { static_cast<void>(stream().try_shutdown(io::How::Read)); }

  /// The stream whose kind `accepted_.kind` is.
  io::AnyStream& socket() noexcept;

  std::shared_ptr<Shared> server_;
  Accepted accepted_;
  time::Alarm alarm_;
  Instant idle_until_;
  std::uint64_t answered_ = 0;
  bool cut_ = false;  ///< it must not look as if it ended well
};

/// Answers the requests of one connection until one side ends it.
///
/// Cancellation: closes it; a handler that runs is ended first.
task::Task<void> serve_connection(std::unique_ptr<Connection> owned, bool move_here);

}  // namespace rondeau::server
