// The kernel's driver, with every call counted and some of them failing on demand.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <rondeau/base/driver.h>

namespace support {

/// Set limits and failures before the calls they concern; the counters may be read at any time.
class CountingDriver final : public rondeau::base::Driver {
 public:
  template <class T>
  using Result = rondeau::base::Result<T>;

  std::atomic<int> receives = 0;
  std::atomic<int> sends = 0;
  std::atomic<int> accepts = 0;
  std::atomic<int> listen_backlog = 0;  ///< of the last one
  std::atomic<int> look_ups = 0;
  std::atomic<std::thread::id> look_up_thread;                         ///< of the last one
  std::map<std::string, std::vector<rondeau::base::IpAddress>> hosts;  ///< every name there is
  std::counting_semaphore<>* look_up_gate = nullptr;                   ///< if set, each answer takes one from it
  std::deque<int> accept_errors;                                       ///< errno of the next calls
  std::deque<int> poller_errors;         ///< errno of the next pollers to be made; 0: that one is made
  std::size_t poller_batch = 0;          ///< what the last poller was asked for
  std::atomic<std::int64_t> clock = -1;  ///< nanoseconds; below zero: the kernel's
  std::size_t receive_limit = std::numeric_limits<std::size_t>::max();
  std::size_t send_limit = std::numeric_limits<std::size_t>::max();

  rondeau::base::Instant now() noexcept override {
    const std::int64_t mine = clock.load();
    return mine < 0 ? kernel_.now() : rondeau::base::Instant::from_nanoseconds(mine);
  }
  std::int64_t wall_clock() noexcept override { return kernel_.wall_clock(); }
  void random(std::span<std::byte> out) noexcept override { kernel_.random(out); }
  Result<std::unique_ptr<rondeau::base::Poller>> make_poller(std::size_t batch) override {
    poller_batch = batch;
    if (!poller_errors.empty()) {
      const int error = poller_errors.front();
      poller_errors.pop_front();
      if (error != 0) return rondeau::base::Error::from_os(error);
    }
    return kernel_.make_poller(batch);
  }
  Result<int> socket(int family, int type, int protocol) override { return kernel_.socket(family, type, protocol); }
  Result<void> bind(int socket, const sockaddr* address, socklen_t size) override {
    return kernel_.bind(socket, address, size);
  }
  Result<void> listen(int socket, int backlog) override {
    listen_backlog = backlog;
    return kernel_.listen(socket, backlog);
  }
  Result<int> accept(int listener, sockaddr* peer, socklen_t* size) override {
    ++accepts;
    if (!accept_errors.empty()) {
      const int error = accept_errors.front();
      accept_errors.pop_front();
      return rondeau::base::Error::from_os(error);
    }
    return kernel_.accept(listener, peer, size);
  }
  Result<void> connect(int socket, const sockaddr* address, socklen_t size) override {
    return kernel_.connect(socket, address, size);
  }
  Result<std::size_t> receive(int socket, std::span<std::byte> out, int flags) override {
    ++receives;
    return kernel_.receive(socket, out.first(std::min(out.size(), receive_limit)), flags);
  }
  Result<rondeau::base::Received> receive_telling_rest(int socket, std::span<std::byte> out) override {
    ++receives;
    return kernel_.receive_telling_rest(socket, out.first(std::min(out.size(), receive_limit)));
  }
  Result<std::size_t> send(int socket, std::span<const std::byte> bytes) override {
    ++sends;
    return kernel_.send(socket, bytes.first(std::min(bytes.size(), send_limit)));
  }
  Result<std::size_t> send_vectored(int socket, std::span<const rondeau::base::ConstBuffer> buffers) override {
    ++sends;
    return kernel_.send_vectored(socket, buffers);
  }
  Result<void> shutdown(int socket, int how) override { return kernel_.shutdown(socket, how); }
  void close(int socket) noexcept override { kernel_.close(socket); }
  Result<void> set_option(int socket, int level, int name, std::span<const std::byte> value) override {
    return kernel_.set_option(socket, level, name, value);
  }
  Result<std::size_t> option(int socket, int level, int name, std::span<std::byte> value) override {
    return kernel_.option(socket, level, name, value);
  }
  Result<void> local_address(int socket, sockaddr* address, socklen_t* size) override {
    return kernel_.local_address(socket, address, size);
  }
  Result<void> peer_address(int socket, sockaddr* address, socklen_t* size) override {
    return kernel_.peer_address(socket, address, size);
  }
  Result<std::size_t> send_messages(int socket, std::span<rondeau::base::OutgoingMessage> messages) override {
    ++sends;
    return kernel_.send_messages(socket, messages);
  }
  Result<std::size_t> receive_messages(int socket, std::span<rondeau::base::IncomingMessage> messages,
                                       int flags) override {
    ++receives;
    return kernel_.receive_messages(socket, messages, flags);
  }
  Result<std::array<int, 2>> socket_pair(int family, int type, int protocol) override {
    return kernel_.socket_pair(family, type, protocol);
  }
  Result<std::array<int, 2>> pipe() override { return kernel_.pipe(); }
  Result<std::size_t> read(int descriptor, std::span<const rondeau::base::MutableBuffer> buffers) override {
    ++receives;
    return kernel_.read(descriptor, buffers);
  }
  Result<std::size_t> write(int descriptor, std::span<const rondeau::base::ConstBuffer> buffers) override {
    ++sends;
    return kernel_.write(descriptor, buffers);
  }
  Result<std::vector<rondeau::base::SocketAddress>> look_up(const std::string& host, std::uint16_t port) override {
    ++look_ups;
    look_up_thread = std::this_thread::get_id();
    if (look_up_gate != nullptr) look_up_gate->acquire();
    const auto found = hosts.find(host);
    if (found == hosts.end()) return rondeau::Errc::NotFound;
    std::vector<rondeau::base::SocketAddress> addresses;
    for (const rondeau::base::IpAddress& ip : found->second) addresses.emplace_back(ip, port);
    return addresses;
  }

 private:
  rondeau::base::Driver& kernel_ = rondeau::base::kernel_driver();
};

}  // namespace support
