// FaultDriver: a driver whose calls fail as planned. Over the kernel or over a simulated host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include <rondeau/base/driver.h>

namespace rondeau::sim {

/// The calls that a plan is asked about: those of base::Driver and Poller that can fail.
enum class Call : std::uint8_t {
  MakePoller,
  AddToPoller,
  Socket,
  Bind,
  Listen,
  Accept,
  Connect,
  Receive,
  Send,
  Shutdown,
  SetOption,
  Option,
  LocalAddress,
  PeerAddress,
  SendMessages,
  ReceiveMessages,
  SocketPair,
  Pipe,
  Read,
  Write,
  LookUp,
};

/// What becomes of one call.
class Fault {
 public:
  enum class Kind : std::uint8_t { None, Error, WouldBlock, AtMost, Reset };

  static Fault none() noexcept { return {}; }
  /// The call is not made and gives this errno. EAGAIN is would_block(); EINTR is hidden by every driver, and does nothing.
  static Fault error(int os_error) noexcept;
  /// The call is not made and says that it would have to wait; readiness is told once more. Only Accept, Receive, Send,
  /// Read, Write and the calls for messages are concerned.
  static Fault would_block() noexcept { return {Kind::WouldBlock, 0}; }
  /// So many bytes, at least 1, are read or written at most; readiness is told once more. Of Receive, Send, Read and Write.
  static Fault at_most(std::size_t bytes) noexcept { return {Kind::AtMost, bytes == 0 ? 1 : bytes}; }
  /// The connection ends for both sides; here as reset, once, and then as closed. Of Receive and Send.
  static Fault reset() noexcept { return {Kind::Reset, 0}; }

  Kind kind() const noexcept { return kind_; }
  std::size_t number() const noexcept { return number_; }

 private:
  Fault(Kind kind, std::size_t number) noexcept : kind_(kind), number_(number) {}
  Fault() noexcept = default;
  Kind kind_ = Kind::None;
  std::size_t number_ = 0;
};

/// `number` counts the calls from 1, all kinds together.
using FaultPlan = std::function<Fault(Call call, std::uint64_t number)>;

/// That one call, of whatever kind, meets `fault`.
FaultPlan nth_call(std::uint64_t number, Fault fault);
/// The nth call of one kind.
FaultPlan nth_call_of(Call kind, std::uint64_t number, Fault fault);
/// So often, of 1, a read or write is short, down to a byte, or says WouldBlock.
FaultPlan short_calls(double how_often, std::uint64_t seed);

/// `for (n = 1;; ++n) { FaultDriver driver(kernel_driver(), nth_call(n, Fault::error(EIO))); scenario(driver);
/// if (!driver.touched()) break; }` fails each call of a scenario in turn.
///
/// Thread safety: any thread; the plan is asked under a lock. Lifetime: `inner` must outlive this, this its runtimes.
class FaultDriver final : public base::Driver {
 public:
  FaultDriver(base::Driver& inner, FaultPlan plan) : inner_(inner), plan_(std::move(plan)) {}

  /// A call met a fault.
  bool touched() const noexcept;
  std::uint64_t calls() const noexcept;

  Instant now() noexcept override { return inner_.now(); }
  std::int64_t wall_clock() noexcept override { return inner_.wall_clock(); }
  void random(std::span<std::byte> out) noexcept override { inner_.random(out); }
  Result<std::unique_ptr<base::Poller>> make_poller(std::size_t batch) override;

  Result<int> socket(int family, int type, int protocol) override;
  Result<void> bind(int socket, const sockaddr* address, socklen_t size) override;
  Result<void> listen(int socket, int backlog) override;
  Result<int> accept(int listener, sockaddr* peer, socklen_t* size) override;
  Result<void> connect(int socket, const sockaddr* address, socklen_t size) override;
  Result<std::size_t> receive(int socket, std::span<std::byte> out, int flags) override;
  Result<base::Received> receive_telling_rest(int socket, std::span<std::byte> out) override;
  Result<std::size_t> send(int socket, std::span<const std::byte> bytes) override;
  Result<std::size_t> send_vectored(int socket, std::span<const base::ConstBuffer> buffers) override;
  Result<void> shutdown(int socket, int how) override;
  void close(int socket) noexcept override;
  Result<void> set_option(int socket, int level, int name, std::span<const std::byte> value) override;
  Result<std::size_t> option(int socket, int level, int name, std::span<std::byte> value) override;
  Result<void> local_address(int socket, sockaddr* address, socklen_t* size) override;
  Result<void> peer_address(int socket, sockaddr* address, socklen_t* size) override;
  Result<std::size_t> send_messages(int socket, std::span<base::OutgoingMessage> messages) override;
  Result<std::size_t> receive_messages(int socket, std::span<base::IncomingMessage> messages, int flags) override;
  Result<std::array<int, 2>> socket_pair(int family, int type, int protocol) override;
  Result<std::array<int, 2>> pipe() override;
  Result<std::size_t> read(int descriptor, std::span<const base::MutableBuffer> buffers) override;
  Result<std::size_t> write(int descriptor, std::span<const base::ConstBuffer> buffers) override;
  Result<std::vector<base::SocketAddress>> look_up(const std::string& host, std::uint16_t port) override;

 private:
  class Poller;
  struct Watched {
    Poller* poller;
    std::uint64_t token;
  };

  Fault next(Call call);
  template <class T, class F>
  Result<T> failing(Call call, F&& inner);
  template <class T, class F>
  Result<T> transferring(Call call, int descriptor, std::uint32_t readiness, F&& inner);
  void reset(int socket);
  bool is_reset(int socket);
  /// Tells the readiness once more that the caller was kept from using up.
  void tell_again(int descriptor, std::uint32_t readiness);

  base::Driver& inner_;
  mutable std::mutex mutex_;  // guards the rest
  FaultPlan plan_;
  std::uint64_t calls_ = 0;
  bool touched_ = false;
  std::map<int, Watched> watched_;
  std::set<int> reset_;
};

}  // namespace rondeau::sim
