// The driver of one host: its clock, its chance, its sockets.
#pragma once

#include <rondeau/base/driver.h>

namespace rondeau::sim {

class World;

class HostDriver final : public base::Driver {
 public:
  HostDriver(World& world, std::size_t host) noexcept : world_(world), host_(host) {}

  Instant now() noexcept override;
  std::int64_t wall_clock() noexcept override;
  void random(std::span<std::byte> out) noexcept override;
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
  Result<std::vector<base::SocketAddress>> look_up(const std::string& host, std::uint16_t port) override;

 private:
  World& world_;
  const std::size_t host_;
};

}  // namespace rondeau::sim
