// TcpStream: a TCP connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/net/socket_stream.h>
#include <rondeau/task/task.h>

namespace rondeau::net {

class OwnedReadHalf;
class OwnedWriteHalf;

/// A TCP connection: an io::Stream with options. Thread safety, lifetime: see SocketStream and io::Stream.
class TcpStream final : public SocketStream {
 public:
  class Connect;
  /// Both directions, borrowed. Lifetime: the stream must outlive them and stay where it is.
  struct Halves {
    io::Reader& reader;
    io::Writer& writer;
  };

  /// For those who made a socket by other means; it is registered already.
  explicit TcpStream(detail::Socket socket) noexcept : SocketStream(std::move(socket)) {}

  /// Errors: what connect(2) reports, with the address. Cancellation: the socket is closed.
  [[nodiscard]] static Connect connect(SocketAddress address);
  /// Tries the addresses in order; the last error where none works. Cancellation: as connect.
  static Task<Result<TcpStream>> connect_any(std::vector<SocketAddress> addresses);
  /// Looks the host up and tries its addresses in order; the last error where none works. Cancellation: as connect.
  static Task<Result<TcpStream>> connect(std::string host, std::uint16_t port);
  /// The same of "host:port": "db.example:5432", "127.0.0.1:80", "[::1]:80".
  ///
  /// Errors: InvalidArgument for what is no host and port; else as above. Cancellation: as connect.
  static Task<Result<TcpStream>> connect(std::string address);
  /// Takes over a connected socket; makes it non-blocking. Errors: what fcntl(2) and the registration report.
  static Result<TcpStream> from_fd(base::UniqueFd fd);

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;

  Halves split() & noexcept { return {*this, *this}; }
  std::pair<OwnedReadHalf, OwnedWriteHalf> into_split() &&;

  /// Send at once, without waiting for more (TCP_NODELAY).
  Result<void> set_nodelay(bool on);
  Result<bool> nodelay() const;
  /// Acknowledge at once (TCP_QUICKACK); the kernel may fall back to its habit later.
  Result<void> set_quickack(bool on);
  Result<bool> quickack() const;
  /// What close does with unsent bytes: nullopt sends them in the background, zero drops them and resets.
  Result<void> set_linger(std::optional<std::chrono::seconds> linger);
  Result<std::optional<std::chrono::seconds>> linger() const;
  /// Hops a packet may take (IP_TTL, version 4).
  Result<void> set_ttl(int hops);
  Result<int> ttl() const;
  /// Bytes that the peer's system has acknowledged since the connection was made (TCP_INFO). Of what was written, the
  /// rest is still on its way, or waits for a peer that does not read.
  Result<std::uint64_t> bytes_acked() const;

 private:
  // The reader's. See try_read.
  bool filled_ = false;  ///< the last read filled its buffer
  bool told_rest_ = false;
  std::uint8_t reads_in_vain_ = 0;
};

class [[nodiscard]] TcpStream::Connect final : public SocketConnect {
 public:
  using SocketConnect::SocketConnect;
  Result<TcpStream> await_resume();
};

/// The reading half of a connection, owned. The connection is closed with its second half.
class OwnedReadHalf final : public io::Reader {
 public:
  explicit OwnedReadHalf(std::shared_ptr<TcpStream> stream) noexcept : stream_(std::move(stream)) {}

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override { return stream_->try_read(out); }
  bool start_wait(io::Waiter& waiter) noexcept override { return stream_->start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { stream_->end_wait(waiter); }

  const TcpStream& inner() const noexcept { return *stream_; }
  /// Both halves of one connection become the stream again; halves of two connections abort.
  TcpStream reunite(OwnedWriteHalf other) &&;

 private:
  std::shared_ptr<TcpStream> stream_;
};

/// The writing half of a connection, owned. Destroyed: writing is shut down.
class OwnedWriteHalf final : public io::Writer {
 public:
  explicit OwnedWriteHalf(std::shared_ptr<TcpStream> stream) noexcept : stream_(std::move(stream)) {}
  OwnedWriteHalf(OwnedWriteHalf&&) noexcept = default;
  OwnedWriteHalf& operator=(OwnedWriteHalf&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }
  ~OwnedWriteHalf() override;

  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override {
    return stream_->try_write(bytes);
  }
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override {
    return stream_->try_write_vectored(buffers);
  }
  Result<void> try_shutdown(io::How how) noexcept override { return stream_->try_shutdown(how); }
  bool start_wait(io::Waiter& waiter) noexcept override { return stream_->start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { stream_->end_wait(waiter); }

  const TcpStream& inner() const noexcept { return *stream_; }
  /// Lets go without shutting down writing.
  void forget() && noexcept { stream_.reset(); }

 private:
  friend class OwnedReadHalf;
  std::shared_ptr<TcpStream> stream_;
};

}  // namespace rondeau::net
