// A driver with a clock that tests can pause; all else is the inner driver's.
#pragma once

#include <rondeau/base/driver.h>

#include "time/paused_clock.h"

namespace rondeau::time {

/// Lifetime: the inner driver must outlive it.
class PausedDriver final : public base::Driver {
 public:
  explicit PausedDriver(base::Driver& inner) noexcept : inner_(inner), clock_(inner) {}

  PausedClock& clock() noexcept { return clock_; }

  base::Instant now() noexcept override { return clock_.now(); }
  std::int64_t wall_clock() noexcept override { return clock_.wall_clock(); }
  void random(std::span<std::byte> out) noexcept override { inner_.random(out); }
  base::Result<std::unique_ptr<base::Poller>> make_poller(std::size_t batch) override {
    return inner_.make_poller(batch);
  }

  base::Result<int> socket(int family, int type, int protocol) override {
    return inner_.socket(family, type, protocol);
  }
  base::Result<void> bind(int socket, const sockaddr* address, socklen_t size) override {
    return inner_.bind(socket, address, size);
  }
  base::Result<void> listen(int socket, int backlog) override { return inner_.listen(socket, backlog); }
  base::Result<int> accept(int listener, sockaddr* peer, socklen_t* size) override {
    return inner_.accept(listener, peer, size);
  }
  base::Result<void> connect(int socket, const sockaddr* address, socklen_t size) override {
    return inner_.connect(socket, address, size);
  }
  base::Result<std::size_t> receive(int socket, std::span<std::byte> out, int flags) override {
    return inner_.receive(socket, out, flags);
  }
  base::Result<base::Received> receive_telling_rest(int socket, std::span<std::byte> out) override {
    return inner_.receive_telling_rest(socket, out);
  }
  base::Result<std::size_t> send(int socket, std::span<const std::byte> bytes) override {
    return inner_.send(socket, bytes);
  }
  base::Result<std::size_t> send_vectored(int socket, std::span<const base::ConstBuffer> buffers) override {
    return inner_.send_vectored(socket, buffers);
  }
  base::Result<std::size_t> send_file(int socket, int file, std::uint64_t offset, std::size_t count) override {
    return inner_.send_file(socket, file, offset, count);
  }
  base::Result<void> shutdown(int socket, int how) override { return inner_.shutdown(socket, how); }
  void close(int socket) noexcept override { inner_.close(socket); }
  base::Result<void> set_option(int socket, int level, int name, std::span<const std::byte> value) override {
    return inner_.set_option(socket, level, name, value);
  }
  base::Result<std::size_t> option(int socket, int level, int name, std::span<std::byte> value) override {
    return inner_.option(socket, level, name, value);
  }
  base::Result<void> local_address(int socket, sockaddr* address, socklen_t* size) override {
    return inner_.local_address(socket, address, size);
  }
  base::Result<void> peer_address(int socket, sockaddr* address, socklen_t* size) override {
    return inner_.peer_address(socket, address, size);
  }
  base::Result<std::size_t> send_messages(int socket, std::span<base::OutgoingMessage> messages) override {
    return inner_.send_messages(socket, messages);
  }
  base::Result<std::size_t> receive_messages(int socket, std::span<base::IncomingMessage> messages,
                                             int flags) override {
    return inner_.receive_messages(socket, messages, flags);
  }
  base::Result<std::array<int, 2>> socket_pair(int family, int type, int protocol) override {
    return inner_.socket_pair(family, type, protocol);
  }
  base::Result<std::array<int, 2>> pipe() override { return inner_.pipe(); }
  base::Result<std::size_t> read(int descriptor, std::span<const base::MutableBuffer> buffers) override {
    return inner_.read(descriptor, buffers);
  }
  base::Result<std::size_t> write(int descriptor, std::span<const base::ConstBuffer> buffers) override {
    return inner_.write(descriptor, buffers);
  }
  base::Result<std::vector<base::SocketAddress>> look_up(const std::string& host, std::uint16_t port) override {
    return inner_.look_up(host, port);
  }

 private:
  base::Driver& inner_;
  PausedClock clock_;
};

}  // namespace rondeau::time
