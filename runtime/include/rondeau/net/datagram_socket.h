// DatagramSocket: what UdpSocket and UnixDatagram have in common.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include <rondeau/base/driver.h>
#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/attempts.h>
#include <rondeau/detail/socket.h>
#include <rondeau/net/socket_io.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::net {

/// What was received into the room that was given for it.
struct Datagram {
  std::size_t size;  ///< bytes that were filled; a datagram may have none
  bool truncated;    ///< it was longer than the room, and what did not fit is gone
};

struct DatagramFrom {
  std::size_t size;
  bool truncated;
  SocketAddress from;  ///< a Unix socket without a name: one with an empty path
};

/// Room for one of several datagrams, and what was received into it.
struct DatagramRoom {
  std::span<std::byte> room;
  std::size_t size = 0;
  bool truncated = false;
  SocketAddress from = {};

  std::span<const std::byte> bytes() const noexcept { return room.first(size); }
};

/// One of several datagrams to send.
struct DatagramTo {
  std::span<const std::byte> bytes;
  std::optional<SocketAddress> to = std::nullopt;  ///< nullopt: whom the socket is connected with
};

/// An operation on a datagram socket: tried, and tried again when the socket is ready. Cancellation: safe.
template <class Step>
class DatagramAttempt;

/// A socket for datagrams: each is sent and received whole. Destroyed: deregistered, then closed.
///
/// What the network reports of a datagram that was sent earlier (nobody listens there) is the error of the next
/// operation on a connected socket, once. After the runtime has ended operations fail with ShuttingDown.
/// Thread safety: any number of tasks may send and receive at once. Lifetime: socket and buffers must live until the
/// await ends or is destroyed.
class DatagramSocket {
  struct SendStep;
  struct RecvStep;
  struct RecvFromStep;
  struct RecvManyStep;
  struct SendManyStep;

 protected:
  struct SendToStep;

 public:
  using Send = DatagramAttempt<SendStep>;
  using Recv = DatagramAttempt<RecvStep>;
  using RecvFrom = DatagramAttempt<RecvFromStep>;
  using RecvMany = DatagramAttempt<RecvManyStep>;
  using SendMany = DatagramAttempt<SendManyStep>;
  class Wait;

  /// Sends to whom the socket is connected with; gives the bytes, which are all. Cancellation: safe, nothing was sent.
  ///
  /// Errors: TooLarge for what cannot travel in one piece, NotConnected, ConnectionRefused …
  Send send(std::span<const std::byte> bytes) const noexcept;
  /// Receives one; gives a Datagram. Cancellation: safe, it stays in the queue.
  Recv recv(std::span<std::byte> room) const noexcept;
  /// As recv, and says from whom it is: gives a DatagramFrom.
  RecvFrom recv_from(std::span<std::byte> room) const noexcept;
  /// As recv and recv_from, but what was received will be received again.
  Recv peek(std::span<std::byte> room) const noexcept;
  RecvFrom peek_from(std::span<std::byte> room) const noexcept;
  /// Receives as many as are there, at most one into each room, in one system call; gives how many, at least one.
  RecvMany recv_many(std::span<DatagramRoom> rooms) const noexcept;
  /// Sends in order, in one system call; gives how many, at least one: the rest is for the next call. An error is that
  /// of the first. Cancellation: safe, nothing was sent.
  SendMany send_many(std::span<const DatagramTo> datagrams) const noexcept;

  // As their waiting counterparts; Errc::WouldBlock where those would wait.
  Result<std::size_t> try_send(std::span<const std::byte> bytes) const noexcept;
  Result<std::size_t> try_send_to(std::span<const std::byte> bytes, const SocketAddress& to) const noexcept;
  Result<Datagram> try_recv(std::span<std::byte> room) const noexcept { return receive(room, 0); }
  Result<DatagramFrom> try_recv_from(std::span<std::byte> room) const noexcept { return receive_from(room, 0); }
  Result<Datagram> try_peek(std::span<std::byte> room) const noexcept;
  Result<DatagramFrom> try_peek_from(std::span<std::byte> room) const noexcept;
  Result<std::size_t> try_recv_many(std::span<DatagramRoom> rooms) const noexcept;
  Result<std::size_t> try_send_many(std::span<const DatagramTo> datagrams) const noexcept;

  /// Wait until the try_ counterparts have something to tell: a datagram, room, an error. May be early.
  Wait readable() const noexcept;
  Wait writable() const noexcept;
  /// Waits for the interest. An error that the network reported satisfies an interest in reading.
  SocketReady ready(io::Interest interest) const noexcept { return {socket_.registration(), with_errors(interest)}; }
  /// A system call of one's own (any callable that returns a Result), repeated until it is not Errc::WouldBlock.
  template <std::invocable F>
  SocketIo<std::decay_t<F>> async_io(io::Interest interest, F&& call) const {
    return {socket_.registration(), with_errors(interest), std::forward<F>(call)};
  }
  template <std::invocable F>
  std::invoke_result_t<F&> try_io(io::Interest interest, F&& call) const {
    return try_socket_io(socket_.registration(), with_errors(interest), call);
  }

  Result<SocketAddress> local_addr() const { return socket_.local_address(); }
  /// Errors: NotConnected.
  Result<SocketAddress> peer_addr() const { return socket_.peer_address(); }
  /// The pending error of the socket, which is cleared.
  Result<void> take_error() const { return socket_.take_error(); }

  /// The descriptor, which stays ours.
  int fd() const noexcept { return socket_.descriptor(); }
  /// Deregisters and gives the descriptor away, still non-blocking.
  base::UniqueFd into_fd() && noexcept { return socket_.release(); }

  bool start_wait(detail::Waiter& waiter) const noexcept { return socket_.registration().start_wait(waiter); }
  void end_wait(detail::Waiter& waiter) const noexcept { socket_.registration().end_wait(waiter); }

 protected:
  explicit DatagramSocket(detail::Socket socket) noexcept : socket_(std::move(socket)) {}
  DatagramSocket(DatagramSocket&&) noexcept = default;
  DatagramSocket& operator=(DatagramSocket&&) noexcept = default;
  ~DatagramSocket() = default;

  Result<void> connect_socket(const SocketAddress& address) const;

  detail::Socket socket_;

 private:
  // The system reports a pending error alone, not as something to read.
  static constexpr std::uint32_t kReadInterest = detail::kReadInterest | base::PollEvent::Failed;
  static io::Interest with_errors(io::Interest interest) noexcept {
    return interest.ready().is_readable() ? interest | io::Interest::error() : interest;
  }

  Result<std::size_t> send_messages(std::span<base::OutgoingMessage> messages) const noexcept;
  Result<std::size_t> receive_messages(std::span<base::IncomingMessage> messages, int flags) const noexcept;
  Result<Datagram> receive(std::span<std::byte> room, int flags) const noexcept;
  Result<DatagramFrom> receive_from(std::span<std::byte> room, int flags) const noexcept;
};

// ---- how they wait

struct DatagramSocket::SendStep {
  using Value = std::size_t;
  static constexpr std::uint32_t interest = detail::kWriteInterest;
  std::span<const std::byte> bytes;
  Result<Value> operator()(const DatagramSocket& socket) const noexcept { return socket.try_send(bytes); }
};

struct DatagramSocket::SendToStep {
  using Value = std::size_t;
  static constexpr std::uint32_t interest = detail::kWriteInterest;
  std::span<const std::byte> bytes;
  SocketAddress to;
  Result<Value> operator()(const DatagramSocket& socket) const noexcept { return socket.try_send_to(bytes, to); }
};

struct DatagramSocket::RecvStep {
  using Value = Datagram;
  static constexpr std::uint32_t interest = kReadInterest;
  std::span<std::byte> room;
  int flags;
  Result<Value> operator()(const DatagramSocket& socket) const noexcept { return socket.receive(room, flags); }
};

struct DatagramSocket::RecvFromStep {
  using Value = DatagramFrom;
  static constexpr std::uint32_t interest = kReadInterest;
  std::span<std::byte> room;
  int flags;
  Result<Value> operator()(const DatagramSocket& socket) const noexcept { return socket.receive_from(room, flags); }
};

struct DatagramSocket::RecvManyStep {
  using Value = std::size_t;
  static constexpr std::uint32_t interest = kReadInterest;
  std::span<DatagramRoom> rooms;
  Result<Value> operator()(const DatagramSocket& socket) const noexcept { return socket.try_recv_many(rooms); }
};

struct DatagramSocket::SendManyStep {
  using Value = std::size_t;
  static constexpr std::uint32_t interest = detail::kWriteInterest;
  std::span<const DatagramTo> datagrams;
  Result<Value> operator()(const DatagramSocket& socket) const noexcept { return socket.try_send_many(datagrams); }
};

template <class Step>
class [[nodiscard("it does nothing until it is awaited")]] DatagramAttempt final
    : public detail::Attempts<DatagramAttempt<Step>, const DatagramSocket> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  using Value = typename Step::Value;

  DatagramAttempt(const DatagramSocket& socket, Step step) noexcept
      : detail::Attempts<DatagramAttempt, const DatagramSocket>(socket, Step::interest, DatagramAttempt::Alone::No),
        step_(std::move(step)) {}

  bool attempt() noexcept {
    result_ = step_(this->source_);
    return result_ || result_.error() != Errc::WouldBlock;
  }
  Result<Value> await_resume() noexcept {
    return std::move(result_);
  }

 private:
  Step step_;
  Result<Value> result_{Errc::WouldBlock};
};

class [[nodiscard]] DatagramSocket::Wait final : public detail::WaitForReadiness<Wait, const DatagramSocket> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  Wait(const DatagramSocket& socket, std::uint32_t interest) noexcept : WaitForReadiness(socket, interest) {}
};

inline DatagramSocket::Wait DatagramSocket::readable() const noexcept {
  return Wait(*this, kReadInterest);
}
inline DatagramSocket::Wait DatagramSocket::writable() const noexcept {
  return Wait(*this, detail::kWriteInterest);
}
inline DatagramSocket::Send DatagramSocket::send(std::span<const std::byte> bytes) const noexcept {
  return Send(*this, {bytes});
}
inline DatagramSocket::Recv DatagramSocket::recv(std::span<std::byte> room) const noexcept {
  return Recv(*this, {room, 0});
}
inline DatagramSocket::RecvFrom DatagramSocket::recv_from(std::span<std::byte> room) const noexcept {
  return RecvFrom(*this, {room, 0});
}
inline DatagramSocket::Recv DatagramSocket::peek(std::span<std::byte> room) const noexcept {
  return Recv(*this, {room, MSG_PEEK});
}
inline DatagramSocket::RecvFrom DatagramSocket::peek_from(std::span<std::byte> room) const noexcept {
  return RecvFrom(*this, {room, MSG_PEEK});
}
inline Result<Datagram> DatagramSocket::try_peek(std::span<std::byte> room) const noexcept {
  return receive(room, MSG_PEEK);
}
inline Result<DatagramFrom> DatagramSocket::try_peek_from(std::span<std::byte> room) const noexcept {
  return receive_from(room, MSG_PEEK);
}
inline DatagramSocket::RecvMany DatagramSocket::recv_many(std::span<DatagramRoom> rooms) const noexcept {
  return RecvMany(*this, {rooms});
}
inline DatagramSocket::SendMany DatagramSocket::send_many(std::span<const DatagramTo> datagrams) const noexcept {
  return SendMany(*this, {datagrams});
}

}  // namespace rondeau::net
