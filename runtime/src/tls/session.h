// Session: behind a tls::Stream; OpenSSL's state of one connection, and the stream beneath.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <rondeau/base/const_buffer.h>
#include <rondeau/base/result.h>
#include <rondeau/io/stream.h>
#include <rondeau/tls/client_config.h>
#include <rondeau/tls/peer_certificate.h>
#include <rondeau/tls/server_config.h>

#include "tls/channel.h"
#include "tls/handles.h"

namespace rondeau::tls {

struct ServerContext;

/// Every function takes the lock, since OpenSSL's state is one for both directions.
class Session {
 public:
  enum class Step : std::uint8_t { Done, Failed, Reads, Writes, Yields };

  Session(io::AnyStream carrier, const ServerConfig& config);
  Session(io::AnyStream carrier, const ClientConfig& config, std::string server_name);

  /// Whether a client has said something, or there is something else a handshake would tell at once.
  bool hears_client() noexcept;
  /// As far as it goes without waiting.
  Step handshake();
  /// Of a step that failed.
  Error failure() const;

  Result<std::size_t> read(std::span<std::byte> out) noexcept;
  Result<std::size_t> write(std::span<const base::ConstBuffer> buffers) noexcept;
  void forget_write() noexcept;
  Result<void> flush() noexcept;
  Result<void> shutdown(io::How how) noexcept;
  bool start_wait(io::Waiter& waiter) noexcept;

  // After the handshake these do not change.
  const SSL* ssl() const noexcept { return open_ ? ssl_.get() : nullptr; }
  std::string_view server_name() const noexcept;
  bool covers(std::string_view host) const;
  std::shared_ptr<const PeerCertificate> peer_certificate() const noexcept { return peer_certificate_; }
  std::string_view plain_text() const noexcept {
    return channel_.is_text() ? channel_.first_bytes() : std::string_view();
  }
  Channel& channel() noexcept { return channel_; }
  const Channel& channel() const noexcept { return channel_; }

 private:
  bool begin();
  void finish();
  Result<void> state() const;
  Error fail(std::string_view doing, int verdict) noexcept;
  Result<std::size_t> read_record(std::span<std::byte> out) noexcept;
  Result<std::size_t> encrypt(std::span<const base::ConstBuffer> buffers) noexcept;
  bool can_read_now() const noexcept;

  mutable std::mutex mutex_;                     ///< guards all below
  std::shared_ptr<ServerState> server_state_;    ///< of a server, until its handshake begins
  std::shared_ptr<const ServerContext> server_;  ///< of a server, from then on
  std::shared_ptr<const std::string> alpn_;      ///< of a server
  std::shared_ptr<const ClientContext> client_;  ///< of a client
  Channel channel_;
  std::string server_name_;  ///< a client's wish
  SslPtr ssl_;               // refers to all above
  std::shared_ptr<const PeerCertificate> peer_certificate_;
  Error failure_;           ///< what ended it
  std::size_t owed_ = 0;    ///< bytes of a write that were encrypted, and nobody has been told so
  int empty_messages_ = 0;  ///< of the handshake protocol since content came last
  bool open_ = false;       ///< the handshake is done
  bool peer_ended_ = false;
  bool reading_ended_ = false;
  bool notified_ = false;  ///< our close_notify is on its way
};

}  // namespace rondeau::tls
