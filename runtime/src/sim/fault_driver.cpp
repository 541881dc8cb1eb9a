#include <rondeau/sim/fault_driver.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <utility>

#include "sim/random.h"

namespace rondeau::sim {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

bool transfers(Call call) noexcept {
  return call == Call::Receive || call == Call::Send || call == Call::Read || call == Call::Write;
}

bool may_wait(Call call) noexcept {
  return transfers(call) || call == Call::Accept || call == Call::SendMessages || call == Call::ReceiveMessages;
}

bool concerns(Call call, const Fault& fault) noexcept {
  switch (fault.kind()) {
    case Fault::Kind::None: return false;
    case Fault::Kind::Error: return true;
    case Fault::Kind::WouldBlock: return may_wait(call);
    case Fault::Kind::AtMost: return transfers(call);
    case Fault::Kind::Reset: return call == Call::Receive || call == Call::Send;
  }
  return false;
}

/// The first `most` bytes of some buffers.
template <class Buffer>
std::vector<Buffer> cut(std::span<const Buffer> buffers, std::size_t most) {
  std::vector<Buffer> part;
  for (const Buffer& buffer : buffers) {
    if (most == 0) break;
    const std::size_t size = std::min(buffer.size(), most);
    part.emplace_back(Buffer(std::span(buffer.data(), size)));
    most -= size;
  }
  return part;
}

}  // namespace

Fault Fault::error(int os_error) noexcept {
  if (os_error == EINTR) return none();
  if (os_error == EAGAIN) return would_block();
  return {Kind::Error, static_cast<std::size_t>(os_error)};
}

FaultPlan nth_call(std::uint64_t number, Fault fault) {
  return [number, fault](Call, std::uint64_t now) { return now == number ? fault : Fault::none(); };
}

FaultPlan nth_call_of(Call kind, std::uint64_t number, Fault fault) {
  return [kind, number, fault, count = std::uint64_t{0}](Call call, std::uint64_t) mutable {
    return call == kind && ++count == number ? fault : Fault::none();
  };
}

FaultPlan short_calls(double how_often, std::uint64_t seed) {
  return [how_often, random = Random(seed)](Call call, std::uint64_t) mutable {
    if (!transfers(call) || !random.chance(how_often)) return Fault::none();
    return random.below(4) == 0 ? Fault::would_block() : Fault::at_most(1 + random.below(16));
  };
}

// ---------------------------------------------------------------- the poller

/// Beside the inner one's events it has those that tell a readiness again. Lifetime: the driver's.
class FaultDriver::Poller final : public base::Poller {
 public:
  Poller(FaultDriver& driver, std::unique_ptr<base::Poller> inner) noexcept
      : driver_(driver), inner_(std::move(inner)) {}
  ~Poller() override {
    const std::lock_guard lock(driver_.mutex_);
    std::erase_if(driver_.watched_, [this](const auto& watched) { return watched.second.poller == this; });
  }

  Result<void> add(int descriptor, std::uint64_t token) override {
    return driver_.failing<void>(Call::AddToPoller, [&]() -> Result<void> {
      {
        const std::lock_guard lock(driver_.mutex_);
        driver_.watched_[descriptor] = {this, token};
      }
      auto added = inner_->add(descriptor, token);
      if (!added) forget(descriptor);
      return added;
    });
  }

  void remove(int descriptor) noexcept override {
    inner_->remove(descriptor);
    forget(descriptor);
  }

  std::span<const base::PollEvent> wait(std::optional<Duration> timeout) noexcept override {
    events_.clear();
    take_again();
    if (!events_.empty()) timeout = Duration::zero();
    const std::span<const base::PollEvent> inner = inner_->wait(timeout);
    take_again();  // what woke it
    events_.insert(events_.end(), inner.begin(), inner.end());
    return events_;
  }

  void wake() noexcept override { inner_->wake(); }

  /// Under the driver's lock; wake() follows.
  void tell_again(std::uint64_t token, std::uint32_t readiness) {
    again_.push_back({.token = token, .ready = readiness});
  }

 private:
  void forget(int descriptor) noexcept {
    const std::lock_guard lock(driver_.mutex_);
    const auto found = driver_.watched_.find(descriptor);
    if (found == driver_.watched_.end() || found->second.poller != this) return;
    std::erase_if(again_, [&](const base::PollEvent& event) { return event.token == found->second.token; });
    driver_.watched_.erase(found);
  }

  void take_again() {
    const std::lock_guard lock(driver_.mutex_);
    events_.insert(events_.end(), again_.begin(), again_.end());
    again_.clear();
  }

  FaultDriver& driver_;
  std::unique_ptr<base::Poller> inner_;
  std::vector<base::PollEvent> again_;  // guarded by the driver's mutex
  std::vector<base::PollEvent> events_;
};

void FaultDriver::tell_again(int descriptor, std::uint32_t readiness) {
  const std::lock_guard lock(mutex_);
  const auto found = watched_.find(descriptor);
  if (found == watched_.end()) return;
  found->second.poller->tell_again(found->second.token, readiness);
  found->second.poller->wake();
}

// ---------------------------------------------------------------- the calls

bool FaultDriver::touched() const noexcept {
  const std::lock_guard lock(mutex_);
  return touched_;
}

std::uint64_t FaultDriver::calls() const noexcept {
  const std::lock_guard lock(mutex_);
  return calls_;
}

Fault FaultDriver::next(Call call) {
  const std::lock_guard lock(mutex_);
  const Fault fault = plan_(call, ++calls_);
  if (!concerns(call, fault)) return Fault::none();
  touched_ = true;
  return fault;
}

template <class T, class F>
Result<T> FaultDriver::failing(Call call, F&& inner) {
  const Fault fault = next(call);
  if (fault.kind() == Fault::Kind::Error) return Error::from_os(static_cast<int>(fault.number()));
  return std::forward<F>(inner)();
}

/// `inner(most)` makes the call for at most so many bytes.
template <class T, class F>
Result<T> FaultDriver::transferring(Call call, int descriptor, std::uint32_t readiness, F&& inner) {
  const Fault fault = next(call);
  switch (fault.kind()) {
    case Fault::Kind::Error: return Error::from_os(static_cast<int>(fault.number()));
    case Fault::Kind::Reset:
      reset(descriptor);
      return Errc::ConnectionReset;
    case Fault::Kind::WouldBlock:
      tell_again(descriptor, readiness);
      return Errc::WouldBlock;
    case Fault::Kind::AtMost: {
      auto count = std::forward<F>(inner)(fault.number());
      tell_again(descriptor, readiness);
      return count;
    }
    case Fault::Kind::None: break;
  }
  return std::forward<F>(inner)(kAll);
}

void FaultDriver::reset(int socket) {
  {
    const std::lock_guard lock(mutex_);
    reset_.insert(socket);
  }
  static_cast<void>(inner_.shutdown(socket, SHUT_RDWR));
}

bool FaultDriver::is_reset(int socket) {
  const std::lock_guard lock(mutex_);
  return reset_.contains(socket);
}

Result<std::unique_ptr<base::Poller>> FaultDriver::make_poller(std::size_t batch) {
  return failing<std::unique_ptr<base::Poller>>(Call::MakePoller, [&]() -> Result<std::unique_ptr<base::Poller>> {
    RONDEAU_TRY_PLAIN(auto inner, inner_.make_poller(batch));
    return std::unique_ptr<base::Poller>(new Poller(*this, std::move(inner)));
  });
}

Result<int> FaultDriver::socket(int family, int type, int protocol) {
  return failing<int>(Call::Socket, [&] { return inner_.socket(family, type, protocol); });
}
Result<void> FaultDriver::bind(int socket, const sockaddr* address, socklen_t size) {
  return failing<void>(Call::Bind, [&] { return inner_.bind(socket, address, size); });
}
Result<void> FaultDriver::listen(int socket, int backlog) {
  return failing<void>(Call::Listen, [&] { return inner_.listen(socket, backlog); });
}
Result<int> FaultDriver::accept(int listener, sockaddr* peer, socklen_t* size) {
  return transferring<int>(Call::Accept, listener, base::PollEvent::Readable,
                           [&](std::size_t) { return inner_.accept(listener, peer, size); });
}
Result<void> FaultDriver::connect(int socket, const sockaddr* address, socklen_t size) {
  return failing<void>(Call::Connect, [&] { return inner_.connect(socket, address, size); });
}

Result<std::size_t> FaultDriver::receive(int socket, std::span<std::byte> out, int flags) {
  if (is_reset(socket)) return std::size_t{0};
  return transferring<std::size_t>(Call::Receive, socket, base::PollEvent::Readable, [&](std::size_t most) {
    return inner_.receive(socket, out.first(std::min(out.size(), most)), flags);
  });
}
Result<base::Received> FaultDriver::receive_telling_rest(int socket, std::span<std::byte> out) {
  if (is_reset(socket)) return base::Received{.count = 0, .rest = 1};
  return transferring<base::Received>(Call::Receive, socket, base::PollEvent::Readable, [&](std::size_t most) {
    return inner_.receive_telling_rest(socket, out.first(std::min(out.size(), most)));
  });
}
Result<std::size_t> FaultDriver::send(int socket, std::span<const std::byte> bytes) {
  if (is_reset(socket)) return Errc::BrokenPipe;
  return transferring<std::size_t>(Call::Send, socket, base::PollEvent::Writable, [&](std::size_t most) {
    return inner_.send(socket, bytes.first(std::min(bytes.size(), most)));
  });
}
Result<std::size_t> FaultDriver::send_vectored(int socket, std::span<const base::ConstBuffer> buffers) {
  if (is_reset(socket)) return Errc::BrokenPipe;
  return transferring<std::size_t>(Call::Send, socket, base::PollEvent::Writable, [&](std::size_t most) {
    if (most == kAll) return inner_.send_vectored(socket, buffers);
    return inner_.send_vectored(socket, cut(buffers, most));
  });
}

Result<void> FaultDriver::shutdown(int socket, int how) {
  return failing<void>(Call::Shutdown, [&] { return inner_.shutdown(socket, how); });
}
void FaultDriver::close(int socket) noexcept {
  {
    const std::lock_guard lock(mutex_);
    reset_.erase(socket);
  }
  inner_.close(socket);
}
Result<void> FaultDriver::set_option(int socket, int level, int name, std::span<const std::byte> value) {
  return failing<void>(Call::SetOption, [&] { return inner_.set_option(socket, level, name, value); });
}
Result<std::size_t> FaultDriver::option(int socket, int level, int name, std::span<std::byte> value) {
  return failing<std::size_t>(Call::Option, [&] { return inner_.option(socket, level, name, value); });
}
Result<void> FaultDriver::local_address(int socket, sockaddr* address, socklen_t* size) {
  return failing<void>(Call::LocalAddress, [&] { return inner_.local_address(socket, address, size); });
}
Result<void> FaultDriver::peer_address(int socket, sockaddr* address, socklen_t* size) {
  return failing<void>(Call::PeerAddress, [&] { return inner_.peer_address(socket, address, size); });
}

Result<std::size_t> FaultDriver::send_messages(int socket, std::span<base::OutgoingMessage> messages) {
  return transferring<std::size_t>(Call::SendMessages, socket, base::PollEvent::Writable,
                                   [&](std::size_t) { return inner_.send_messages(socket, messages); });
}
Result<std::size_t> FaultDriver::receive_messages(int socket, std::span<base::IncomingMessage> messages, int flags) {
  return transferring<std::size_t>(Call::ReceiveMessages, socket, base::PollEvent::Readable,
                                   [&](std::size_t) { return inner_.receive_messages(socket, messages, flags); });
}
Result<std::array<int, 2>> FaultDriver::socket_pair(int family, int type, int protocol) {
  return failing<std::array<int, 2>>(Call::SocketPair, [&] { return inner_.socket_pair(family, type, protocol); });
}
Result<std::array<int, 2>> FaultDriver::pipe() {
  return failing<std::array<int, 2>>(Call::Pipe, [&] { return inner_.pipe(); });
}
Result<std::size_t> FaultDriver::read(int descriptor, std::span<const base::MutableBuffer> buffers) {
  return transferring<std::size_t>(Call::Read, descriptor, base::PollEvent::Readable, [&](std::size_t most) {
    if (most == kAll) return inner_.read(descriptor, buffers);
    return inner_.read(descriptor, cut(buffers, most));
  });
}
Result<std::size_t> FaultDriver::write(int descriptor, std::span<const base::ConstBuffer> buffers) {
  return transferring<std::size_t>(Call::Write, descriptor, base::PollEvent::Writable, [&](std::size_t most) {
    if (most == kAll) return inner_.write(descriptor, buffers);
    return inner_.write(descriptor, cut(buffers, most));
  });
}
Result<std::vector<base::SocketAddress>> FaultDriver::look_up(const std::string& host, std::uint16_t port) {
  return failing<std::vector<base::SocketAddress>>(Call::LookUp, [&] { return inner_.look_up(host, port); });
}

}  // namespace rondeau::sim
