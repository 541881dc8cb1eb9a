// SocketListener: what TcpListener and UnixListener have in common.
#pragma once

#include <concepts>
#include <optional>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/socket.h>
#include <rondeau/io/concepts.h>
#include <rondeau/io/stream.h>

namespace rondeau::net {

/// A listening stream socket. Thread safety: any number of tasks may accept at once.
class SocketListener {
 public:
  Result<SocketAddress> local_addr() const { return socket_.local_address(); }
  /// The descriptor, which stays ours.
  int fd() const noexcept { return socket_.descriptor(); }
  /// Deregisters and gives the descriptor away, still non-blocking.
  base::UniqueFd into_fd() && noexcept { return socket_.release(); }

  bool start_wait(io::Waiter& waiter) noexcept { return socket_.registration().start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept { socket_.registration().end_wait(waiter); }

 protected:
  explicit SocketListener(detail::Socket socket) noexcept : socket_(std::move(socket)) {}
  SocketListener(SocketListener&&) noexcept = default;
  SocketListener& operator=(SocketListener&&) noexcept = default;
  ~SocketListener() = default;

  /// Connections that died in the queue are skipped.
  Result<detail::Socket> accept_socket() noexcept;

  detail::Socket socket_;
};

/// Takes the next connection of a listener. Cancellation: safe, the connection stays in the queue.
template <class Derived, class L>
class Accepting : public detail::Attempts<Derived, L> {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  bool attempt() noexcept {
    result_ = this->source_.try_accept();
    return result_ || result_.error() != Errc::WouldBlock;
  }

 protected:
  explicit Accepting(L& listener) noexcept
      : detail::Attempts<Derived, L>(listener, detail::kReadInterest, Accepting::Alone::No) {}
  ~Accepting() = default;

  decltype(std::declval<L&>().try_accept()) result_{Errc::WouldBlock};
};

template <class L>
class [[nodiscard]] AcceptFrom final : public Accepting<AcceptFrom<L>, L> {
 public:
  explicit AcceptFrom(L& listener) noexcept : Accepting<AcceptFrom, L>(listener) {}
  auto await_resume() noexcept { return std::move(this->result_); }
};

/// The same, as an item of a stream that never ends.
template <class L>
class [[nodiscard]] NextFrom final : public Accepting<NextFrom<L>, L> {
 public:
  explicit NextFrom(L& listener) noexcept : Accepting<NextFrom, L>(listener) {}
  auto await_resume() noexcept { return std::optional(std::move(this->result_)); }
};

/// What servers listen on: `accept()` gives Result of some io::Stream.
template <class L>
concept Listener = requires(L& listener) {
  typename io::AwaitedOf<decltype(listener.accept())>::type::value_type;
  requires std::derived_from<typename io::AwaitedOf<decltype(listener.accept())>::type::value_type, io::Stream>;
  { listener.local_addr() } -> std::same_as<Result<SocketAddress>>;
};

}  // namespace rondeau::net
