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

 private:
  base::Driver& inner_;
  PausedClock clock_;
};

}  // namespace rondeau::time
