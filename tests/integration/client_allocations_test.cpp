// What a request costs the heap of a client, once everything is warm.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/client/client.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>

#include "support/counted_heap.h"

using namespace rondeau;

namespace {

/// Answers on one connection, on a thread of its own and without allocating.
class Server {
 public:
  Server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 1) != 0) std::abort();
    if (::getsockname(listener_.get(), any, &size) != 0) std::abort();
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() { thread_.join(); }
  std::uint16_t port() const noexcept { return port_; }

 private:
  void serve() const {
    const base::UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
    constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
    char buffer[4096];
    std::size_t size = 0;
    for (;;) {
      const ssize_t count = ::recv(connection.get(), buffer + size, sizeof(buffer) - size, 0);
      if (count <= 0) return;
      size += static_cast<std::size_t>(count);
      if (!std::string_view(buffer, size).ends_with("\r\n\r\n")) continue;
      size = 0;
      if (::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  base::UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("allocations: a GET on a kept connection takes at most twelve") {
  const Server server;
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  auto runtime = runtime::Builder::current_thread().build().value();
  const double each = runtime.block_on([&]() -> Task<double> {
    const Client client = Client::build().value();
    constexpr int kRequests = 1000;
    std::size_t before = 0;
    for (int i = 0; i < 2 * kRequests; ++i) {
      if (i == kRequests) before = support::allocations();
      const auto body = co_await client.get(url).send_bytes();
      if (!body || body->view() != "hello") std::abort();
    }
    co_return static_cast<double>(support::allocations() - before) / kRequests;
  });
  MESSAGE("allocations for each GET: " << each);
  CHECK(each <= 12);
}
