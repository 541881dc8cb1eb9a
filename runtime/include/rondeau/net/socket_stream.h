// SocketStream: what TcpStream and UnixStream have in common.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/socket.h>
#include <rondeau/io/stream.h>
#include <rondeau/net/socket_io.h>

namespace rondeau::net {

/// A connected stream socket. Destroyed: deregistered, then closed.
///
/// Reading and writing from two tasks at once is allowed. SIGPIPE is never raised, EINTR never seen. After the runtime
/// has ended operations fail with ShuttingDown.
class SocketStream : public io::Stream {
 public:
  class Peek;

  SocketStream(SocketStream&&) noexcept = default;
  SocketStream& operator=(SocketStream&&) noexcept = default;

  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept final;
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept final;
  Result<void> try_shutdown(io::How how) noexcept final;
  /// As try_write, of what a regular file holds from `offset` on, at most `count` bytes; without a copy in this process.
  /// 0: the file ends there. May wait for the disk, unless the file is in the system's cache.
  ///
  /// Errors: also Unsupported or InvalidArgument, where the driver or the file system cannot do that.
  Result<std::size_t> try_send_file(int file, std::uint64_t offset, std::size_t count) noexcept;
  bool start_wait(io::Waiter& waiter) noexcept final { return socket_.registration().start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept final { socket_.registration().end_wait(waiter); }

  int described_descriptor() const noexcept final { return socket_.descriptor(); }

  /// As read_some, but what was read will be read again. Cancellation: safe.
  [[nodiscard]] Peek peek(std::span<std::byte> out) noexcept;
  Result<std::size_t> try_peek(std::span<std::byte> out) noexcept;

  /// As try_read, into one buffer after the other.
  Result<std::size_t> try_read_vectored(std::span<const base::MutableBuffer> buffers) noexcept;

  /// Waits for the interest; gives Result<io::ReadyGuard>. Any number of tasks may wait. Cancellation: safe.
  SocketReady ready(io::Interest interest) const noexcept { return {socket_.registration(), interest}; }
  /// A system call of one's own (any callable that returns a Result), repeated until it is not Errc::WouldBlock.
  /// Cancellation: safe.
  template <std::invocable F>
  SocketIo<std::decay_t<F>> async_io(io::Interest interest, F&& call) const {
    return {socket_.registration(), interest, std::forward<F>(call)};
  }
  /// As async_io; Errc::WouldBlock where that would wait.
  template <std::invocable F>
  std::invoke_result_t<F&> try_io(io::Interest interest, F&& call) const {
    return try_socket_io(socket_.registration(), interest, call);
  }

  Result<SocketAddress> local_addr() const { return socket_.local_address(); }
  Result<SocketAddress> peer_addr() const { return socket_.peer_address(); }
  /// The pending error of the socket, which is cleared.
  Result<void> take_error() const { return socket_.take_error(); }

  /// The descriptor, which stays ours.
  int fd() const noexcept { return socket_.descriptor(); }
  /// Deregisters and gives the descriptor away, still non-blocking.
  base::UniqueFd into_fd() && noexcept { return socket_.release(); }

 protected:
  /// What tells that a read took everything there was: nothing but the next read, which finds nothing; its being
  /// shorter than asked for; or the system.
  enum class Emptied : std::uint8_t { Unknown, IfShort, Told };

  explicit SocketStream(detail::Socket socket) noexcept : socket_(std::move(socket)) {}
  Result<std::size_t> receive(std::span<std::byte> out, int flags, Emptied emptied) noexcept;
  Result<std::size_t> receive_telling_rest(std::span<std::byte> out, detail::Readiness seen) noexcept;

  [[no_unique_address]] detail::Socket socket_;  // as there
};

class [[nodiscard]] SocketStream::Peek final : public detail::Attempts<Peek, io::Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  Peek(SocketStream& stream, std::span<std::byte> out) noexcept
      : Attempts(stream, detail::kReadInterest, Alone::Yes), stream_(stream), out_(out) {}

  bool attempt() noexcept {
    result_ = stream_.try_peek(out_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::size_t> await_resume() noexcept { return std::move(result_); }

 private:
  SocketStream& stream_;
  std::span<std::byte> out_;
  Result<std::size_t> result_;
};

inline SocketStream::Peek SocketStream::peek(std::span<std::byte> out) noexcept {
  return Peek(*this, out);
}

/// A base, so that the socket is there before the wait for it begins and until that has ended.
class SocketInTheMaking {
 protected:
  ~SocketInTheMaking() = default;
  detail::Socket socket_;
};

/// The connecting of a stream socket. Cancellation: the socket is closed.
class SocketConnect : protected SocketInTheMaking, public detail::Attempts<SocketConnect, const detail::Registration> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Loses;

  /// `socket`: made and bound before, or empty to make one here.
  SocketConnect(SocketAddress address, detail::OwnedDescriptor socket) noexcept
      : Attempts(socket_.registration(), detail::kWriteInterest, Alone::No),
        address_(std::move(address)),
        unconnected_(std::move(socket)) {}

  bool attempt() noexcept;

 protected:
  ~SocketConnect() = default;
  Result<detail::Socket> take();

 private:
  bool begin() noexcept;
  bool done(Result<void> result) noexcept;

  SocketAddress address_;
  detail::OwnedDescriptor unconnected_;
  Result<void> result_;
};

}  // namespace rondeau::net
