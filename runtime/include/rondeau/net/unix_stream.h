// UnixStream: a connection over a Unix socket.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <source_location>
#include <span>
#include <utility>
#include <vector>

#include <rondeau/base/unique_fd.h>
#include <rondeau/net/socket_stream.h>

namespace rondeau::net {

/// Who is at the other end of a Unix socket, as it was when the connection was made.
struct PeerCredentials {
  uid_t uid;
  gid_t gid;
  pid_t pid;
};

/// Bytes that were read, and the descriptors that came with the first of them; close-on-exec.
struct ReceivedWithFds {
  std::size_t size;  ///< 0 is the end
  std::vector<base::UniqueFd> fds;
};

/// A connection over a Unix socket: an io::Stream. Thread safety, lifetime: see SocketStream and io::Stream.
class UnixStream final : public SocketStream {
 public:
  class Connect;
  class SendWithFds;
  class ReceiveWithFds;

  /// For those who made a socket by other means; it is registered already.
  explicit UnixStream(detail::Socket socket) noexcept : SocketStream(std::move(socket)) {}

  /// Errors: NotFound, ConnectionRefused, Overloaded where the listener's queue is full …, with the address.
  /// Cancellation: the socket is closed.
  [[nodiscard]] static Connect connect(SocketAddress address);
  /// Two ends connected with each other. On a thread of a runtime.
  static Result<std::pair<UnixStream, UnixStream>> pair(std::source_location where = std::source_location::current());
  /// Takes over a connected socket; makes it non-blocking.
  static Result<UnixStream> from_fd(base::UniqueFd fd);

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  Result<PeerCredentials> peer_cred() const;

  /// As write_some, and passes duplicates of the descriptors, which stay the caller's, along with the first byte.
  ///
  /// They have gone with any success, be it short. Errors: InvalidArgument for no bytes, or more than 253 descriptors.
  /// Cancellation: safe, nothing was written or passed.
  [[nodiscard]] SendWithFds send_with_fds(std::span<const std::byte> bytes, std::span<const int> fds) noexcept;
  /// As read_some, and takes the descriptors that were passed along, at most `max_fds` (not 0). A read by other means
  /// closes them unseen.
  ///
  /// Errors: TooLarge where more came: those are closed, all of them, and the bytes they came with are lost.
  /// Cancellation: safe, bytes and descriptors stay in the queue.
  [[nodiscard]] ReceiveWithFds receive_with_fds(std::span<std::byte> room, std::size_t max_fds) noexcept;

  // As their waiting counterparts; Errc::WouldBlock where those would wait.
  Result<std::size_t> try_send_with_fds(std::span<const std::byte> bytes, std::span<const int> fds) noexcept;
  Result<ReceivedWithFds> try_receive_with_fds(std::span<std::byte> room, std::size_t max_fds) noexcept;
};

class [[nodiscard]] UnixStream::Connect final : public SocketConnect {
 public:
  using SocketConnect::SocketConnect;
  Result<UnixStream> await_resume();
};

class [[nodiscard]] UnixStream::SendWithFds final : public detail::Attempts<SendWithFds, io::Writer> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  SendWithFds(UnixStream& stream, std::span<const std::byte> bytes, std::span<const int> fds) noexcept
      : Attempts(stream, detail::kWriteInterest, Alone::Yes), stream_(stream), bytes_(bytes), fds_(fds) {}

  bool attempt() noexcept {
    result_ = stream_.try_send_with_fds(bytes_, fds_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<std::size_t> await_resume() noexcept { return std::move(result_); }

 private:
  UnixStream& stream_;
  std::span<const std::byte> bytes_;
  std::span<const int> fds_;
  Result<std::size_t> result_;
};

class [[nodiscard]] UnixStream::ReceiveWithFds final : public detail::Attempts<ReceiveWithFds, io::Reader> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  ReceiveWithFds(UnixStream& stream, std::span<std::byte> room, std::size_t max_fds) noexcept
      : Attempts(stream, detail::kReadInterest, Alone::Yes), stream_(stream), room_(room), max_fds_(max_fds) {}

  bool attempt() noexcept {
    result_ = stream_.try_receive_with_fds(room_, max_fds_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<ReceivedWithFds> await_resume() noexcept { return std::move(result_); }

 private:
  UnixStream& stream_;
  std::span<std::byte> room_;
  std::size_t max_fds_;
  Result<ReceivedWithFds> result_{Errc::WouldBlock};
};

inline UnixStream::SendWithFds UnixStream::send_with_fds(std::span<const std::byte> bytes,
                                                         std::span<const int> fds) noexcept {
  return SendWithFds(*this, bytes, fds);
}
inline UnixStream::ReceiveWithFds UnixStream::receive_with_fds(std::span<std::byte> room,
                                                               std::size_t max_fds) noexcept {
  return ReceiveWithFds(*this, room, max_fds);
}

}  // namespace rondeau::net
