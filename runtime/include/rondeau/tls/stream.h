// tls::Stream: TLS over any stream of bytes; accept and connect make one.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/task/task.h>
#include <rondeau/tls/client_config.h>
#include <rondeau/tls/peer_certificate.h>
#include <rondeau/tls/server_config.h>

namespace rondeau::tls {

class Session;

/// A TLS connection. Before handshake() has succeeded, reading and writing fail with NotConnected.
///
/// Reading gives 0 only after the peer's close_notify: a connection that ends without one was cut, by whomever, and
/// reading it fails with UnexpectedEof. Shutting down writing sends our close_notify and ends the carrier's half;
/// reading goes on. Destroying it sends nothing: to the peer the connection looks cut.
///
/// After an error other than WouldBlock the connection is dead and says the same again. Errors of the protocol are
/// InvalidData, of certificates PermissionDenied, each with a text that tells which; else those of the carrier.
///
/// Cancellation: a read loses nothing. A write that has begun is finished by the operations that follow it, as far as
/// 32 KiB of it were taken, and its outcome is dropped. For a try_write of one's own: after Errc::WouldBlock bytes are
/// under way, so the next try_write has to begin with the same ones, unless forget_write() comes first.
///
/// Thread safety: one reads, one writes, also from two threads; each call holds a lock for as long as its cryptography
/// takes. Lifetime: see io::Stream.
class Stream final : public io::Stream {
 public:
  using WriteSome = SomeWrite<CancelSafety::Loses>;
  using WriteVectored = VectoredWrite<CancelSafety::Loses>;
  using WriteAllBuffer = BufferWrite<CancelSafety::Loses>;
  using WriteAllOf = DrainingWrite<CancelSafety::Loses>;

  /// The server's side. Nothing happens before handshake().
  Stream(io::AnyStream carrier, const ServerConfig& config);
  /// The client's side; `server_name` is the host name or IP address that the certificate has to be for.
  Stream(io::AnyStream carrier, const ClientConfig& config, std::string server_name);
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream() override;

  /// On a server: waits until there is something for handshake() to work on, which costs nothing before. Bound its
  /// time, too. Cancellation: safe. Lifetime: as handshake().
  Task<void> client_speaks();
  /// Agrees on keys with the peer. Bound its time from outside: a peer may stay silent.
  ///
  /// Errors: as told above. Cancellation: safe, it can be awaited again. Lifetime: the stream outlives the await.
  Task<Result<void>> handshake();

  // What the handshake has brought; empty before.

  /// The protocol that was agreed on (ALPN), or empty.
  std::string_view alpn() const noexcept;
  /// "TLSv1.2", "TLSv1.3".
  std::string_view version() const noexcept;
  /// "TLS_AES_256_GCM_SHA384".
  std::string_view cipher() const noexcept;
  /// The host name that the client asked for (SNI), or empty.
  std::string_view server_name() const noexcept;
  /// The session went on from an earlier one.
  bool resumed() const noexcept;
  /// What the peer showed, or nullptr.
  std::shared_ptr<const PeerCertificate> peer_certificate() const noexcept;
  /// On a server: whether `host` is a name under which this client has verified us: the one it asked for, or another
  /// one of the same certificate. True where it did not ask for a name.
  bool covers(std::string_view host) const;
  /// After a handshake that failed on a server: the first bytes from a peer that spoke text instead of TLS, at most 8.
  std::string_view plain_text() const noexcept;

  /// What it runs over. Replacing it is allowed before the handshake has begun, taking it when the connection is over.
  io::AnyStream& carrier() noexcept;
  const io::AnyStream& carrier() const noexcept;

  // As in io::Writer, but a part may still be sent when their await is gone.
  [[nodiscard]] WriteSome write_some(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] WriteVectored write_vectored(std::span<const io::ConstBuffer> buffers) noexcept;
  [[nodiscard]] WriteAllBuffer write_all_buf(std::span<const std::byte>& bytes) noexcept;
  [[nodiscard]] WriteAllOf write_all_buf(io::Buffer& buffer) noexcept;

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override;
  void forget_write() noexcept override;
  Result<void> try_flush() noexcept override;
  /// How::Read is allowed from any thread while the stream lives: reading gives 0 from then on, and a handshake fails.
  Result<void> try_shutdown(io::How how) noexcept override;
  bool start_wait(io::Waiter& waiter) noexcept override;
  void end_wait(io::Waiter& waiter) noexcept override;
  int described_descriptor() const noexcept override;

 private:
  std::unique_ptr<Session> session_;
};

inline Stream::WriteSome Stream::write_some(std::span<const std::byte> bytes) noexcept {
  return WriteSome(*this, bytes);
}
inline Stream::WriteVectored Stream::write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  return WriteVectored(*this, buffers);
}
inline Stream::WriteAllBuffer Stream::write_all_buf(std::span<const std::byte>& bytes) noexcept {
  return WriteAllBuffer(*this, bytes);
}
inline Stream::WriteAllOf Stream::write_all_buf(io::Buffer& buffer) noexcept {
  return WriteAllOf(*this, buffer);
}

/// The server's side of a connection, handshake done. Errors: as Stream. Cancellation: the carrier is closed.
Task<Result<Stream>> accept(io::AnyStream carrier, ServerConfig config);
/// The client's side, handshake done: `co_await tls::connect(std::move(tcp), config, "example.org")`.
///
/// Errors: as Stream, with the name. Cancellation: the carrier is closed.
Task<Result<Stream>> connect(io::AnyStream carrier, ClientConfig config, std::string server_name);

}  // namespace rondeau::tls
